-- drawn
SELECT coalesce(max(item_snapshot.id), 0) + 1 AS anon_1
FROM item_snapshot

-- known
SELECT item_event.event_id
FROM item_event
WHERE item_event.event_id IN (__[POSTCOMPILE_ids]) AND item_event.seq = 1
-- binds: ids Uuid()

