-- one
WITH "new" AS (
SELECT nextval((
SELECT CAST(pg_get_serial_sequence(:osiris_heads::VARCHAR, :param_1::VARCHAR) AS REGCLASS) AS
    pg_get_serial_sequence_1)) AS k0, CAST(:f0::VARCHAR AS TEXT) AS f0, CAST(:f1::INTEGER AS INTEGER) AS f1,
    CAST(:event_id::UUID AS UUID) AS event_id, CAST(:place::BIGINT AS BIGINT) AS place), head_written AS (
INSERT INTO item_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, stock, moves, name, osiris_xid)
SELECT "new".k0 AS k0, 1, 0, 1, 6972388170373529526, "new".f1 AS f1, 0, "new".f0 AS f0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
RETURNING item_snapshot.id, item_snapshot.seq, item_snapshot.osiris_folded, item_snapshot.osiris_fingerprint,
    item_snapshot.osiris_xid), event_written AS (
INSERT INTO item_event (id, seq, name, stock, event_id, recorded_at, osiris_xid)
SELECT head_written.id AS id, head_written.seq AS seq, "new".f0 AS f0, "new".f1 AS f1, "new".event_id AS event_id,
    clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING item_event.id, item_event.seq, concat(lpad(to_hex(item_event.osiris_xid), 16, '0'),
    lpad(to_hex(item_event.position), 16, '0')) AS position, item_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint, "new".place
FROM head_written
JOIN event_written ON head_written.id = event_written.id
JOIN "new" ON head_written.id = "new".k0
-- binds: osiris_heads String(), param_1 String() = 'id', f0 String(length=40), f1 Integer(), event_id Uuid(), place
--   BigInteger()

-- many
WITH "new" AS (
SELECT nextval((
SELECT CAST(pg_get_serial_sequence(:osiris_heads::VARCHAR, :param_1::VARCHAR) AS REGCLASS) AS
    pg_get_serial_sequence_1)) AS k0, given.f0 AS f0, given.f1 AS f1, given.event_id AS event_id, given.place AS place
FROM unnest(CAST(:f0::VARCHAR(40)[] AS TEXT[]), CAST(:f1::INTEGER[] AS INTEGER[]), CAST(:event_id::UUID[] AS UUID[]),
    CAST(:place::BIGINT[] AS BIGINT[])) AS given(f0, f1, event_id, place)), head_written AS (
INSERT INTO item_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, stock, moves, name, osiris_xid)
SELECT "new".k0 AS k0, 1, 0, 1, 6972388170373529526, "new".f1 AS f1, 0, "new".f0 AS f0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
RETURNING item_snapshot.id, item_snapshot.seq, item_snapshot.osiris_folded, item_snapshot.osiris_fingerprint,
    item_snapshot.osiris_xid), event_written AS (
INSERT INTO item_event (id, seq, name, stock, event_id, recorded_at, osiris_xid)
SELECT head_written.id AS id, head_written.seq AS seq, "new".f0 AS f0, "new".f1 AS f1, "new".event_id AS event_id,
    clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING item_event.id, item_event.seq, concat(lpad(to_hex(item_event.osiris_xid), 16, '0'),
    lpad(to_hex(item_event.position), 16, '0')) AS position, item_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint, "new".place
FROM head_written
JOIN event_written ON head_written.id = event_written.id
JOIN "new" ON head_written.id = "new".k0
-- binds: osiris_heads String(), param_1 String() = 'id', f0 ARRAY(String(length=40), dimensions=1), f1
--   ARRAY(Integer(), dimensions=1), event_id ARRAY(Uuid(), dimensions=1), place ARRAY(BigInteger(), dimensions=1)

-- drawn
WITH drawn AS (
SELECT given.n AS n, nextval((
SELECT CAST(pg_get_serial_sequence(:osiris_heads::VARCHAR, :param_1::VARCHAR) AS REGCLASS) AS
    pg_get_serial_sequence_1)) AS key
FROM generate_series(1, :count::INTEGER) AS given(n))
SELECT drawn.key
FROM drawn
WHERE NOT (EXISTS (
SELECT *
FROM item_snapshot
WHERE item_snapshot.id = drawn.key))
ORDER BY drawn.n
-- binds: osiris_heads String(), param_1 String() = 'id', count Integer()

-- alone
SELECT count(pg_advisory_xact_lock(hashtextextended(name, 0))) AS count_1
FROM unnest(:names::VARCHAR[]) AS given(name)
-- binds: names ARRAY(String())

-- known
SELECT item_event.event_id
FROM item_event
WHERE item_event.event_id IN (__[POSTCOMPILE_ids]) AND item_event.seq = 1
-- binds: ids Uuid()

