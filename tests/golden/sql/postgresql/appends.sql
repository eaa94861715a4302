-- account, anything, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0
FROM unnest(CAST(:k0::VARCHAR(20)[] AS TEXT[])) AS given(k0)), head_written AS (
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean, osiris_xid)
SELECT "new".k0 AS k0, 1, 0, 1, 9040296020539021685, 0, 0, 0, 0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (id)
DO UPDATE
SET seq = (account_snapshot.seq + 1), osiris_folded = CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END, osiris_fingerprint =
    CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685 ELSE 0 END,
    osiris_xid = greatest(account_snapshot.osiris_xid, ((coalesce(nullif(current_setting('sqla_osiris.epoch', true),
    ''), '0')::bigint << 48) + pg_current_xact_id()::text::bigint))
RETURNING account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded,
    account_snapshot.osiris_fingerprint, account_snapshot.osiris_xid), event_written AS (
INSERT INTO account_event (id, seq, recorded_at, osiris_xid)
SELECT head_written.id AS id, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid
    AS osiris_xid
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING account_event.id, account_event.seq, concat(lpad(to_hex(account_event.osiris_xid), 16, '0'),
    lpad(to_hex(account_event.position), 16, '0')) AS position, account_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 ARRAY(String(length=20), dimensions=1)

-- account, anything, none touched, touches, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0), head_written AS (
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean, osiris_xid)
SELECT "new".k0 AS k0, 1, 0, 1, 9040296020539021685, 0, 0, 0, 0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (id)
DO UPDATE
SET seq = (account_snapshot.seq + 1), osiris_folded = CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END, osiris_fingerprint =
    CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685 ELSE 0 END,
    osiris_xid = greatest(account_snapshot.osiris_xid, ((coalesce(nullif(current_setting('sqla_osiris.epoch', true),
    ''), '0')::bigint << 48) + pg_current_xact_id()::text::bigint))
RETURNING account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded,
    account_snapshot.osiris_fingerprint, account_snapshot.osiris_xid), event_written AS (
INSERT INTO account_event (id, seq, recorded_at, osiris_xid)
SELECT head_written.id AS id, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid
    AS osiris_xid
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING account_event.id, account_event.seq, concat(lpad(to_hex(account_event.osiris_xid), 16, '0'),
    lpad(to_hex(account_event.position), 16, '0')) AS position, account_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 String(length=20)

-- account, live, all touched, touches, event_id, event_type, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0, CAST(:f0::VARCHAR AS TEXT) AS f0, CAST(:f1 AS NUMERIC(10, 2)) AS f1,
    CAST(:f2::INTEGER AS INTEGER) AS f2, CAST(:f3::INTEGER AS INTEGER) AS f3, CAST(:f4::INTEGER AS INTEGER) AS f4,
    CAST(:event_id::UUID AS UUID) AS event_id, CAST(:event_type::VARCHAR AS TEXT) AS event_type), head_written AS (
UPDATE account_snapshot
SET seq=(account_snapshot.seq + 1), osiris_folded=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END,
    osiris_fingerprint=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685
    ELSE 0 END, osiris_xid=greatest(account_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint)), name=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685)
    THEN "new".f0 ELSE account_snapshot.name END, balance=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.balance + "new".f1 ELSE account_snapshot.balance END, moves=CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN account_snapshot.moves + 1 ELSE
    account_snapshot.moves END, best=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    greatest(account_snapshot.best, "new".f3) ELSE account_snapshot.best END, mean=CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN account_snapshot.mean + "new".f4 ELSE
    account_snapshot.mean END, osiris_count_mean=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685)
    THEN account_snapshot.osiris_count_mean + 1 ELSE account_snapshot.osiris_count_mean END
FROM "new"
WHERE account_snapshot.id = "new".k0 AND account_snapshot.seq > account_snapshot.osiris_origin
RETURNING account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded,
    account_snapshot.osiris_fingerprint, account_snapshot.osiris_xid), event_written AS (
INSERT INTO account_event (id, seq, name, balance, moves, best, mean, event_id, event_type, recorded_at, osiris_xid)
SELECT head_written.id AS id, head_written.seq AS seq, "new".f0 AS f0, "new".f1 AS f1, "new".f2 AS f2, "new".f3 AS f3,
    "new".f4 AS f4, "new".event_id AS event_id, "new".event_type AS event_type, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING account_event.id, account_event.seq, concat(lpad(to_hex(account_event.osiris_xid), 16, '0'),
    lpad(to_hex(account_event.position), 16, '0')) AS position, account_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 String(length=20), f0 String(length=40), f1 ExactDecimal(precision=10, scale=2), f2 Integer(), f3
--   Integer(), f4 Integer(), event_id Uuid(), event_type String(length=255)

-- account, live, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0
FROM unnest(CAST(:k0::VARCHAR(20)[] AS TEXT[])) AS given(k0)
JOIN account_snapshot AS locked ON locked.id = given.k0
ORDER BY locked.id
FOR UPDATE OF locked), head_written AS (
UPDATE account_snapshot
SET seq=(account_snapshot.seq + 1), osiris_folded=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END,
    osiris_fingerprint=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685
    ELSE 0 END, osiris_xid=greatest(account_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE account_snapshot.id = "new".k0 AND account_snapshot.seq > account_snapshot.osiris_origin
RETURNING account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded,
    account_snapshot.osiris_fingerprint, account_snapshot.osiris_xid), event_written AS (
INSERT INTO account_event (id, seq, recorded_at, osiris_xid)
SELECT head_written.id AS id, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid
    AS osiris_xid
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING account_event.id, account_event.seq, concat(lpad(to_hex(account_event.osiris_xid), 16, '0'),
    lpad(to_hex(account_event.position), 16, '0')) AS position, account_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 ARRAY(String(length=20), dimensions=1)

-- account, not_live, first touched, clears, event_id, event_type, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.f0 AS f0, given.event_id AS event_id, given.event_type AS event_type, given.cleared AS
    cleared
FROM unnest(CAST(:k0::VARCHAR(20)[] AS TEXT[]), CAST(:f0::VARCHAR(40)[] AS TEXT[]), CAST(:event_id::UUID[] AS UUID[]),
    CAST(:event_type::VARCHAR(255)[] AS TEXT[]), CAST(:cleared::TEXT[] AS TEXT[])) AS given(k0, f0, event_id,
    event_type, cleared)), head_written AS (
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean, name, osiris_xid)
SELECT "new".k0 AS k0, 1, 0, 1, 9040296020539021685, 0, 0, 0, 0, "new".f0 AS f0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (id)
DO UPDATE
SET seq = (account_snapshot.seq + 1), osiris_folded = CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END, osiris_fingerprint =
    CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685 ELSE 0 END,
    osiris_xid = greatest(account_snapshot.osiris_xid, ((coalesce(nullif(current_setting('sqla_osiris.epoch', true),
    ''), '0')::bigint << 48) + pg_current_xact_id()::text::bigint)), name = CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN excluded.name ELSE account_snapshot.name END
WHERE account_snapshot.seq = account_snapshot.osiris_origin
RETURNING account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded,
    account_snapshot.osiris_fingerprint, account_snapshot.osiris_xid), event_written AS (
INSERT INTO account_event (id, seq, name, event_id, event_type, recorded_at, osiris_xid, osiris_cleared)
SELECT head_written.id AS id, head_written.seq AS seq, "new".f0 AS f0, "new".event_id AS event_id, "new".event_type AS
    event_type, clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid AS osiris_xid, "new".cleared AS
    cleared
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING account_event.id, account_event.seq, concat(lpad(to_hex(account_event.osiris_xid), 16, '0'),
    lpad(to_hex(account_event.position), 16, '0')) AS position, account_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 ARRAY(String(length=20), dimensions=1), f0 ARRAY(String(length=40), dimensions=1), event_id ARRAY(Uuid(),
--   dimensions=1), event_type ARRAY(String(length=255), dimensions=1), cleared ARRAY(Text(), dimensions=1)

-- account, not_live, none touched, touches, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0), head_written AS (
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean, osiris_xid)
SELECT "new".k0 AS k0, 1, 0, 1, 9040296020539021685, 0, 0, 0, 0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (id)
DO UPDATE
SET seq = (account_snapshot.seq + 1), osiris_folded = CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END, osiris_fingerprint =
    CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685 ELSE 0 END,
    osiris_xid = greatest(account_snapshot.osiris_xid, ((coalesce(nullif(current_setting('sqla_osiris.epoch', true),
    ''), '0')::bigint << 48) + pg_current_xact_id()::text::bigint))
WHERE account_snapshot.seq = account_snapshot.osiris_origin
RETURNING account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded,
    account_snapshot.osiris_fingerprint, account_snapshot.osiris_xid), event_written AS (
INSERT INTO account_event (id, seq, recorded_at, osiris_xid)
SELECT head_written.id AS id, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid
    AS osiris_xid
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING account_event.id, account_event.seq, concat(lpad(to_hex(account_event.osiris_xid), 16, '0'),
    lpad(to_hex(account_event.position), 16, '0')) AS position, account_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 String(length=20)

-- account, seq, none touched, ends, event_meta, recorded_at, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0, CAST(:event_meta::JSON AS JSON) AS event_meta, CAST(:recorded_at::TIMESTAMP
WITH TIME ZONE AS TIMESTAMP
WITH TIME ZONE) AS recorded_at, CAST(:expected::BIGINT AS BIGINT) AS expected), head_written AS (
UPDATE account_snapshot
SET seq=(account_snapshot.seq + 1), osiris_origin=(account_snapshot.seq + 1), osiris_folded=(account_snapshot.seq +
    1), osiris_fingerprint=9040296020539021685, osiris_xid=greatest(account_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint)), name=:param_1::VARCHAR, balance=:param_2, moves=:param_3::BIGINT,
    best=:param_4::INTEGER, mean=:param_5::BIGINT, osiris_count_mean=:param_6::BIGINT
FROM "new"
WHERE account_snapshot.id = "new".k0 AND account_snapshot.seq = "new".expected AND account_snapshot.seq >
    account_snapshot.osiris_origin
RETURNING account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded,
    account_snapshot.osiris_fingerprint, account_snapshot.osiris_xid), event_written AS (
INSERT INTO account_event (id, seq, event_meta, recorded_at, osiris_xid, osiris_cleared)
SELECT head_written.id AS id, head_written.seq AS seq, "new".event_meta AS event_meta, coalesce("new".recorded_at,
    clock_timestamp()) AS coalesce_1, head_written.osiris_xid AS osiris_xid, '*'
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING account_event.id, account_event.seq, concat(lpad(to_hex(account_event.osiris_xid), 16, '0'),
    lpad(to_hex(account_event.position), 16, '0')) AS position, account_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 String(length=20), event_meta JSON(none_as_null=True), recorded_at UTCDateTime(timezone=True), expected
--   BigInteger(), param_1 String(length=40), param_2 ExactDecimal(precision=38, scale=2) = 0, param_3 BigInteger() =
--   0, param_4 Integer(), param_5 BigInteger() = 0, param_6 BigInteger() = 0

-- account, seq, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.expected AS expected
FROM unnest(CAST(:k0::VARCHAR(20)[] AS TEXT[]), CAST(:expected::BIGINT[] AS BIGINT[])) AS given(k0, expected)),
    head_written AS (
UPDATE account_snapshot
SET seq=(account_snapshot.seq + 1), osiris_folded=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END,
    osiris_fingerprint=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685
    ELSE 0 END, osiris_xid=greatest(account_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE account_snapshot.id = "new".k0 AND account_snapshot.seq = "new".expected AND account_snapshot.seq >
    account_snapshot.osiris_origin
RETURNING account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded,
    account_snapshot.osiris_fingerprint, account_snapshot.osiris_xid), event_written AS (
INSERT INTO account_event (id, seq, recorded_at, osiris_xid)
SELECT head_written.id AS id, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid
    AS osiris_xid
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING account_event.id, account_event.seq, concat(lpad(to_hex(account_event.osiris_xid), 16, '0'),
    lpad(to_hex(account_event.position), 16, '0')) AS position, account_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 ARRAY(String(length=20), dimensions=1), expected ARRAY(BigInteger(), dimensions=1)

-- employee, anything, first touched, clears, event_id, event_type, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0, CAST(:k1::INTEGER AS INTEGER) AS k1, CAST(:f0::VARCHAR AS TEXT) AS f0,
    CAST(:event_id::UUID AS UUID) AS event_id, CAST(:event_type::VARCHAR AS TEXT) AS event_type,
    CAST(:cleared::VARCHAR AS TEXT) AS cleared), head_written AS (
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary,
    osiris_xid)
SELECT "new".k0 AS k0, "new".k1 AS k1, 1, 0, 0, 3374913928670114850, 0.0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (company, number)
DO UPDATE
SET seq = (employee_snapshot.seq + 1), osiris_xid = greatest(employee_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
RETURNING employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, employee_snapshot.osiris_xid), event_written AS (
INSERT INTO employee_event (company, number, seq, name, event_id, event_type, recorded_at, osiris_xid, osiris_cleared)
SELECT head_written.company AS company, head_written.number AS number, head_written.seq AS seq, "new".f0 AS f0,
    "new".event_id AS event_id, "new".event_type AS event_type, clock_timestamp() AS clock_timestamp_1,
    head_written.osiris_xid AS osiris_xid, "new".cleared AS cleared
FROM head_written
JOIN "new" ON head_written.company = "new".k0 AND head_written.number = "new".k1
RETURNING employee_event.company, employee_event.number, employee_event.seq,
    concat(lpad(to_hex(employee_event.osiris_xid), 16, '0'), lpad(to_hex(employee_event.position), 16, '0')) AS
    position, employee_event.recorded_at)
SELECT event_written.company, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.company = event_written.company AND head_written.number = event_written.number
-- binds: k0 String(length=20), k1 Integer(), f0 String(), event_id Uuid(), event_type String(length=255), cleared
--   Text()

-- employee, anything, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.k1 AS k1
FROM unnest(CAST(:k0::VARCHAR(20)[] AS TEXT[]), CAST(:k1::INTEGER[] AS INTEGER[])) AS given(k0, k1)), head_written AS
    (
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary,
    osiris_xid)
SELECT "new".k0 AS k0, "new".k1 AS k1, 1, 0, 0, 3374913928670114850, 0.0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (company, number)
DO UPDATE
SET seq = (employee_snapshot.seq + 1), osiris_xid = greatest(employee_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
RETURNING employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, employee_snapshot.osiris_xid), event_written AS (
INSERT INTO employee_event (company, number, seq, recorded_at, osiris_xid)
SELECT head_written.company AS company, head_written.number AS number, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.company = "new".k0 AND head_written.number = "new".k1
RETURNING employee_event.company, employee_event.number, employee_event.seq,
    concat(lpad(to_hex(employee_event.osiris_xid), 16, '0'), lpad(to_hex(employee_event.position), 16, '0')) AS
    position, employee_event.recorded_at)
SELECT event_written.company, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.company = event_written.company AND head_written.number = event_written.number
-- binds: k0 ARRAY(String(length=20), dimensions=1), k1 ARRAY(Integer(), dimensions=1)

-- employee, live, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.k1 AS k1
FROM unnest(CAST(:k0::VARCHAR(20)[] AS TEXT[]), CAST(:k1::INTEGER[] AS INTEGER[])) AS given(k0, k1)
JOIN employee_snapshot AS locked ON locked.company = given.k0 AND locked.number = given.k1
ORDER BY locked.company, locked.number
FOR UPDATE OF locked), head_written AS (
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1), osiris_xid=greatest(employee_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE employee_snapshot.company = "new".k0 AND employee_snapshot.number = "new".k1 AND employee_snapshot.seq >
    employee_snapshot.osiris_origin
RETURNING employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, employee_snapshot.osiris_xid), event_written AS (
INSERT INTO employee_event (company, number, seq, recorded_at, osiris_xid)
SELECT head_written.company AS company, head_written.number AS number, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.company = "new".k0 AND head_written.number = "new".k1
RETURNING employee_event.company, employee_event.number, employee_event.seq,
    concat(lpad(to_hex(employee_event.osiris_xid), 16, '0'), lpad(to_hex(employee_event.position), 16, '0')) AS
    position, employee_event.recorded_at)
SELECT event_written.company, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.company = event_written.company AND head_written.number = event_written.number
-- binds: k0 ARRAY(String(length=20), dimensions=1), k1 ARRAY(Integer(), dimensions=1)

-- employee, live, none touched, touches, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0, CAST(:k1::INTEGER AS INTEGER) AS k1), head_written AS (
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1), osiris_xid=greatest(employee_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE employee_snapshot.company = "new".k0 AND employee_snapshot.number = "new".k1 AND employee_snapshot.seq >
    employee_snapshot.osiris_origin
RETURNING employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, employee_snapshot.osiris_xid), event_written AS (
INSERT INTO employee_event (company, number, seq, recorded_at, osiris_xid)
SELECT head_written.company AS company, head_written.number AS number, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.company = "new".k0 AND head_written.number = "new".k1
RETURNING employee_event.company, employee_event.number, employee_event.seq,
    concat(lpad(to_hex(employee_event.osiris_xid), 16, '0'), lpad(to_hex(employee_event.position), 16, '0')) AS
    position, employee_event.recorded_at)
SELECT event_written.company, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.company = event_written.company AND head_written.number = event_written.number
-- binds: k0 String(length=20), k1 Integer()

-- employee, not_live, all touched, touches, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0, CAST(:k1::INTEGER AS INTEGER) AS k1, CAST(:f0::VARCHAR AS TEXT) AS f0,
    CAST(:f1::JSON AS JSON) AS f1, CAST(:f2::JSON AS JSON) AS f2, CAST(:f3 AS FLOAT) AS f3), head_written AS (
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary,
    osiris_xid)
SELECT "new".k0 AS k0, "new".k1 AS k1, 1, 0, 0, 3374913928670114850, 0.0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (company, number)
DO UPDATE
SET seq = (employee_snapshot.seq + 1), osiris_xid = greatest(employee_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
WHERE employee_snapshot.seq = employee_snapshot.osiris_origin
RETURNING employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, employee_snapshot.osiris_xid), event_written AS (
INSERT INTO employee_event (company, number, seq, name, tags, colours, salary, recorded_at, osiris_xid)
SELECT head_written.company AS company, head_written.number AS number, head_written.seq AS seq, "new".f0 AS f0,
    "new".f1 AS f1, "new".f2 AS f2, "new".f3 AS f3, clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid AS
    osiris_xid
FROM head_written
JOIN "new" ON head_written.company = "new".k0 AND head_written.number = "new".k1
RETURNING employee_event.company, employee_event.number, employee_event.seq,
    concat(lpad(to_hex(employee_event.osiris_xid), 16, '0'), lpad(to_hex(employee_event.position), 16, '0')) AS
    position, employee_event.recorded_at)
SELECT event_written.company, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.company = event_written.company AND head_written.number = event_written.number
-- binds: k0 String(length=20), k1 Integer(), f0 String(), f1 JSON(none_as_null=True), f2 JSON(none_as_null=True), f3
--   Float()

-- employee, not_live, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.k1 AS k1
FROM unnest(CAST(:k0::VARCHAR(20)[] AS TEXT[]), CAST(:k1::INTEGER[] AS INTEGER[])) AS given(k0, k1)), head_written AS
    (
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary,
    osiris_xid)
SELECT "new".k0 AS k0, "new".k1 AS k1, 1, 0, 0, 3374913928670114850, 0.0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (company, number)
DO UPDATE
SET seq = (employee_snapshot.seq + 1), osiris_xid = greatest(employee_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
WHERE employee_snapshot.seq = employee_snapshot.osiris_origin
RETURNING employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, employee_snapshot.osiris_xid), event_written AS (
INSERT INTO employee_event (company, number, seq, recorded_at, osiris_xid)
SELECT head_written.company AS company, head_written.number AS number, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.company = "new".k0 AND head_written.number = "new".k1
RETURNING employee_event.company, employee_event.number, employee_event.seq,
    concat(lpad(to_hex(employee_event.osiris_xid), 16, '0'), lpad(to_hex(employee_event.position), 16, '0')) AS
    position, employee_event.recorded_at)
SELECT event_written.company, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.company = event_written.company AND head_written.number = event_written.number
-- binds: k0 ARRAY(String(length=20), dimensions=1), k1 ARRAY(Integer(), dimensions=1)

-- employee, seq, none touched, ends, event_meta, recorded_at, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.k1 AS k1, given.event_meta AS event_meta, given.recorded_at AS recorded_at,
    given.expected AS expected
FROM unnest(CAST(:k0::VARCHAR(20)[] AS TEXT[]), CAST(:k1::INTEGER[] AS INTEGER[]), CAST(:event_meta::JSON[] AS
    JSON[]), CAST(:recorded_at::TIMESTAMP
WITH TIME ZONE[] AS TIMESTAMP
WITH TIME ZONE[]), CAST(:expected::BIGINT[] AS BIGINT[])) AS given(k0, k1, event_meta, recorded_at, expected)),
    head_written AS (
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1), osiris_origin=(employee_snapshot.seq + 1), osiris_folded=(employee_snapshot.seq +
    1), osiris_fingerprint=3374913928670114850, osiris_xid=greatest(employee_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint)), name=:param_1::VARCHAR, tags=:param_2::VARCHAR,
    osiris_state_tags=:param_3::JSON, colours=:param_4::VARCHAR, osiris_state_colours=:param_5::BIGINT,
    salary=:param_6
FROM "new"
WHERE employee_snapshot.company = "new".k0 AND employee_snapshot.number = "new".k1 AND employee_snapshot.seq =
    "new".expected AND employee_snapshot.seq > employee_snapshot.osiris_origin
RETURNING employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, employee_snapshot.osiris_xid), event_written AS (
INSERT INTO employee_event (company, number, seq, event_meta, recorded_at, osiris_xid, osiris_cleared)
SELECT head_written.company AS company, head_written.number AS number, head_written.seq AS seq, "new".event_meta AS
    event_meta, coalesce("new".recorded_at, clock_timestamp()) AS coalesce_1, head_written.osiris_xid AS osiris_xid,
    '*'
FROM head_written
JOIN "new" ON head_written.company = "new".k0 AND head_written.number = "new".k1
RETURNING employee_event.company, employee_event.number, employee_event.seq,
    concat(lpad(to_hex(employee_event.osiris_xid), 16, '0'), lpad(to_hex(employee_event.position), 16, '0')) AS
    position, employee_event.recorded_at)
SELECT event_written.company, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.company = event_written.company AND head_written.number = event_written.number
-- binds: k0 ARRAY(String(length=20), dimensions=1), k1 ARRAY(Integer(), dimensions=1), event_meta
--   ARRAY(JSON(none_as_null=True), dimensions=1), recorded_at ARRAY(UTCDateTime(timezone=True), dimensions=1),
--   expected ARRAY(BigInteger(), dimensions=1), param_1 String(), param_2 AccumulatorText(Append()), param_3
--   JSON(none_as_null=True), param_4 AccumulatorText(Distinct()), param_5 BigInteger(), param_6 Float() = 0.0

-- employee, seq, none touched, touches, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0, CAST(:k1::INTEGER AS INTEGER) AS k1, CAST(:expected::BIGINT AS BIGINT) AS
    expected), head_written AS (
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1), osiris_xid=greatest(employee_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE employee_snapshot.company = "new".k0 AND employee_snapshot.number = "new".k1 AND employee_snapshot.seq =
    "new".expected AND employee_snapshot.seq > employee_snapshot.osiris_origin
RETURNING employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, employee_snapshot.osiris_xid), event_written AS (
INSERT INTO employee_event (company, number, seq, recorded_at, osiris_xid)
SELECT head_written.company AS company, head_written.number AS number, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.company = "new".k0 AND head_written.number = "new".k1
RETURNING employee_event.company, employee_event.number, employee_event.seq,
    concat(lpad(to_hex(employee_event.osiris_xid), 16, '0'), lpad(to_hex(employee_event.position), 16, '0')) AS
    position, employee_event.recorded_at)
SELECT event_written.company, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.company = event_written.company AND head_written.number = event_written.number
-- binds: k0 String(length=20), k1 Integer(), expected BigInteger()

-- invoice, anything, none touched, ends, one: all
WITH "new" AS (
SELECT CAST(:k0::INTEGER AS INTEGER) AS k0), head_written AS (
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid, osiris_xid)
SELECT "new".k0 AS k0, 1, 0, 0, 5850422120975743139, 0, true AS anon_1,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (id)
DO UPDATE
SET seq = (invoice_snapshot.seq + 1), osiris_origin = (invoice_snapshot.seq + 1), osiris_folded =
    (invoice_snapshot.seq + 1), osiris_fingerprint = 5850422120975743139, osiris_xid =
    greatest(invoice_snapshot.osiris_xid, ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''),
    '0')::bigint << 48) + pg_current_xact_id()::text::bigint)), customer = :param_1::VARCHAR, total = :param_2, paid =
    :param_3, due = :param_4::DATE
RETURNING invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded,
    invoice_snapshot.osiris_fingerprint, invoice_snapshot.osiris_xid), event_written AS (
INSERT INTO invoice_event (id, seq, recorded_at, osiris_xid, osiris_cleared)
SELECT head_written.id AS id, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid
    AS osiris_xid, '*'
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING invoice_event.id, invoice_event.seq, concat(lpad(to_hex(invoice_event.osiris_xid), 16, '0'),
    lpad(to_hex(invoice_event.position), 16, '0')) AS position, invoice_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 Integer(), param_1 String(length=40), param_2 ExactDecimal(precision=38, scale=2) = 0, param_3 Boolean()
--   = True, param_4 Date()

-- invoice, anything, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0
FROM unnest(CAST(:k0::INTEGER[] AS INTEGER[])) AS given(k0)), head_written AS (
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid, osiris_xid)
SELECT "new".k0 AS k0, 1, 0, 0, 5850422120975743139, 0, true AS anon_1,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (id)
DO UPDATE
SET seq = (invoice_snapshot.seq + 1), osiris_xid = greatest(invoice_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
RETURNING invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded,
    invoice_snapshot.osiris_fingerprint, invoice_snapshot.osiris_xid), event_written AS (
INSERT INTO invoice_event (id, seq, recorded_at, osiris_xid)
SELECT head_written.id AS id, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid
    AS osiris_xid
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING invoice_event.id, invoice_event.seq, concat(lpad(to_hex(invoice_event.osiris_xid), 16, '0'),
    lpad(to_hex(invoice_event.position), 16, '0')) AS position, invoice_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 ARRAY(Integer(), dimensions=1)

-- invoice, live, all touched, clears, event_meta, recorded_at, one: all
WITH "new" AS (
SELECT CAST(:k0::INTEGER AS INTEGER) AS k0, CAST(:f0::VARCHAR AS TEXT) AS f0, CAST(:f1 AS NUMERIC(12, 2)) AS f1,
    CAST(:f2 AS BOOLEAN) AS f2, CAST(:f3::DATE AS DATE) AS f3, CAST(:event_meta::JSON AS JSON) AS event_meta,
    CAST(:recorded_at::TIMESTAMP
WITH TIME ZONE AS TIMESTAMP
WITH TIME ZONE) AS recorded_at, CAST(:cleared::VARCHAR AS TEXT) AS cleared), head_written AS (
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1), osiris_xid=greatest(invoice_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE invoice_snapshot.id = "new".k0 AND invoice_snapshot.seq > invoice_snapshot.osiris_origin
RETURNING invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded,
    invoice_snapshot.osiris_fingerprint, invoice_snapshot.osiris_xid), event_written AS (
INSERT INTO invoice_event (id, seq, customer, total, paid, due, event_meta, recorded_at, osiris_xid, osiris_cleared)
SELECT head_written.id AS id, head_written.seq AS seq, "new".f0 AS f0, "new".f1 AS f1, "new".f2 AS f2, "new".f3 AS f3,
    "new".event_meta AS event_meta, coalesce("new".recorded_at, clock_timestamp()) AS coalesce_1,
    head_written.osiris_xid AS osiris_xid, "new".cleared AS cleared
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING invoice_event.id, invoice_event.seq, concat(lpad(to_hex(invoice_event.osiris_xid), 16, '0'),
    lpad(to_hex(invoice_event.position), 16, '0')) AS position, invoice_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 Integer(), f0 String(length=40), f1 ExactDecimal(precision=12, scale=2), f2 Boolean(), f3 Date(),
--   event_meta JSON(none_as_null=True), recorded_at UTCDateTime(timezone=True), cleared Text()

-- invoice, live, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0
FROM unnest(CAST(:k0::INTEGER[] AS INTEGER[])) AS given(k0)
JOIN invoice_snapshot AS locked ON locked.id = given.k0
ORDER BY locked.id
FOR UPDATE OF locked), head_written AS (
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1), osiris_xid=greatest(invoice_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE invoice_snapshot.id = "new".k0 AND invoice_snapshot.seq > invoice_snapshot.osiris_origin
RETURNING invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded,
    invoice_snapshot.osiris_fingerprint, invoice_snapshot.osiris_xid), event_written AS (
INSERT INTO invoice_event (id, seq, recorded_at, osiris_xid)
SELECT head_written.id AS id, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid
    AS osiris_xid
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING invoice_event.id, invoice_event.seq, concat(lpad(to_hex(invoice_event.osiris_xid), 16, '0'),
    lpad(to_hex(invoice_event.position), 16, '0')) AS position, invoice_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 ARRAY(Integer(), dimensions=1)

-- invoice, not_live, first touched, touches, one: all
WITH "new" AS (
SELECT CAST(:k0::INTEGER AS INTEGER) AS k0, CAST(:f0::VARCHAR AS TEXT) AS f0), head_written AS (
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid, osiris_xid)
SELECT "new".k0 AS k0, 1, 0, 0, 5850422120975743139, 0, true AS anon_1,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (id)
DO UPDATE
SET seq = (invoice_snapshot.seq + 1), osiris_xid = greatest(invoice_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
WHERE invoice_snapshot.seq = invoice_snapshot.osiris_origin
RETURNING invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded,
    invoice_snapshot.osiris_fingerprint, invoice_snapshot.osiris_xid), event_written AS (
INSERT INTO invoice_event (id, seq, customer, recorded_at, osiris_xid)
SELECT head_written.id AS id, head_written.seq AS seq, "new".f0 AS f0, clock_timestamp() AS clock_timestamp_1,
    head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING invoice_event.id, invoice_event.seq, concat(lpad(to_hex(invoice_event.osiris_xid), 16, '0'),
    lpad(to_hex(invoice_event.position), 16, '0')) AS position, invoice_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 Integer(), f0 String(length=40)

-- invoice, not_live, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0
FROM unnest(CAST(:k0::INTEGER[] AS INTEGER[])) AS given(k0)), head_written AS (
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid, osiris_xid)
SELECT "new".k0 AS k0, 1, 0, 0, 5850422120975743139, 0, true AS anon_1,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (id)
DO UPDATE
SET seq = (invoice_snapshot.seq + 1), osiris_xid = greatest(invoice_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
WHERE invoice_snapshot.seq = invoice_snapshot.osiris_origin
RETURNING invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded,
    invoice_snapshot.osiris_fingerprint, invoice_snapshot.osiris_xid), event_written AS (
INSERT INTO invoice_event (id, seq, recorded_at, osiris_xid)
SELECT head_written.id AS id, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid
    AS osiris_xid
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING invoice_event.id, invoice_event.seq, concat(lpad(to_hex(invoice_event.osiris_xid), 16, '0'),
    lpad(to_hex(invoice_event.position), 16, '0')) AS position, invoice_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 ARRAY(Integer(), dimensions=1)

-- invoice, seq, none touched, touches, event_id, event_type, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.event_id AS event_id, given.event_type AS event_type, given.expected AS expected
FROM unnest(CAST(:k0::INTEGER[] AS INTEGER[]), CAST(:event_id::UUID[] AS UUID[]), CAST(:event_type::VARCHAR(255)[] AS
    TEXT[]), CAST(:expected::BIGINT[] AS BIGINT[])) AS given(k0, event_id, event_type, expected)), head_written AS (
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1), osiris_xid=greatest(invoice_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE invoice_snapshot.id = "new".k0 AND invoice_snapshot.seq = "new".expected AND invoice_snapshot.seq >
    invoice_snapshot.osiris_origin
RETURNING invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded,
    invoice_snapshot.osiris_fingerprint, invoice_snapshot.osiris_xid), event_written AS (
INSERT INTO invoice_event (id, seq, event_id, event_type, recorded_at, osiris_xid)
SELECT head_written.id AS id, head_written.seq AS seq, "new".event_id AS event_id, "new".event_type AS event_type,
    clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING invoice_event.id, invoice_event.seq, concat(lpad(to_hex(invoice_event.osiris_xid), 16, '0'),
    lpad(to_hex(invoice_event.position), 16, '0')) AS position, invoice_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 ARRAY(Integer(), dimensions=1), event_id ARRAY(Uuid(), dimensions=1), event_type
--   ARRAY(String(length=255), dimensions=1), expected ARRAY(BigInteger(), dimensions=1)

-- invoice, seq, none touched, touches, one: all
WITH "new" AS (
SELECT CAST(:k0::INTEGER AS INTEGER) AS k0, CAST(:expected::BIGINT AS BIGINT) AS expected), head_written AS (
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1), osiris_xid=greatest(invoice_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE invoice_snapshot.id = "new".k0 AND invoice_snapshot.seq = "new".expected AND invoice_snapshot.seq >
    invoice_snapshot.osiris_origin
RETURNING invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded,
    invoice_snapshot.osiris_fingerprint, invoice_snapshot.osiris_xid), event_written AS (
INSERT INTO invoice_event (id, seq, recorded_at, osiris_xid)
SELECT head_written.id AS id, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid
    AS osiris_xid
FROM head_written
JOIN "new" ON head_written.id = "new".k0
RETURNING invoice_event.id, invoice_event.seq, concat(lpad(to_hex(invoice_event.osiris_xid), 16, '0'),
    lpad(to_hex(invoice_event.position), 16, '0')) AS position, invoice_event.recorded_at)
SELECT event_written.id, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.id = event_written.id
-- binds: k0 Integer(), expected BigInteger()

-- patient, anything, all touched, touches, event_id, event_type, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.k1 AS k1, given.f0 AS f0, given.f1 AS f1, given.event_id AS event_id, given.event_type AS
    event_type
FROM unnest(CAST(:k0::VARCHAR(20)[] AS TEXT[]), CAST(:k1::INTEGER[] AS INTEGER[]), CAST(:f0::TEXT[] AS TEXT[]),
    CAST(:f1::INTEGER[] AS INTEGER[]), CAST(:event_id::UUID[] AS UUID[]), CAST(:event_type::VARCHAR(255)[] AS TEXT[]))
    AS given(k0, k1, f0, f1, event_id, event_type)), head_written AS (
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, visits,
    osiris_xid)
SELECT "new".k0 AS k0, "new".k1 AS k1, 1, 0, 0, 125089726352930075, 0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (hospital, number)
DO UPDATE
SET seq = (ward.patient_snapshot.seq + 1), osiris_xid = greatest(ward.patient_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
RETURNING ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, ward.patient_snapshot.osiris_xid),
    event_written AS (
INSERT INTO ward.patient_event (hospital, number, seq, name, visits, event_id, event_type, recorded_at, osiris_xid)
SELECT head_written.hospital AS hospital, head_written.number AS number, head_written.seq AS seq, "new".f0 AS f0,
    "new".f1 AS f1, "new".event_id AS event_id, "new".event_type AS event_type, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.hospital = "new".k0 AND head_written.number = "new".k1
RETURNING ward.patient_event.hospital, ward.patient_event.number, ward.patient_event.seq,
    concat(lpad(to_hex(ward.patient_event.osiris_xid), 16, '0'), lpad(to_hex(ward.patient_event.position), 16, '0'))
    AS position, ward.patient_event.recorded_at)
SELECT event_written.hospital, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.hospital = event_written.hospital AND head_written.number = event_written.number
-- binds: k0 ARRAY(String(length=20), dimensions=1), k1 ARRAY(Integer(), dimensions=1), f0
--   ARRAY(Encrypted(String(length=40)), dimensions=1), f1 ARRAY(Integer(), dimensions=1), event_id ARRAY(Uuid(),
--   dimensions=1), event_type ARRAY(String(length=255), dimensions=1)

-- patient, anything, none touched, touches, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0, CAST(:k1::INTEGER AS INTEGER) AS k1), head_written AS (
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, visits,
    osiris_xid)
SELECT "new".k0 AS k0, "new".k1 AS k1, 1, 0, 0, 125089726352930075, 0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (hospital, number)
DO UPDATE
SET seq = (ward.patient_snapshot.seq + 1), osiris_xid = greatest(ward.patient_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
RETURNING ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, ward.patient_snapshot.osiris_xid),
    event_written AS (
INSERT INTO ward.patient_event (hospital, number, seq, recorded_at, osiris_xid)
SELECT head_written.hospital AS hospital, head_written.number AS number, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.hospital = "new".k0 AND head_written.number = "new".k1
RETURNING ward.patient_event.hospital, ward.patient_event.number, ward.patient_event.seq,
    concat(lpad(to_hex(ward.patient_event.osiris_xid), 16, '0'), lpad(to_hex(ward.patient_event.position), 16, '0'))
    AS position, ward.patient_event.recorded_at)
SELECT event_written.hospital, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.hospital = event_written.hospital AND head_written.number = event_written.number
-- binds: k0 String(length=20), k1 Integer()

-- patient, live, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.k1 AS k1
FROM unnest(CAST(:k0::VARCHAR(20)[] AS TEXT[]), CAST(:k1::INTEGER[] AS INTEGER[])) AS given(k0, k1)
JOIN ward.patient_snapshot AS locked ON locked.hospital = given.k0 AND locked.number = given.k1
ORDER BY locked.hospital, locked.number
FOR UPDATE OF locked), head_written AS (
UPDATE ward.patient_snapshot
SET seq=(ward.patient_snapshot.seq + 1), osiris_xid=greatest(ward.patient_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE ward.patient_snapshot.hospital = "new".k0 AND ward.patient_snapshot.number = "new".k1 AND
    ward.patient_snapshot.seq > ward.patient_snapshot.osiris_origin
RETURNING ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, ward.patient_snapshot.osiris_xid),
    event_written AS (
INSERT INTO ward.patient_event (hospital, number, seq, recorded_at, osiris_xid)
SELECT head_written.hospital AS hospital, head_written.number AS number, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.hospital = "new".k0 AND head_written.number = "new".k1
RETURNING ward.patient_event.hospital, ward.patient_event.number, ward.patient_event.seq,
    concat(lpad(to_hex(ward.patient_event.osiris_xid), 16, '0'), lpad(to_hex(ward.patient_event.position), 16, '0'))
    AS position, ward.patient_event.recorded_at)
SELECT event_written.hospital, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.hospital = event_written.hospital AND head_written.number = event_written.number
-- binds: k0 ARRAY(String(length=20), dimensions=1), k1 ARRAY(Integer(), dimensions=1)

-- patient, live, none touched, touches, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0, CAST(:k1::INTEGER AS INTEGER) AS k1), head_written AS (
UPDATE ward.patient_snapshot
SET seq=(ward.patient_snapshot.seq + 1), osiris_xid=greatest(ward.patient_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE ward.patient_snapshot.hospital = "new".k0 AND ward.patient_snapshot.number = "new".k1 AND
    ward.patient_snapshot.seq > ward.patient_snapshot.osiris_origin
RETURNING ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, ward.patient_snapshot.osiris_xid),
    event_written AS (
INSERT INTO ward.patient_event (hospital, number, seq, recorded_at, osiris_xid)
SELECT head_written.hospital AS hospital, head_written.number AS number, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.hospital = "new".k0 AND head_written.number = "new".k1
RETURNING ward.patient_event.hospital, ward.patient_event.number, ward.patient_event.seq,
    concat(lpad(to_hex(ward.patient_event.osiris_xid), 16, '0'), lpad(to_hex(ward.patient_event.position), 16, '0'))
    AS position, ward.patient_event.recorded_at)
SELECT event_written.hospital, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.hospital = event_written.hospital AND head_written.number = event_written.number
-- binds: k0 String(length=20), k1 Integer()

-- patient, not_live, none touched, ends, event_meta, recorded_at, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0, CAST(:k1::INTEGER AS INTEGER) AS k1, CAST(:event_meta::JSON AS JSON) AS
    event_meta, CAST(:recorded_at::TIMESTAMP
WITH TIME ZONE AS TIMESTAMP
WITH TIME ZONE) AS recorded_at), head_written AS (
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, visits,
    osiris_xid)
SELECT "new".k0 AS k0, "new".k1 AS k1, 1, 0, 0, 125089726352930075, 0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (hospital, number)
DO UPDATE
SET seq = (ward.patient_snapshot.seq + 1), osiris_origin = (ward.patient_snapshot.seq + 1), osiris_folded =
    (ward.patient_snapshot.seq + 1), osiris_fingerprint = 125089726352930075, osiris_xid =
    greatest(ward.patient_snapshot.osiris_xid, ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''),
    '0')::bigint << 48) + pg_current_xact_id()::text::bigint)), name = :param_1::VARCHAR, visits = :param_2::BIGINT
WHERE ward.patient_snapshot.seq = ward.patient_snapshot.osiris_origin
RETURNING ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, ward.patient_snapshot.osiris_xid),
    event_written AS (
INSERT INTO ward.patient_event (hospital, number, seq, event_meta, recorded_at, osiris_xid, osiris_cleared)
SELECT head_written.hospital AS hospital, head_written.number AS number, head_written.seq AS seq, "new".event_meta AS
    event_meta, coalesce("new".recorded_at, clock_timestamp()) AS coalesce_1, head_written.osiris_xid AS osiris_xid,
    '*'
FROM head_written
JOIN "new" ON head_written.hospital = "new".k0 AND head_written.number = "new".k1
RETURNING ward.patient_event.hospital, ward.patient_event.number, ward.patient_event.seq,
    concat(lpad(to_hex(ward.patient_event.osiris_xid), 16, '0'), lpad(to_hex(ward.patient_event.position), 16, '0'))
    AS position, ward.patient_event.recorded_at)
SELECT event_written.hospital, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.hospital = event_written.hospital AND head_written.number = event_written.number
-- binds: k0 String(length=20), k1 Integer(), event_meta JSON(none_as_null=True), recorded_at
--   UTCDateTime(timezone=True), param_1 Encrypted(String(length=40)), param_2 BigInteger() = 0

-- patient, not_live, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.k1 AS k1
FROM unnest(CAST(:k0::VARCHAR(20)[] AS TEXT[]), CAST(:k1::INTEGER[] AS INTEGER[])) AS given(k0, k1)), head_written AS
    (
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, visits,
    osiris_xid)
SELECT "new".k0 AS k0, "new".k1 AS k1, 1, 0, 0, 125089726352930075, 0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (hospital, number)
DO UPDATE
SET seq = (ward.patient_snapshot.seq + 1), osiris_xid = greatest(ward.patient_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
WHERE ward.patient_snapshot.seq = ward.patient_snapshot.osiris_origin
RETURNING ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, ward.patient_snapshot.osiris_xid),
    event_written AS (
INSERT INTO ward.patient_event (hospital, number, seq, recorded_at, osiris_xid)
SELECT head_written.hospital AS hospital, head_written.number AS number, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.hospital = "new".k0 AND head_written.number = "new".k1
RETURNING ward.patient_event.hospital, ward.patient_event.number, ward.patient_event.seq,
    concat(lpad(to_hex(ward.patient_event.osiris_xid), 16, '0'), lpad(to_hex(ward.patient_event.position), 16, '0'))
    AS position, ward.patient_event.recorded_at)
SELECT event_written.hospital, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.hospital = event_written.hospital AND head_written.number = event_written.number
-- binds: k0 ARRAY(String(length=20), dimensions=1), k1 ARRAY(Integer(), dimensions=1)

-- patient, seq, first touched, clears, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0, CAST(:k1::INTEGER AS INTEGER) AS k1, CAST(:f0::VARCHAR AS TEXT) AS f0,
    CAST(:cleared::VARCHAR AS TEXT) AS cleared, CAST(:expected::BIGINT AS BIGINT) AS expected), head_written AS (
UPDATE ward.patient_snapshot
SET seq=(ward.patient_snapshot.seq + 1), osiris_xid=greatest(ward.patient_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE ward.patient_snapshot.hospital = "new".k0 AND ward.patient_snapshot.number = "new".k1 AND
    ward.patient_snapshot.seq = "new".expected AND ward.patient_snapshot.seq > ward.patient_snapshot.osiris_origin
RETURNING ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, ward.patient_snapshot.osiris_xid),
    event_written AS (
INSERT INTO ward.patient_event (hospital, number, seq, name, recorded_at, osiris_xid, osiris_cleared)
SELECT head_written.hospital AS hospital, head_written.number AS number, head_written.seq AS seq, "new".f0 AS f0,
    clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid AS osiris_xid, "new".cleared AS cleared
FROM head_written
JOIN "new" ON head_written.hospital = "new".k0 AND head_written.number = "new".k1
RETURNING ward.patient_event.hospital, ward.patient_event.number, ward.patient_event.seq,
    concat(lpad(to_hex(ward.patient_event.osiris_xid), 16, '0'), lpad(to_hex(ward.patient_event.position), 16, '0'))
    AS position, ward.patient_event.recorded_at)
SELECT event_written.hospital, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.hospital = event_written.hospital AND head_written.number = event_written.number
-- binds: k0 String(length=20), k1 Integer(), f0 Encrypted(String(length=40)), cleared Text(), expected BigInteger()

-- patient, seq, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.k1 AS k1, given.expected AS expected
FROM unnest(CAST(:k0::VARCHAR(20)[] AS TEXT[]), CAST(:k1::INTEGER[] AS INTEGER[]), CAST(:expected::BIGINT[] AS
    BIGINT[])) AS given(k0, k1, expected)), head_written AS (
UPDATE ward.patient_snapshot
SET seq=(ward.patient_snapshot.seq + 1), osiris_xid=greatest(ward.patient_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE ward.patient_snapshot.hospital = "new".k0 AND ward.patient_snapshot.number = "new".k1 AND
    ward.patient_snapshot.seq = "new".expected AND ward.patient_snapshot.seq > ward.patient_snapshot.osiris_origin
RETURNING ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, ward.patient_snapshot.osiris_xid),
    event_written AS (
INSERT INTO ward.patient_event (hospital, number, seq, recorded_at, osiris_xid)
SELECT head_written.hospital AS hospital, head_written.number AS number, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.hospital = "new".k0 AND head_written.number = "new".k1
RETURNING ward.patient_event.hospital, ward.patient_event.number, ward.patient_event.seq,
    concat(lpad(to_hex(ward.patient_event.osiris_xid), 16, '0'), lpad(to_hex(ward.patient_event.position), 16, '0'))
    AS position, ward.patient_event.recorded_at)
SELECT event_written.hospital, event_written.number, event_written.seq, event_written.position,
    event_written.recorded_at, head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.hospital = event_written.hospital AND head_written.number = event_written.number
-- binds: k0 ARRAY(String(length=20), dimensions=1), k1 ARRAY(Integer(), dimensions=1), expected ARRAY(BigInteger(),
--   dimensions=1)

-- reading, anything, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0
FROM unnest(CAST(:k0::UUID[] AS UUID[])) AS given(k0)), head_written AS (
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint, osiris_xid)
SELECT "new".k0 AS k0, 1, 0, 0, 6388899372266228392, ((coalesce(nullif(current_setting('sqla_osiris.epoch', true),
    ''), '0')::bigint << 48) + pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (sensor)
DO UPDATE
SET seq = (reading_snapshot.seq + 1), osiris_xid = greatest(reading_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
RETURNING reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, reading_snapshot.osiris_xid), event_written AS (
INSERT INTO reading_event (sensor, seq, recorded_at, osiris_xid)
SELECT head_written.sensor AS sensor, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1,
    head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.sensor = "new".k0
RETURNING reading_event.sensor, reading_event.seq, concat(lpad(to_hex(reading_event.osiris_xid), 16, '0'),
    lpad(to_hex(reading_event.position), 16, '0')) AS position, reading_event.recorded_at)
SELECT event_written.sensor, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.sensor = event_written.sensor
-- binds: k0 ARRAY(Uuid(), dimensions=1)

-- reading, anything, none touched, touches, one: all
WITH "new" AS (
SELECT CAST(:k0::UUID AS UUID) AS k0), head_written AS (
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint, osiris_xid)
SELECT "new".k0 AS k0, 1, 0, 0, 6388899372266228392, ((coalesce(nullif(current_setting('sqla_osiris.epoch', true),
    ''), '0')::bigint << 48) + pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (sensor)
DO UPDATE
SET seq = (reading_snapshot.seq + 1), osiris_xid = greatest(reading_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
RETURNING reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, reading_snapshot.osiris_xid), event_written AS (
INSERT INTO reading_event (sensor, seq, recorded_at, osiris_xid)
SELECT head_written.sensor AS sensor, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1,
    head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.sensor = "new".k0
RETURNING reading_event.sensor, reading_event.seq, concat(lpad(to_hex(reading_event.osiris_xid), 16, '0'),
    lpad(to_hex(reading_event.position), 16, '0')) AS position, reading_event.recorded_at)
SELECT event_written.sensor, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.sensor = event_written.sensor
-- binds: k0 Uuid()

-- reading, live, first touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.f0 AS f0
FROM unnest(CAST(:k0::UUID[] AS UUID[]), CAST(:f0::FLOAT[] AS FLOAT[])) AS given(k0, f0)
JOIN reading_snapshot AS locked ON locked.sensor = given.k0
ORDER BY locked.sensor
FOR UPDATE OF locked), head_written AS (
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1), osiris_xid=greatest(reading_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE reading_snapshot.sensor = "new".k0 AND reading_snapshot.seq > reading_snapshot.osiris_origin
RETURNING reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, reading_snapshot.osiris_xid), event_written AS (
INSERT INTO reading_event (sensor, seq, least, recorded_at, osiris_xid)
SELECT head_written.sensor AS sensor, head_written.seq AS seq, "new".f0 AS f0, clock_timestamp() AS clock_timestamp_1,
    head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.sensor = "new".k0
RETURNING reading_event.sensor, reading_event.seq, concat(lpad(to_hex(reading_event.osiris_xid), 16, '0'),
    lpad(to_hex(reading_event.position), 16, '0')) AS position, reading_event.recorded_at)
SELECT event_written.sensor, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.sensor = event_written.sensor
-- binds: k0 ARRAY(Uuid(), dimensions=1), f0 ARRAY(Float(), dimensions=1)

-- reading, live, none touched, touches, one: all
WITH "new" AS (
SELECT CAST(:k0::UUID AS UUID) AS k0), head_written AS (
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1), osiris_xid=greatest(reading_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE reading_snapshot.sensor = "new".k0 AND reading_snapshot.seq > reading_snapshot.osiris_origin
RETURNING reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, reading_snapshot.osiris_xid), event_written AS (
INSERT INTO reading_event (sensor, seq, recorded_at, osiris_xid)
SELECT head_written.sensor AS sensor, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1,
    head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.sensor = "new".k0
RETURNING reading_event.sensor, reading_event.seq, concat(lpad(to_hex(reading_event.osiris_xid), 16, '0'),
    lpad(to_hex(reading_event.position), 16, '0')) AS position, reading_event.recorded_at)
SELECT event_written.sensor, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.sensor = event_written.sensor
-- binds: k0 Uuid()

-- reading, not_live, none touched, ends, event_id, event_type, one: all
WITH "new" AS (
SELECT CAST(:k0::UUID AS UUID) AS k0, CAST(:event_id::UUID AS UUID) AS event_id, CAST(:event_type::VARCHAR AS TEXT) AS
    event_type), head_written AS (
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint, osiris_xid)
SELECT "new".k0 AS k0, 1, 0, 0, 6388899372266228392, ((coalesce(nullif(current_setting('sqla_osiris.epoch', true),
    ''), '0')::bigint << 48) + pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (sensor)
DO UPDATE
SET seq = (reading_snapshot.seq + 1), osiris_origin = (reading_snapshot.seq + 1), osiris_folded =
    (reading_snapshot.seq + 1), osiris_fingerprint = 6388899372266228392, osiris_xid =
    greatest(reading_snapshot.osiris_xid, ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''),
    '0')::bigint << 48) + pg_current_xact_id()::text::bigint)), least = :param_1, first = :param_2::TIMESTAMP
WITH TIME ZONE, notes = :param_3::VARCHAR
WHERE reading_snapshot.seq = reading_snapshot.osiris_origin
RETURNING reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, reading_snapshot.osiris_xid), event_written AS (
INSERT INTO reading_event (sensor, seq, event_id, event_type, recorded_at, osiris_xid, osiris_cleared)
SELECT head_written.sensor AS sensor, head_written.seq AS seq, "new".event_id AS event_id, "new".event_type AS
    event_type, clock_timestamp() AS clock_timestamp_1, head_written.osiris_xid AS osiris_xid, '*'
FROM head_written
JOIN "new" ON head_written.sensor = "new".k0
RETURNING reading_event.sensor, reading_event.seq, concat(lpad(to_hex(reading_event.osiris_xid), 16, '0'),
    lpad(to_hex(reading_event.position), 16, '0')) AS position, reading_event.recorded_at)
SELECT event_written.sensor, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.sensor = event_written.sensor
-- binds: k0 Uuid(), event_id Uuid(), event_type String(length=255), param_1 Float(), param_2
--   UTCDateTime(timezone=True), param_3 AccumulatorText(Append())

-- reading, not_live, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0
FROM unnest(CAST(:k0::UUID[] AS UUID[])) AS given(k0)), head_written AS (
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint, osiris_xid)
SELECT "new".k0 AS k0, 1, 0, 0, 6388899372266228392, ((coalesce(nullif(current_setting('sqla_osiris.epoch', true),
    ''), '0')::bigint << 48) + pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (sensor)
DO UPDATE
SET seq = (reading_snapshot.seq + 1), osiris_xid = greatest(reading_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
WHERE reading_snapshot.seq = reading_snapshot.osiris_origin
RETURNING reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, reading_snapshot.osiris_xid), event_written AS (
INSERT INTO reading_event (sensor, seq, recorded_at, osiris_xid)
SELECT head_written.sensor AS sensor, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1,
    head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.sensor = "new".k0
RETURNING reading_event.sensor, reading_event.seq, concat(lpad(to_hex(reading_event.osiris_xid), 16, '0'),
    lpad(to_hex(reading_event.position), 16, '0')) AS position, reading_event.recorded_at)
SELECT event_written.sensor, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.sensor = event_written.sensor
-- binds: k0 ARRAY(Uuid(), dimensions=1)

-- reading, seq, all touched, clears, event_meta, recorded_at, one: all
WITH "new" AS (
SELECT CAST(:k0::UUID AS UUID) AS k0, CAST(:f0 AS FLOAT) AS f0, CAST(:f1::TIMESTAMP
WITH TIME ZONE AS TIMESTAMP
WITH TIME ZONE) AS f1, CAST(:f2::JSON AS JSON) AS f2, CAST(:event_meta::JSON AS JSON) AS event_meta,
    CAST(:recorded_at::TIMESTAMP
WITH TIME ZONE AS TIMESTAMP
WITH TIME ZONE) AS recorded_at, CAST(:cleared::VARCHAR AS TEXT) AS cleared, CAST(:expected::BIGINT AS BIGINT) AS
    expected), head_written AS (
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1), osiris_xid=greatest(reading_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE reading_snapshot.sensor = "new".k0 AND reading_snapshot.seq = "new".expected AND reading_snapshot.seq >
    reading_snapshot.osiris_origin
RETURNING reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, reading_snapshot.osiris_xid), event_written AS (
INSERT INTO reading_event (sensor, seq, least, first, notes, event_meta, recorded_at, osiris_xid, osiris_cleared)
SELECT head_written.sensor AS sensor, head_written.seq AS seq, "new".f0 AS f0, "new".f1 AS f1, "new".f2 AS f2,
    "new".event_meta AS event_meta, coalesce("new".recorded_at, clock_timestamp()) AS coalesce_1,
    head_written.osiris_xid AS osiris_xid, "new".cleared AS cleared
FROM head_written
JOIN "new" ON head_written.sensor = "new".k0
RETURNING reading_event.sensor, reading_event.seq, concat(lpad(to_hex(reading_event.osiris_xid), 16, '0'),
    lpad(to_hex(reading_event.position), 16, '0')) AS position, reading_event.recorded_at)
SELECT event_written.sensor, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.sensor = event_written.sensor
-- binds: k0 Uuid(), f0 Float(), f1 UTCDateTime(timezone=True), f2 JSON(none_as_null=True), event_meta
--   JSON(none_as_null=True), recorded_at UTCDateTime(timezone=True), cleared Text(), expected BigInteger()

-- reading, seq, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.expected AS expected
FROM unnest(CAST(:k0::UUID[] AS UUID[]), CAST(:expected::BIGINT[] AS BIGINT[])) AS given(k0, expected)), head_written
    AS (
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1), osiris_xid=greatest(reading_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE reading_snapshot.sensor = "new".k0 AND reading_snapshot.seq = "new".expected AND reading_snapshot.seq >
    reading_snapshot.osiris_origin
RETURNING reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, reading_snapshot.osiris_xid), event_written AS (
INSERT INTO reading_event (sensor, seq, recorded_at, osiris_xid)
SELECT head_written.sensor AS sensor, head_written.seq AS seq, clock_timestamp() AS clock_timestamp_1,
    head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.sensor = "new".k0
RETURNING reading_event.sensor, reading_event.seq, concat(lpad(to_hex(reading_event.osiris_xid), 16, '0'),
    lpad(to_hex(reading_event.position), 16, '0')) AS position, reading_event.recorded_at)
SELECT event_written.sensor, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.sensor = event_written.sensor
-- binds: k0 ARRAY(Uuid(), dimensions=1), expected ARRAY(BigInteger(), dimensions=1)

-- visit, anything, first touched, touches, event_meta, recorded_at, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0, CAST(:k1::DATE AS DATE) AS k1, CAST(:f0::INTEGER AS INTEGER) AS f0,
    CAST(:event_meta::JSON AS JSON) AS event_meta, CAST(:recorded_at::TIMESTAMP
WITH TIME ZONE AS TIMESTAMP
WITH TIME ZONE) AS recorded_at), head_written AS (
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size, osiris_xid)
SELECT "new".k0 AS k0, "new".k1 AS k1, 1, 0, 0, 2528154376666229541, 0, 0.0, 0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (page, day)
DO UPDATE
SET seq = (visit_snapshot.seq + 1), osiris_xid = greatest(visit_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
RETURNING visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, visit_snapshot.osiris_xid), event_written AS (
INSERT INTO visit_event (page, day, seq, hits, event_meta, recorded_at, osiris_xid)
SELECT head_written.page AS page, head_written.day AS day, head_written.seq AS seq, "new".f0 AS f0, "new".event_meta
    AS event_meta, coalesce("new".recorded_at, clock_timestamp()) AS coalesce_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.page = "new".k0 AND head_written.day = "new".k1
RETURNING visit_event.page, visit_event.day, visit_event.seq, concat(lpad(to_hex(visit_event.osiris_xid), 16, '0'),
    lpad(to_hex(visit_event.position), 16, '0')) AS position, visit_event.recorded_at)
SELECT event_written.page, event_written.day, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.page = event_written.page AND head_written.day = event_written.day
-- binds: k0 String(), k1 Date(), f0 Integer(), event_meta JSON(none_as_null=True), recorded_at
--   UTCDateTime(timezone=True)

-- visit, anything, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.k1 AS k1
FROM unnest(CAST(:k0::VARCHAR[] AS TEXT[]), CAST(:k1::DATE[] AS DATE[])) AS given(k0, k1)), head_written AS (
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size, osiris_xid)
SELECT "new".k0 AS k0, "new".k1 AS k1, 1, 0, 0, 2528154376666229541, 0, 0.0, 0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (page, day)
DO UPDATE
SET seq = (visit_snapshot.seq + 1), osiris_xid = greatest(visit_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
RETURNING visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, visit_snapshot.osiris_xid), event_written AS (
INSERT INTO visit_event (page, day, seq, recorded_at, osiris_xid)
SELECT head_written.page AS page, head_written.day AS day, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.page = "new".k0 AND head_written.day = "new".k1
RETURNING visit_event.page, visit_event.day, visit_event.seq, concat(lpad(to_hex(visit_event.osiris_xid), 16, '0'),
    lpad(to_hex(visit_event.position), 16, '0')) AS position, visit_event.recorded_at)
SELECT event_written.page, event_written.day, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.page = event_written.page AND head_written.day = event_written.day
-- binds: k0 ARRAY(String(), dimensions=1), k1 ARRAY(Date(), dimensions=1)

-- visit, live, none touched, ends, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.k1 AS k1
FROM unnest(CAST(:k0::VARCHAR[] AS TEXT[]), CAST(:k1::DATE[] AS DATE[])) AS given(k0, k1)
JOIN visit_snapshot AS locked ON locked.page = given.k0 AND locked.day = given.k1
ORDER BY locked.page, locked.day
FOR UPDATE OF locked), head_written AS (
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1), osiris_origin=(visit_snapshot.seq + 1), osiris_folded=(visit_snapshot.seq + 1),
    osiris_fingerprint=2528154376666229541, osiris_xid=greatest(visit_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint)), hits=:param_1::BIGINT, last=:param_2, size=:param_3,
    osiris_count_size=:param_4::BIGINT
FROM "new"
WHERE visit_snapshot.page = "new".k0 AND visit_snapshot.day = "new".k1 AND visit_snapshot.seq >
    visit_snapshot.osiris_origin
RETURNING visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, visit_snapshot.osiris_xid), event_written AS (
INSERT INTO visit_event (page, day, seq, recorded_at, osiris_xid, osiris_cleared)
SELECT head_written.page AS page, head_written.day AS day, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid, '*'
FROM head_written
JOIN "new" ON head_written.page = "new".k0 AND head_written.day = "new".k1
RETURNING visit_event.page, visit_event.day, visit_event.seq, concat(lpad(to_hex(visit_event.osiris_xid), 16, '0'),
    lpad(to_hex(visit_event.position), 16, '0')) AS position, visit_event.recorded_at)
SELECT event_written.page, event_written.day, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.page = event_written.page AND head_written.day = event_written.day
-- binds: k0 ARRAY(String(), dimensions=1), k1 ARRAY(Date(), dimensions=1), param_1 BigInteger() = 0, param_2
--   LargeBinary(), param_3 Float() = 0.0, param_4 BigInteger() = 0

-- visit, live, none touched, touches, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0, CAST(:k1::DATE AS DATE) AS k1), head_written AS (
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1), osiris_xid=greatest(visit_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE visit_snapshot.page = "new".k0 AND visit_snapshot.day = "new".k1 AND visit_snapshot.seq >
    visit_snapshot.osiris_origin
RETURNING visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, visit_snapshot.osiris_xid), event_written AS (
INSERT INTO visit_event (page, day, seq, recorded_at, osiris_xid)
SELECT head_written.page AS page, head_written.day AS day, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.page = "new".k0 AND head_written.day = "new".k1
RETURNING visit_event.page, visit_event.day, visit_event.seq, concat(lpad(to_hex(visit_event.osiris_xid), 16, '0'),
    lpad(to_hex(visit_event.position), 16, '0')) AS position, visit_event.recorded_at)
SELECT event_written.page, event_written.day, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.page = event_written.page AND head_written.day = event_written.day
-- binds: k0 String(), k1 Date()

-- visit, not_live, all touched, clears, event_id, event_type, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0, CAST(:k1::DATE AS DATE) AS k1, CAST(:f0::INTEGER AS INTEGER) AS f0, CAST(:f1
    AS BYTEA) AS f1, CAST(:f2 AS FLOAT) AS f2, CAST(:event_id::UUID AS UUID) AS event_id, CAST(:event_type::VARCHAR AS
    TEXT) AS event_type, CAST(:cleared::VARCHAR AS TEXT) AS cleared), head_written AS (
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size, osiris_xid)
SELECT "new".k0 AS k0, "new".k1 AS k1, 1, 0, 0, 2528154376666229541, 0, 0.0, 0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (page, day)
DO UPDATE
SET seq = (visit_snapshot.seq + 1), osiris_xid = greatest(visit_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
WHERE visit_snapshot.seq = visit_snapshot.osiris_origin
RETURNING visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, visit_snapshot.osiris_xid), event_written AS (
INSERT INTO visit_event (page, day, seq, hits, last, size, event_id, event_type, recorded_at, osiris_xid,
    osiris_cleared)
SELECT head_written.page AS page, head_written.day AS day, head_written.seq AS seq, "new".f0 AS f0, "new".f1 AS f1,
    "new".f2 AS f2, "new".event_id AS event_id, "new".event_type AS event_type, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid, "new".cleared AS cleared
FROM head_written
JOIN "new" ON head_written.page = "new".k0 AND head_written.day = "new".k1
RETURNING visit_event.page, visit_event.day, visit_event.seq, concat(lpad(to_hex(visit_event.osiris_xid), 16, '0'),
    lpad(to_hex(visit_event.position), 16, '0')) AS position, visit_event.recorded_at)
SELECT event_written.page, event_written.day, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.page = event_written.page AND head_written.day = event_written.day
-- binds: k0 String(), k1 Date(), f0 Integer(), f1 LargeBinary(), f2 Float(), event_id Uuid(), event_type
--   String(length=255), cleared Text()

-- visit, not_live, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.k1 AS k1
FROM unnest(CAST(:k0::VARCHAR[] AS TEXT[]), CAST(:k1::DATE[] AS DATE[])) AS given(k0, k1)), head_written AS (
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size, osiris_xid)
SELECT "new".k0 AS k0, "new".k1 AS k1, 1, 0, 0, 2528154376666229541, 0, 0.0, 0,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1
FROM "new"
ON CONFLICT (page, day)
DO UPDATE
SET seq = (visit_snapshot.seq + 1), osiris_xid = greatest(visit_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
WHERE visit_snapshot.seq = visit_snapshot.osiris_origin
RETURNING visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, visit_snapshot.osiris_xid), event_written AS (
INSERT INTO visit_event (page, day, seq, recorded_at, osiris_xid)
SELECT head_written.page AS page, head_written.day AS day, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.page = "new".k0 AND head_written.day = "new".k1
RETURNING visit_event.page, visit_event.day, visit_event.seq, concat(lpad(to_hex(visit_event.osiris_xid), 16, '0'),
    lpad(to_hex(visit_event.position), 16, '0')) AS position, visit_event.recorded_at)
SELECT event_written.page, event_written.day, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.page = event_written.page AND head_written.day = event_written.day
-- binds: k0 ARRAY(String(), dimensions=1), k1 ARRAY(Date(), dimensions=1)

-- visit, seq, none touched, touches, many: all
WITH "new" AS (
SELECT given.k0 AS k0, given.k1 AS k1, given.expected AS expected
FROM unnest(CAST(:k0::VARCHAR[] AS TEXT[]), CAST(:k1::DATE[] AS DATE[]), CAST(:expected::BIGINT[] AS BIGINT[])) AS
    given(k0, k1, expected)), head_written AS (
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1), osiris_xid=greatest(visit_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE visit_snapshot.page = "new".k0 AND visit_snapshot.day = "new".k1 AND visit_snapshot.seq = "new".expected AND
    visit_snapshot.seq > visit_snapshot.osiris_origin
RETURNING visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, visit_snapshot.osiris_xid), event_written AS (
INSERT INTO visit_event (page, day, seq, recorded_at, osiris_xid)
SELECT head_written.page AS page, head_written.day AS day, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.page = "new".k0 AND head_written.day = "new".k1
RETURNING visit_event.page, visit_event.day, visit_event.seq, concat(lpad(to_hex(visit_event.osiris_xid), 16, '0'),
    lpad(to_hex(visit_event.position), 16, '0')) AS position, visit_event.recorded_at)
SELECT event_written.page, event_written.day, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.page = event_written.page AND head_written.day = event_written.day
-- binds: k0 ARRAY(String(), dimensions=1), k1 ARRAY(Date(), dimensions=1), expected ARRAY(BigInteger(), dimensions=1)

-- visit, seq, none touched, touches, one: all
WITH "new" AS (
SELECT CAST(:k0::VARCHAR AS TEXT) AS k0, CAST(:k1::DATE AS DATE) AS k1, CAST(:expected::BIGINT AS BIGINT) AS
    expected), head_written AS (
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1), osiris_xid=greatest(visit_snapshot.osiris_xid,
    ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint))
FROM "new"
WHERE visit_snapshot.page = "new".k0 AND visit_snapshot.day = "new".k1 AND visit_snapshot.seq = "new".expected AND
    visit_snapshot.seq > visit_snapshot.osiris_origin
RETURNING visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, visit_snapshot.osiris_xid), event_written AS (
INSERT INTO visit_event (page, day, seq, recorded_at, osiris_xid)
SELECT head_written.page AS page, head_written.day AS day, head_written.seq AS seq, clock_timestamp() AS
    clock_timestamp_1, head_written.osiris_xid AS osiris_xid
FROM head_written
JOIN "new" ON head_written.page = "new".k0 AND head_written.day = "new".k1
RETURNING visit_event.page, visit_event.day, visit_event.seq, concat(lpad(to_hex(visit_event.osiris_xid), 16, '0'),
    lpad(to_hex(visit_event.position), 16, '0')) AS position, visit_event.recorded_at)
SELECT event_written.page, event_written.day, event_written.seq, event_written.position, event_written.recorded_at,
    head_written.osiris_folded, head_written.osiris_fingerprint
FROM head_written
JOIN event_written ON head_written.page = event_written.page AND head_written.day = event_written.day
-- binds: k0 String(), k1 Date(), expected BigInteger()

