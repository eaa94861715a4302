-- account: ended
UPDATE account_snapshot
SET osiris_origin=:ended::BIGINT, osiris_folded=:ended::BIGINT, osiris_fingerprint=9040296020539021685,
    name=:name::VARCHAR, balance=:balance, moves=:moves::BIGINT, best=:best::INTEGER, mean=:mean::BIGINT,
    osiris_count_mean=:osiris_count_mean::BIGINT
WHERE account_snapshot.id = :k0::VARCHAR
-- binds: ended BigInteger(), ended BigInteger(), name String(length=40), balance ExactDecimal(precision=38, scale=2)
--   = 0, moves BigInteger() = 0, best Integer(), mean BigInteger() = 0, osiris_count_mean BigInteger() = 0, k0
--   String(length=20)

-- account: heads, counted
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean, osiris_xid)
SELECT given.k0, given.counts, 0, 0, 9040296020539021685, 0, 0, 0, 0, (
SELECT ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1) AS anon_1
FROM unnest(CAST(:k0::VARCHAR AS TEXT[]), CAST(:counts::VARCHAR AS BIGINT[])) AS given(k0, counts)
ON CONFLICT (id)
DO UPDATE
SET seq = (account_snapshot.seq + excluded.seq), osiris_xid = greatest(account_snapshot.osiris_xid,
    excluded.osiris_xid)
RETURNING account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded,
    account_snapshot.osiris_fingerprint, account_snapshot.osiris_origin, account_snapshot.osiris_xid
-- binds: k0 _ArrayText(), counts _ArrayText()

-- account: events ()
INSERT INTO account_event (id, seq, name, balance, moves, best, mean, recorded_at)
SELECT given.e0, given.e1, given.e2, given.e3, given.e4, given.e5, given.e6, clock_timestamp() AS clock_timestamp_1
FROM unnest(CAST(:e0::VARCHAR AS TEXT[]), CAST(:e1::VARCHAR AS BIGINT[]), CAST(:e2::VARCHAR AS TEXT[]),
    CAST(:e3::NUMERIC(10, 2)[] AS NUMERIC(10, 2)[]), CAST(:e4::VARCHAR AS BIGINT[]), CAST(:e5::VARCHAR AS BIGINT[]),
    CAST(:e6::VARCHAR AS BIGINT[])) AS given(e0, e1, e2, e3, e4, e5, e6)
-- binds: e0 _ArrayText(), e1 _ArrayText(), e2 _ArrayText(), e3 ARRAY(ExactDecimal(precision=10, scale=2),
--   dimensions=1), e4 _ArrayText(), e5 _ArrayText(), e6 _ArrayText()

-- account: events ('event_id', 'recorded_at', 'osiris_cleared')
INSERT INTO account_event (id, seq, name, balance, moves, best, mean, event_id, recorded_at, osiris_cleared)
SELECT given.e0, given.e1, given.e2, given.e3, given.e4, given.e5, given.e6, given.e7, coalesce(given.e8,
    clock_timestamp()) AS coalesce_1, given.e9
FROM unnest(CAST(:e0::VARCHAR AS TEXT[]), CAST(:e1::VARCHAR AS BIGINT[]), CAST(:e2::VARCHAR AS TEXT[]),
    CAST(:e3::NUMERIC(10, 2)[] AS NUMERIC(10, 2)[]), CAST(:e4::VARCHAR AS BIGINT[]), CAST(:e5::VARCHAR AS BIGINT[]),
    CAST(:e6::VARCHAR AS BIGINT[]), CAST(:e7::UUID[] AS UUID[]), CAST(:e8::TIMESTAMP
WITH TIME ZONE[] AS TIMESTAMP
WITH TIME ZONE[]), CAST(:e9::VARCHAR AS TEXT[])) AS given(e0, e1, e2, e3, e4, e5, e6, e7, e8, e9)
-- binds: e0 _ArrayText(), e1 _ArrayText(), e2 _ArrayText(), e3 ARRAY(ExactDecimal(precision=10, scale=2),
--   dimensions=1), e4 _ArrayText(), e5 _ArrayText(), e6 _ArrayText(), e7 ARRAY(Uuid(), dimensions=1), e8
--   ARRAY(UTCDateTime(timezone=True), dimensions=1), e9 _ArrayText()

-- account: known ids, 0
SELECT account_event.id, account_event.event_id
FROM account_event
WHERE account_event.id = ANY (:keys::VARCHAR(20)[]) AND account_event.event_id IN (__[POSTCOMPILE_ids])
-- binds: keys ARRAY(String(length=20)), ids Uuid()

-- item: ended
UPDATE item_snapshot
SET osiris_origin=:ended::BIGINT, osiris_folded=:ended::BIGINT, osiris_fingerprint=6972388170373529526,
    name=:name::VARCHAR, stock=:stock::BIGINT, moves=:moves::BIGINT, best=:best::INTEGER, first=:first::DATE
WHERE item_snapshot.id = :k0::INTEGER
-- binds: ended BigInteger(), ended BigInteger(), name String(length=40), stock BigInteger() = 0, moves BigInteger() =
--   0, best Integer(), first Date(), k0 Integer()

-- item: heads, merged
INSERT INTO item_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, stock, moves, name, best, first,
    osiris_xid)
SELECT given.k0, given.counts, 0, given.counts AS counts__1, 6972388170373529526, given.f1, given.f2, given.f0,
    given.f3, given.f4, (
SELECT ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1) AS anon_1
FROM unnest(CAST(:k0::VARCHAR AS BIGINT[]), CAST(:counts::VARCHAR AS BIGINT[]), CAST(:f0::VARCHAR AS TEXT[]),
    CAST(:f1::VARCHAR AS BIGINT[]), CAST(:f2::VARCHAR AS BIGINT[]), CAST(:f3::VARCHAR AS BIGINT[]), CAST(:f4::DATE[]
    AS DATE[])) AS given(k0, counts, f0, f1, f2, f3, f4)
ON CONFLICT (id)
DO UPDATE
SET seq = (item_snapshot.seq + excluded.seq), osiris_folded = CASE WHEN (item_snapshot.osiris_fingerprint =
    6972388170373529526) THEN item_snapshot.seq + excluded.seq ELSE item_snapshot.osiris_folded END, osiris_xid =
    greatest(item_snapshot.osiris_xid, excluded.osiris_xid), name = CASE WHEN (item_snapshot.osiris_fingerprint =
    6972388170373529526) THEN coalesce(excluded.name, item_snapshot.name) ELSE item_snapshot.name END, stock = CASE
    WHEN (item_snapshot.osiris_fingerprint = 6972388170373529526) THEN item_snapshot.stock + excluded.stock ELSE
    item_snapshot.stock END, moves = CASE WHEN (item_snapshot.osiris_fingerprint = 6972388170373529526) THEN
    item_snapshot.moves + excluded.moves ELSE item_snapshot.moves END, best = CASE WHEN
    (item_snapshot.osiris_fingerprint = 6972388170373529526) THEN greatest(item_snapshot.best, excluded.best) ELSE
    item_snapshot.best END, first = CASE WHEN (item_snapshot.osiris_fingerprint = 6972388170373529526) THEN
    coalesce(item_snapshot.first, excluded.first) ELSE item_snapshot.first END
RETURNING item_snapshot.id, item_snapshot.seq, item_snapshot.osiris_folded, item_snapshot.osiris_fingerprint,
    item_snapshot.osiris_origin, item_snapshot.osiris_xid
-- binds: k0 _ArrayText(), counts _ArrayText(), f0 _ArrayText(), f1 _ArrayText(), f2 _ArrayText(), f3 _ArrayText(), f4
--   ARRAY(Date(), dimensions=1)

-- item: heads, counted
INSERT INTO item_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, stock, moves, osiris_xid)
SELECT given.k0, given.counts, 0, 0, 6972388170373529526, 0, 0, (
SELECT ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1) AS anon_1
FROM unnest(CAST(:k0::VARCHAR AS BIGINT[]), CAST(:counts::VARCHAR AS BIGINT[])) AS given(k0, counts)
ON CONFLICT (id)
DO UPDATE
SET seq = (item_snapshot.seq + excluded.seq), osiris_xid = greatest(item_snapshot.osiris_xid, excluded.osiris_xid)
RETURNING item_snapshot.id, item_snapshot.seq, item_snapshot.osiris_folded, item_snapshot.osiris_fingerprint,
    item_snapshot.osiris_origin, item_snapshot.osiris_xid
-- binds: k0 _ArrayText(), counts _ArrayText()

-- item: events ()
INSERT INTO item_event (id, seq, name, stock, moves, best, first, recorded_at)
SELECT given.e0, given.e1, given.e2, given.e3, given.e4, given.e5, given.e6, clock_timestamp() AS clock_timestamp_1
FROM unnest(CAST(:e0::VARCHAR AS BIGINT[]), CAST(:e1::VARCHAR AS BIGINT[]), CAST(:e2::VARCHAR AS TEXT[]),
    CAST(:e3::VARCHAR AS BIGINT[]), CAST(:e4::VARCHAR AS BIGINT[]), CAST(:e5::VARCHAR AS BIGINT[]), CAST(:e6::DATE[]
    AS DATE[])) AS given(e0, e1, e2, e3, e4, e5, e6)
-- binds: e0 _ArrayText(), e1 _ArrayText(), e2 _ArrayText(), e3 _ArrayText(), e4 _ArrayText(), e5 _ArrayText(), e6
--   ARRAY(Date(), dimensions=1)

-- item: events ('event_id', 'recorded_at', 'osiris_cleared')
INSERT INTO item_event (id, seq, name, stock, moves, best, first, event_id, recorded_at, osiris_cleared)
SELECT given.e0, given.e1, given.e2, given.e3, given.e4, given.e5, given.e6, given.e7, coalesce(given.e8,
    clock_timestamp()) AS coalesce_1, given.e9
FROM unnest(CAST(:e0::VARCHAR AS BIGINT[]), CAST(:e1::VARCHAR AS BIGINT[]), CAST(:e2::VARCHAR AS TEXT[]),
    CAST(:e3::VARCHAR AS BIGINT[]), CAST(:e4::VARCHAR AS BIGINT[]), CAST(:e5::VARCHAR AS BIGINT[]), CAST(:e6::DATE[]
    AS DATE[]), CAST(:e7::UUID[] AS UUID[]), CAST(:e8::TIMESTAMP
WITH TIME ZONE[] AS TIMESTAMP
WITH TIME ZONE[]), CAST(:e9::VARCHAR AS TEXT[])) AS given(e0, e1, e2, e3, e4, e5, e6, e7, e8, e9)
-- binds: e0 _ArrayText(), e1 _ArrayText(), e2 _ArrayText(), e3 _ArrayText(), e4 _ArrayText(), e5 _ArrayText(), e6
--   ARRAY(Date(), dimensions=1), e7 ARRAY(Uuid(), dimensions=1), e8 ARRAY(UTCDateTime(timezone=True), dimensions=1),
--   e9 _ArrayText()

-- item: known ids, 0
SELECT item_event.id, item_event.event_id
FROM item_event
WHERE item_event.id = ANY (:keys::INTEGER[]) AND item_event.event_id IN (__[POSTCOMPILE_ids])
-- binds: keys ARRAY(Integer()), ids Uuid()

-- employee: ended
UPDATE employee_snapshot
SET osiris_origin=:ended::BIGINT, osiris_folded=:ended::BIGINT, osiris_fingerprint=3374913928670114850,
    name=:name::VARCHAR, tags=:tags::VARCHAR, osiris_state_tags=:osiris_state_tags::JSON, colours=:colours::VARCHAR,
    osiris_state_colours=:osiris_state_colours::BIGINT, salary=:salary
WHERE employee_snapshot.company = :k0::VARCHAR AND employee_snapshot.number = :k1::INTEGER
-- binds: ended BigInteger(), ended BigInteger(), name String(), tags AccumulatorText(Append()), osiris_state_tags
--   JSON(none_as_null=True), colours AccumulatorText(Distinct()), osiris_state_colours BigInteger(), salary Float() =
--   0.0, k0 String(length=20), k1 Integer()

-- employee: heads, counted
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary,
    osiris_xid)
SELECT given.k0, given.k1, given.counts, 0, 0, 3374913928670114850, 0.0, (
SELECT ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1) AS anon_1
FROM unnest(CAST(:k0::VARCHAR AS TEXT[]), CAST(:k1::VARCHAR AS BIGINT[]), CAST(:counts::VARCHAR AS BIGINT[])) AS
    given(k0, k1, counts)
ON CONFLICT (company, number)
DO UPDATE
SET seq = (employee_snapshot.seq + excluded.seq), osiris_xid = greatest(employee_snapshot.osiris_xid,
    excluded.osiris_xid)
RETURNING employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, employee_snapshot.osiris_origin, employee_snapshot.osiris_xid
-- binds: k0 _ArrayText(), k1 _ArrayText(), counts _ArrayText()

-- employee: events ()
INSERT INTO employee_event (company, number, seq, name, tags, colours, salary, recorded_at)
SELECT given.e0, given.e1, given.e2, given.e3, given.e4, given.e5, given.e6, clock_timestamp() AS clock_timestamp_1
FROM unnest(CAST(:e0::VARCHAR AS TEXT[]), CAST(:e1::VARCHAR AS BIGINT[]), CAST(:e2::VARCHAR AS BIGINT[]),
    CAST(:e3::VARCHAR AS TEXT[]), CAST(:e4::JSON[] AS JSON[]), CAST(:e5::JSON[] AS JSON[]), CAST(:e6::FLOAT[] AS
    FLOAT[])) AS given(e0, e1, e2, e3, e4, e5, e6)
-- binds: e0 _ArrayText(), e1 _ArrayText(), e2 _ArrayText(), e3 _ArrayText(), e4 ARRAY(JSON(none_as_null=True),
--   dimensions=1), e5 ARRAY(JSON(none_as_null=True), dimensions=1), e6 ARRAY(Float(), dimensions=1)

-- employee: events ('event_id', 'recorded_at', 'osiris_cleared')
INSERT INTO employee_event (company, number, seq, name, tags, colours, salary, event_id, recorded_at, osiris_cleared)
SELECT given.e0, given.e1, given.e2, given.e3, given.e4, given.e5, given.e6, given.e7, coalesce(given.e8,
    clock_timestamp()) AS coalesce_1, given.e9
FROM unnest(CAST(:e0::VARCHAR AS TEXT[]), CAST(:e1::VARCHAR AS BIGINT[]), CAST(:e2::VARCHAR AS BIGINT[]),
    CAST(:e3::VARCHAR AS TEXT[]), CAST(:e4::JSON[] AS JSON[]), CAST(:e5::JSON[] AS JSON[]), CAST(:e6::FLOAT[] AS
    FLOAT[]), CAST(:e7::UUID[] AS UUID[]), CAST(:e8::TIMESTAMP
WITH TIME ZONE[] AS TIMESTAMP
WITH TIME ZONE[]), CAST(:e9::VARCHAR AS TEXT[])) AS given(e0, e1, e2, e3, e4, e5, e6, e7, e8, e9)
-- binds: e0 _ArrayText(), e1 _ArrayText(), e2 _ArrayText(), e3 _ArrayText(), e4 ARRAY(JSON(none_as_null=True),
--   dimensions=1), e5 ARRAY(JSON(none_as_null=True), dimensions=1), e6 ARRAY(Float(), dimensions=1), e7 ARRAY(Uuid(),
--   dimensions=1), e8 ARRAY(UTCDateTime(timezone=True), dimensions=1), e9 _ArrayText()

-- employee: known ids, 0
SELECT employee_event.company, employee_event.number, employee_event.event_id
FROM employee_event
WHERE (employee_event.company, employee_event.number) IN (__[POSTCOMPILE_keys]) AND employee_event.event_id IN
    (__[POSTCOMPILE_ids])
-- binds: keys TupleType(String(length=20), Integer()), ids Uuid()

-- employee: known ids, 1
SELECT employee_event_archive.company, employee_event_archive.number, employee_event_archive.event_id
FROM employee_event_archive
WHERE (employee_event_archive.company, employee_event_archive.number) IN (__[POSTCOMPILE_keys]) AND
    employee_event_archive.event_id IN (__[POSTCOMPILE_ids])
-- binds: keys TupleType(String(length=20), Integer()), ids Uuid()

-- invoice: ended
UPDATE invoice_snapshot
SET osiris_origin=:ended::BIGINT, osiris_folded=:ended::BIGINT, osiris_fingerprint=5850422120975743139,
    customer=:customer::VARCHAR, total=:total, paid=:paid, due=:due::DATE
WHERE invoice_snapshot.id = :k0::INTEGER
-- binds: ended BigInteger(), ended BigInteger(), customer String(length=40), total ExactDecimal(precision=38,
--   scale=2) = 0, paid Boolean() = True, due Date(), k0 Integer()

-- invoice: heads, counted
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid, osiris_xid)
SELECT given.k0, given.counts, 0, 0, 5850422120975743139, 0, true AS anon_1, (
SELECT ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1) AS anon_2
FROM unnest(CAST(:k0::VARCHAR AS BIGINT[]), CAST(:counts::VARCHAR AS BIGINT[])) AS given(k0, counts)
ON CONFLICT (id)
DO UPDATE
SET seq = (invoice_snapshot.seq + excluded.seq), osiris_xid = greatest(invoice_snapshot.osiris_xid,
    excluded.osiris_xid)
RETURNING invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded,
    invoice_snapshot.osiris_fingerprint, invoice_snapshot.osiris_origin, invoice_snapshot.osiris_xid
-- binds: k0 _ArrayText(), counts _ArrayText()

-- invoice: events ()
INSERT INTO invoice_event (id, seq, customer, total, paid, due, recorded_at)
SELECT given.e0, given.e1, given.e2, given.e3, given.e4, given.e5, clock_timestamp() AS clock_timestamp_1
FROM unnest(CAST(:e0::VARCHAR AS BIGINT[]), CAST(:e1::VARCHAR AS BIGINT[]), CAST(:e2::VARCHAR AS TEXT[]),
    CAST(:e3::NUMERIC(12, 2)[] AS NUMERIC(12, 2)[]), CAST(:e4::BOOLEAN[] AS BOOLEAN[]), CAST(:e5::DATE[] AS DATE[]))
    AS given(e0, e1, e2, e3, e4, e5)
-- binds: e0 _ArrayText(), e1 _ArrayText(), e2 _ArrayText(), e3 ARRAY(ExactDecimal(precision=12, scale=2),
--   dimensions=1), e4 ARRAY(Boolean(), dimensions=1), e5 ARRAY(Date(), dimensions=1)

-- invoice: events ('event_id', 'recorded_at', 'osiris_cleared')
INSERT INTO invoice_event (id, seq, customer, total, paid, due, event_id, recorded_at, osiris_cleared)
SELECT given.e0, given.e1, given.e2, given.e3, given.e4, given.e5, given.e6, coalesce(given.e7, clock_timestamp()) AS
    coalesce_1, given.e8
FROM unnest(CAST(:e0::VARCHAR AS BIGINT[]), CAST(:e1::VARCHAR AS BIGINT[]), CAST(:e2::VARCHAR AS TEXT[]),
    CAST(:e3::NUMERIC(12, 2)[] AS NUMERIC(12, 2)[]), CAST(:e4::BOOLEAN[] AS BOOLEAN[]), CAST(:e5::DATE[] AS DATE[]),
    CAST(:e6::UUID[] AS UUID[]), CAST(:e7::TIMESTAMP
WITH TIME ZONE[] AS TIMESTAMP
WITH TIME ZONE[]), CAST(:e8::VARCHAR AS TEXT[])) AS given(e0, e1, e2, e3, e4, e5, e6, e7, e8)
-- binds: e0 _ArrayText(), e1 _ArrayText(), e2 _ArrayText(), e3 ARRAY(ExactDecimal(precision=12, scale=2),
--   dimensions=1), e4 ARRAY(Boolean(), dimensions=1), e5 ARRAY(Date(), dimensions=1), e6 ARRAY(Uuid(), dimensions=1),
--   e7 ARRAY(UTCDateTime(timezone=True), dimensions=1), e8 _ArrayText()

-- invoice: known ids, 0
SELECT invoice_event.id, invoice_event.event_id
FROM invoice_event
WHERE invoice_event.id = ANY (:keys::INTEGER[]) AND invoice_event.event_id IN (__[POSTCOMPILE_ids])
-- binds: keys ARRAY(Integer()), ids Uuid()

-- invoice: known ids, 1
SELECT invoice_event_archive.id, invoice_event_archive.event_id
FROM invoice_event_archive
WHERE invoice_event_archive.id = ANY (:keys::INTEGER[]) AND invoice_event_archive.event_id IN (__[POSTCOMPILE_ids])
-- binds: keys ARRAY(Integer()), ids Uuid()

-- patient: ended
UPDATE ward.patient_snapshot
SET osiris_origin=:ended::BIGINT, osiris_folded=:ended::BIGINT, osiris_fingerprint=125089726352930075,
    name=:name::VARCHAR, visits=:visits::BIGINT
WHERE ward.patient_snapshot.hospital = :k0::VARCHAR AND ward.patient_snapshot.number = :k1::INTEGER
-- binds: ended BigInteger(), ended BigInteger(), name Encrypted(String(length=40)), visits BigInteger() = 0, k0
--   String(length=20), k1 Integer()

-- patient: heads, counted
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, visits,
    osiris_xid)
SELECT given.k0, given.k1, given.counts, 0, 0, 125089726352930075, 0, (
SELECT ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1) AS anon_1
FROM unnest(CAST(:k0::VARCHAR AS TEXT[]), CAST(:k1::VARCHAR AS BIGINT[]), CAST(:counts::VARCHAR AS BIGINT[])) AS
    given(k0, k1, counts)
ON CONFLICT (hospital, number)
DO UPDATE
SET seq = (ward.patient_snapshot.seq + excluded.seq), osiris_xid = greatest(ward.patient_snapshot.osiris_xid,
    excluded.osiris_xid)
RETURNING ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint,
    ward.patient_snapshot.osiris_origin, ward.patient_snapshot.osiris_xid
-- binds: k0 _ArrayText(), k1 _ArrayText(), counts _ArrayText()

-- patient: events ()
INSERT INTO ward.patient_event (hospital, number, seq, name, visits, recorded_at)
SELECT given.e0, given.e1, given.e2, given.e3, given.e4, clock_timestamp() AS clock_timestamp_1
FROM unnest(CAST(:e0::VARCHAR AS TEXT[]), CAST(:e1::VARCHAR AS BIGINT[]), CAST(:e2::VARCHAR AS BIGINT[]),
    CAST(:e3::TEXT[] AS TEXT[]), CAST(:e4::VARCHAR AS BIGINT[])) AS given(e0, e1, e2, e3, e4)
-- binds: e0 _ArrayText(), e1 _ArrayText(), e2 _ArrayText(), e3 ARRAY(Encrypted(String(length=40)), dimensions=1), e4
--   _ArrayText()

-- patient: events ('event_id', 'recorded_at', 'osiris_cleared')
INSERT INTO ward.patient_event (hospital, number, seq, name, visits, event_id, recorded_at, osiris_cleared)
SELECT given.e0, given.e1, given.e2, given.e3, given.e4, given.e5, coalesce(given.e6, clock_timestamp()) AS
    coalesce_1, given.e7
FROM unnest(CAST(:e0::VARCHAR AS TEXT[]), CAST(:e1::VARCHAR AS BIGINT[]), CAST(:e2::VARCHAR AS BIGINT[]),
    CAST(:e3::TEXT[] AS TEXT[]), CAST(:e4::VARCHAR AS BIGINT[]), CAST(:e5::UUID[] AS UUID[]), CAST(:e6::TIMESTAMP
WITH TIME ZONE[] AS TIMESTAMP
WITH TIME ZONE[]), CAST(:e7::VARCHAR AS TEXT[])) AS given(e0, e1, e2, e3, e4, e5, e6, e7)
-- binds: e0 _ArrayText(), e1 _ArrayText(), e2 _ArrayText(), e3 ARRAY(Encrypted(String(length=40)), dimensions=1), e4
--   _ArrayText(), e5 ARRAY(Uuid(), dimensions=1), e6 ARRAY(UTCDateTime(timezone=True), dimensions=1), e7 _ArrayText()

-- patient: known ids, 0
SELECT ward.patient_event.hospital, ward.patient_event.number, ward.patient_event.event_id
FROM ward.patient_event
WHERE (ward.patient_event.hospital, ward.patient_event.number) IN (__[POSTCOMPILE_keys]) AND
    ward.patient_event.event_id IN (__[POSTCOMPILE_ids])
-- binds: keys TupleType(String(length=20), Integer()), ids Uuid()

-- reading: ended
UPDATE reading_snapshot
SET osiris_origin=:ended::BIGINT, osiris_folded=:ended::BIGINT, osiris_fingerprint=6388899372266228392, least=:least,
    first=:first::TIMESTAMP
WITH TIME ZONE, notes=:notes::VARCHAR
WHERE reading_snapshot.sensor = :k0::UUID
-- binds: ended BigInteger(), ended BigInteger(), least Float(), first UTCDateTime(timezone=True), notes
--   AccumulatorText(Append()), k0 Uuid()

-- reading: heads, counted
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint, osiris_xid)
SELECT given.k0, given.counts, 0, 0, 6388899372266228392, (
SELECT ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1) AS anon_1
FROM unnest(CAST(:k0::UUID[] AS UUID[]), CAST(:counts::VARCHAR AS BIGINT[])) AS given(k0, counts)
ON CONFLICT (sensor)
DO UPDATE
SET seq = (reading_snapshot.seq + excluded.seq), osiris_xid = greatest(reading_snapshot.osiris_xid,
    excluded.osiris_xid)
RETURNING reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, reading_snapshot.osiris_origin, reading_snapshot.osiris_xid
-- binds: k0 ARRAY(Uuid(), dimensions=1), counts _ArrayText()

-- reading: events ()
INSERT INTO reading_event (sensor, seq, least, first, notes, recorded_at)
SELECT given.e0, given.e1, given.e2, given.e3, given.e4, clock_timestamp() AS clock_timestamp_1
FROM unnest(CAST(:e0::UUID[] AS UUID[]), CAST(:e1::VARCHAR AS BIGINT[]), CAST(:e2::FLOAT[] AS FLOAT[]),
    CAST(:e3::TIMESTAMP
WITH TIME ZONE[] AS TIMESTAMP
WITH TIME ZONE[]), CAST(:e4::JSON[] AS JSON[])) AS given(e0, e1, e2, e3, e4)
-- binds: e0 ARRAY(Uuid(), dimensions=1), e1 _ArrayText(), e2 ARRAY(Float(), dimensions=1), e3
--   ARRAY(UTCDateTime(timezone=True), dimensions=1), e4 ARRAY(JSON(none_as_null=True), dimensions=1)

-- reading: events ('event_id', 'recorded_at', 'osiris_cleared')
INSERT INTO reading_event (sensor, seq, least, first, notes, event_id, recorded_at, osiris_cleared)
SELECT given.e0, given.e1, given.e2, given.e3, given.e4, given.e5, coalesce(given.e6, clock_timestamp()) AS
    coalesce_1, given.e7
FROM unnest(CAST(:e0::UUID[] AS UUID[]), CAST(:e1::VARCHAR AS BIGINT[]), CAST(:e2::FLOAT[] AS FLOAT[]),
    CAST(:e3::TIMESTAMP
WITH TIME ZONE[] AS TIMESTAMP
WITH TIME ZONE[]), CAST(:e4::JSON[] AS JSON[]), CAST(:e5::UUID[] AS UUID[]), CAST(:e6::TIMESTAMP
WITH TIME ZONE[] AS TIMESTAMP
WITH TIME ZONE[]), CAST(:e7::VARCHAR AS TEXT[])) AS given(e0, e1, e2, e3, e4, e5, e6, e7)
-- binds: e0 ARRAY(Uuid(), dimensions=1), e1 _ArrayText(), e2 ARRAY(Float(), dimensions=1), e3
--   ARRAY(UTCDateTime(timezone=True), dimensions=1), e4 ARRAY(JSON(none_as_null=True), dimensions=1), e5
--   ARRAY(Uuid(), dimensions=1), e6 ARRAY(UTCDateTime(timezone=True), dimensions=1), e7 _ArrayText()

-- reading: known ids, 0
SELECT reading_event.sensor, reading_event.event_id
FROM reading_event
WHERE reading_event.sensor = ANY (:keys::UUID[]) AND reading_event.event_id IN (__[POSTCOMPILE_ids])
-- binds: keys ARRAY(Uuid()), ids Uuid()

-- visit: ended
UPDATE visit_snapshot
SET osiris_origin=:ended::BIGINT, osiris_folded=:ended::BIGINT, osiris_fingerprint=2528154376666229541,
    hits=:hits::BIGINT, last=:last, size=:size, osiris_count_size=:osiris_count_size::BIGINT
WHERE visit_snapshot.page = :k0::VARCHAR AND visit_snapshot.day = :k1::DATE
-- binds: ended BigInteger(), ended BigInteger(), hits BigInteger() = 0, last LargeBinary(), size Float() = 0.0,
--   osiris_count_size BigInteger() = 0, k0 String(), k1 Date()

-- visit: heads, counted
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size, osiris_xid)
SELECT given.k0, given.k1, given.counts, 0, 0, 2528154376666229541, 0, 0.0, 0, (
SELECT ((coalesce(nullif(current_setting('sqla_osiris.epoch', true), ''), '0')::bigint << 48) +
    pg_current_xact_id()::text::bigint) AS osiris_xid_1) AS anon_1
FROM unnest(CAST(:k0::VARCHAR AS TEXT[]), CAST(:k1::DATE[] AS DATE[]), CAST(:counts::VARCHAR AS BIGINT[])) AS
    given(k0, k1, counts)
ON CONFLICT (page, day)
DO UPDATE
SET seq = (visit_snapshot.seq + excluded.seq), osiris_xid = greatest(visit_snapshot.osiris_xid, excluded.osiris_xid)
RETURNING visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, visit_snapshot.osiris_origin, visit_snapshot.osiris_xid
-- binds: k0 _ArrayText(), k1 ARRAY(Date(), dimensions=1), counts _ArrayText()

-- visit: events ()
INSERT INTO visit_event (page, day, seq, hits, last, size, recorded_at)
SELECT given.e0, given.e1, given.e2, given.e3, given.e4, given.e5, clock_timestamp() AS clock_timestamp_1
FROM unnest(CAST(:e0::VARCHAR AS TEXT[]), CAST(:e1::DATE[] AS DATE[]), CAST(:e2::VARCHAR AS BIGINT[]),
    CAST(:e3::VARCHAR AS BIGINT[]), CAST(:e4::BYTEA[] AS BYTEA[]), CAST(:e5::FLOAT[] AS FLOAT[])) AS given(e0, e1, e2,
    e3, e4, e5)
-- binds: e0 _ArrayText(), e1 ARRAY(Date(), dimensions=1), e2 _ArrayText(), e3 _ArrayText(), e4 ARRAY(LargeBinary(),
--   dimensions=1), e5 ARRAY(Float(), dimensions=1)

-- visit: events ('event_id', 'recorded_at', 'osiris_cleared')
INSERT INTO visit_event (page, day, seq, hits, last, size, event_id, recorded_at, osiris_cleared)
SELECT given.e0, given.e1, given.e2, given.e3, given.e4, given.e5, given.e6, coalesce(given.e7, clock_timestamp()) AS
    coalesce_1, given.e8
FROM unnest(CAST(:e0::VARCHAR AS TEXT[]), CAST(:e1::DATE[] AS DATE[]), CAST(:e2::VARCHAR AS BIGINT[]),
    CAST(:e3::VARCHAR AS BIGINT[]), CAST(:e4::BYTEA[] AS BYTEA[]), CAST(:e5::FLOAT[] AS FLOAT[]), CAST(:e6::UUID[] AS
    UUID[]), CAST(:e7::TIMESTAMP
WITH TIME ZONE[] AS TIMESTAMP
WITH TIME ZONE[]), CAST(:e8::VARCHAR AS TEXT[])) AS given(e0, e1, e2, e3, e4, e5, e6, e7, e8)
-- binds: e0 _ArrayText(), e1 ARRAY(Date(), dimensions=1), e2 _ArrayText(), e3 _ArrayText(), e4 ARRAY(LargeBinary(),
--   dimensions=1), e5 ARRAY(Float(), dimensions=1), e6 ARRAY(Uuid(), dimensions=1), e7
--   ARRAY(UTCDateTime(timezone=True), dimensions=1), e8 _ArrayText()

-- visit: known ids, 0
SELECT visit_event.page, visit_event.day, visit_event.event_id
FROM visit_event
WHERE (visit_event.page, visit_event.day) IN (__[POSTCOMPILE_keys]) AND visit_event.event_id IN (__[POSTCOMPILE_ids])
-- binds: keys TupleType(String(), Date()), ids Uuid()

-- visit: known ids, 1
SELECT visit_event_archive.page, visit_event_archive.day, visit_event_archive.event_id
FROM visit_event_archive
WHERE (visit_event_archive.page, visit_event_archive.day) IN (__[POSTCOMPILE_keys]) AND visit_event_archive.event_id
    IN (__[POSTCOMPILE_ids])
-- binds: keys TupleType(String(), Date()), ids Uuid()

-- free positions
SELECT nextval(CAST(pg_catalog.pg_sequence.seqrelid AS REGCLASS)) AS nextval_1
FROM pg_catalog.pg_sequence
WHERE pg_catalog.pg_sequence.seqrelid = CAST(pg_get_serial_sequence(:param_1::VARCHAR, 'position') AS REGCLASS) AND
    pg_catalog.pg_sequence.seqincrement = 131072 AND has_sequence_privilege(pg_catalog.pg_sequence.seqrelid, 'USAGE')
-- binds: param_1 Text() = 'ward.patient_event'

