-- heads
INSERT INTO item_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, name, stock, moves)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)

-- drawn
INSERT INTO item_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, stock, moves)
VALUES (%s, %s, %s, %s, %s, %s, %s)

-- known
SELECT item_event.event_id
FROM item_event
WHERE item_event.event_id IN (__[POSTCOMPILE_ids]) AND item_event.seq = 1
FOR SHARE
-- binds: ids Uuid()

