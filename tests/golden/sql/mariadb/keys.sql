-- heads
INSERT INTO item_snapshot (seq, osiris_origin, osiris_folded, osiris_fingerprint, name, stock, moves)
VALUES (1, 0, 1, 6972388170373529526, :osiris_f0, :osiris_f1, 0)
RETURNING item_snapshot.id, utc_timestamp(6) AS utc_timestamp_1
-- binds: osiris_f0 String(length=40), osiris_f1 Integer()

-- drawn
INSERT INTO item_snapshot (seq, osiris_origin, osiris_folded, osiris_fingerprint, stock, moves)
VALUES (1, 0, 0, 6972388170373529526, 0, 0)
RETURNING item_snapshot.id

-- known
SELECT item_event.event_id
FROM item_event
WHERE item_event.event_id IN (__[POSTCOMPILE_ids]) AND item_event.seq = 1
LOCK IN SHARE MODE
-- binds: ids Uuid()

