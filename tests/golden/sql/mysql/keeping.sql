-- account: tombstone
UPDATE account_snapshot
SET seq=-4611686018427387904, osiris_origin=-4611686018427387904, osiris_folded=-4611686018427387904,
    osiris_fingerprint=9040296020539021685, name=:name, balance=:balance, moves=:moves, best=:best, mean=:mean,
    osiris_count_mean=:osiris_count_mean
WHERE account_snapshot.id = :k0 AND account_snapshot.seq != -4611686018427387904
-- binds: name String(length=40), balance ExactDecimal(precision=38, scale=2) = 0, moves BigInteger() = 0, best
--   Integer(), mean BigInteger() = 0, osiris_count_mean BigInteger() = 0, k0 String(length=20)

-- account: erase account_event
DELETE
FROM account_event
WHERE account_event.id = :k0 AND account_event.seq > 0
-- binds: k0 String(length=20)

-- account: tombstones
SELECT account_snapshot.id
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys]) AND account_snapshot.seq = -4611686018427387904
-- binds: keys String(length=20)

-- account: erased contexts
SELECT account_snapshot.id
FROM account_snapshot
WHERE account_snapshot.seq = -4611686018427387904

-- account: redact, head
SELECT account_snapshot.seq, account_snapshot.osiris_origin, account_snapshot.osiris_folded
FROM account_snapshot
WHERE account_snapshot.id = :k0
-- binds: k0 String(length=20)

-- account: redact, lock
UPDATE account_snapshot
SET osiris_origin=account_snapshot.osiris_origin
WHERE account_snapshot.id = :k0
-- binds: k0 String(length=20)

-- account: redact, stale
UPDATE account_snapshot
SET osiris_fingerprint=0
WHERE account_snapshot.id = :k0
-- binds: k0 String(length=20)

-- item: tombstone
UPDATE item_snapshot
SET seq=-4611686018427387904, osiris_origin=-4611686018427387904, osiris_folded=-4611686018427387904,
    osiris_fingerprint=6972388170373529526, name=:name, stock=:stock, moves=:moves, best=:best, first=:first
WHERE item_snapshot.id = :k0 AND item_snapshot.seq != -4611686018427387904
-- binds: name String(length=40), stock BigInteger() = 0, moves BigInteger() = 0, best Integer(), first Date(), k0
--   Integer()

-- item: erase item_event
DELETE
FROM item_event
WHERE item_event.id = :k0 AND item_event.seq > 0
-- binds: k0 Integer()

-- item: tombstones
SELECT item_snapshot.id
FROM item_snapshot
WHERE item_snapshot.id IN (__[POSTCOMPILE_keys]) AND item_snapshot.seq = -4611686018427387904
-- binds: keys Integer()

-- item: erased contexts
SELECT item_snapshot.id
FROM item_snapshot
WHERE item_snapshot.seq = -4611686018427387904

-- item: redact, head
SELECT item_snapshot.seq, item_snapshot.osiris_origin, item_snapshot.osiris_folded
FROM item_snapshot
WHERE item_snapshot.id = :k0
-- binds: k0 Integer()

-- item: redact, lock
UPDATE item_snapshot
SET osiris_origin=item_snapshot.osiris_origin
WHERE item_snapshot.id = :k0
-- binds: k0 Integer()

-- item: redact, stale
UPDATE item_snapshot
SET osiris_fingerprint=0
WHERE item_snapshot.id = :k0
-- binds: k0 Integer()

-- employee: archive
INSERT INTO employee_event_archive (company, number, seq, position, osiris_xid, recorded_at, name, tags, colours,
    salary, osiris_cleared, event_id, event_type, event_meta)
SELECT employee_event.company, employee_event.number, employee_event.seq, employee_event.position,
    employee_event.osiris_xid, employee_event.recorded_at, employee_event.name, employee_event.tags,
    employee_event.colours, employee_event.salary, employee_event.osiris_cleared, employee_event.event_id,
    employee_event.event_type, employee_event.event_meta
FROM employee_event, employee_snapshot
WHERE employee_snapshot.company = employee_event.company AND employee_snapshot.number = employee_event.number AND
    (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys]) AND
    employee_snapshot.osiris_fingerprint = 3374913928670114850 AND employee_event.seq > 0 AND employee_event.seq <=
    employee_snapshot.osiris_folded AND employee_event.seq <= employee_snapshot.seq - :keep
-- binds: keys TupleType(String(length=20), Integer()), keep BigInteger()

-- employee: archive before a moment
INSERT INTO employee_event_archive (company, number, seq, position, osiris_xid, recorded_at, name, tags, colours,
    salary, osiris_cleared, event_id, event_type, event_meta)
SELECT employee_event.company, employee_event.number, employee_event.seq, employee_event.position,
    employee_event.osiris_xid, employee_event.recorded_at, employee_event.name, employee_event.tags,
    employee_event.colours, employee_event.salary, employee_event.osiris_cleared, employee_event.event_id,
    employee_event.event_type, employee_event.event_meta
FROM employee_snapshot
LEFT OUTER
JOIN (
SELECT osiris_later.company AS company, osiris_later.number AS number, min(osiris_later.seq) AS seq
FROM employee_event AS osiris_later
WHERE (osiris_later.company, osiris_later.number) IN (__[POSTCOMPILE_keys]) AND osiris_later.seq > 0 AND
    osiris_later.recorded_at >= :before
GROUP BY osiris_later.company, osiris_later.number) AS osiris_first ON osiris_first.company =
    employee_snapshot.company AND osiris_first.number = employee_snapshot.number, employee_event
WHERE employee_snapshot.company = employee_event.company AND employee_snapshot.number = employee_event.number AND
    (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys]) AND
    employee_snapshot.osiris_fingerprint = 3374913928670114850 AND employee_event.seq > 0 AND employee_event.seq <=
    employee_snapshot.osiris_folded AND employee_event.seq <= employee_snapshot.seq - :keep AND (osiris_first.seq IS
    NULL OR employee_event.seq < osiris_first.seq)
-- binds: keys TupleType(String(length=20), Integer()), before UTCDateTime(timezone=True), keys
--   TupleType(String(length=20), Integer()), keep BigInteger()

-- employee: archived, removed
DELETE
FROM employee_event
WHERE (employee_event.company, employee_event.number) IN (__[POSTCOMPILE_keys]) AND (EXISTS (
SELECT *
FROM employee_event_archive
WHERE employee_event_archive.company = employee_event.company AND employee_event_archive.number =
    employee_event.number AND employee_event_archive.seq = employee_event.seq))
-- binds: keys TupleType(String(length=20), Integer())

-- employee: restore
INSERT INTO employee_event (company, number, seq, position, osiris_xid, recorded_at, name, tags, colours, salary,
    osiris_cleared, event_id, event_type, event_meta)
SELECT employee_event_archive.company, employee_event_archive.number, employee_event_archive.seq,
    employee_event_archive.position, employee_event_archive.osiris_xid, employee_event_archive.recorded_at,
    employee_event_archive.name, employee_event_archive.tags, employee_event_archive.colours,
    employee_event_archive.salary, employee_event_archive.osiris_cleared, employee_event_archive.event_id,
    employee_event_archive.event_type, employee_event_archive.event_meta
FROM employee_event_archive
WHERE (employee_event_archive.company, employee_event_archive.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- employee: restored, removed
DELETE
FROM employee_event_archive
WHERE (employee_event_archive.company, employee_event_archive.number) IN (__[POSTCOMPILE_keys]) AND (EXISTS (
SELECT *
FROM employee_event
WHERE employee_event.company = employee_event_archive.company AND employee_event.number =
    employee_event_archive.number AND employee_event.seq = employee_event_archive.seq))
-- binds: keys TupleType(String(length=20), Integer())

-- employee: tombstone
UPDATE employee_snapshot
SET seq=-4611686018427387904, osiris_origin=-4611686018427387904, osiris_folded=-4611686018427387904,
    osiris_fingerprint=3374913928670114850, name=:name, tags=:tags, osiris_state_tags=:osiris_state_tags,
    colours=:colours, osiris_state_colours=:osiris_state_colours, salary=:salary
WHERE employee_snapshot.company = :k0 AND employee_snapshot.number = :k1 AND employee_snapshot.seq !=
    -4611686018427387904
-- binds: name String(), tags AccumulatorText(Append()), osiris_state_tags JSON(none_as_null=True), colours
--   AccumulatorText(Distinct()), osiris_state_colours BigInteger(), salary Float() = 0.0, k0 String(length=20), k1
--   Integer()

-- employee: erase employee_event
DELETE
FROM employee_event
WHERE employee_event.company = :k0 AND employee_event.number = :k1 AND employee_event.seq > 0
-- binds: k0 String(length=20), k1 Integer()

-- employee: erase employee_event_archive
DELETE
FROM employee_event_archive
WHERE employee_event_archive.company = :k0 AND employee_event_archive.number = :k1 AND employee_event_archive.seq > 0
-- binds: k0 String(length=20), k1 Integer()

-- employee: tombstones
SELECT employee_snapshot.company, employee_snapshot.number
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys]) AND employee_snapshot.seq =
    -4611686018427387904
-- binds: keys TupleType(String(length=20), Integer())

-- employee: erased contexts
SELECT employee_snapshot.company, employee_snapshot.number
FROM employee_snapshot
WHERE employee_snapshot.seq = -4611686018427387904

-- employee: redact, head
SELECT employee_snapshot.seq, employee_snapshot.osiris_origin, employee_snapshot.osiris_folded
FROM employee_snapshot
WHERE employee_snapshot.company = :k0 AND employee_snapshot.number = :k1
-- binds: k0 String(length=20), k1 Integer()

-- employee: redact, lock
UPDATE employee_snapshot
SET osiris_origin=employee_snapshot.osiris_origin
WHERE employee_snapshot.company = :k0 AND employee_snapshot.number = :k1
-- binds: k0 String(length=20), k1 Integer()

-- employee: redact, stale
UPDATE employee_snapshot
SET osiris_fingerprint=0
WHERE employee_snapshot.company = :k0 AND employee_snapshot.number = :k1
-- binds: k0 String(length=20), k1 Integer()

-- invoice: archive
INSERT INTO invoice_event_archive (id, seq, position, osiris_xid, recorded_at, customer, total, paid, due, day,
    osiris_cleared, event_id, event_type, event_meta)
SELECT invoice_event.id, invoice_event.seq, invoice_event.position, invoice_event.osiris_xid,
    invoice_event.recorded_at, invoice_event.customer, invoice_event.total, invoice_event.paid, invoice_event.due,
    invoice_event.day, invoice_event.osiris_cleared, invoice_event.event_id, invoice_event.event_type,
    invoice_event.event_meta
FROM invoice_event, invoice_snapshot
WHERE invoice_snapshot.id = invoice_event.id AND invoice_snapshot.id IN (__[POSTCOMPILE_keys]) AND
    invoice_snapshot.osiris_fingerprint = 5850422120975743139 AND invoice_event.seq > 0 AND invoice_event.seq <=
    invoice_snapshot.osiris_folded AND invoice_event.seq <= invoice_snapshot.seq - :keep
-- binds: keys Integer(), keep BigInteger()

-- invoice: archive before a moment
INSERT INTO invoice_event_archive (id, seq, position, osiris_xid, recorded_at, customer, total, paid, due, day,
    osiris_cleared, event_id, event_type, event_meta)
SELECT invoice_event.id, invoice_event.seq, invoice_event.position, invoice_event.osiris_xid,
    invoice_event.recorded_at, invoice_event.customer, invoice_event.total, invoice_event.paid, invoice_event.due,
    invoice_event.day, invoice_event.osiris_cleared, invoice_event.event_id, invoice_event.event_type,
    invoice_event.event_meta
FROM invoice_snapshot
LEFT OUTER
JOIN (
SELECT osiris_later.id AS id, min(osiris_later.seq) AS seq
FROM invoice_event AS osiris_later
WHERE osiris_later.id IN (__[POSTCOMPILE_keys]) AND osiris_later.seq > 0 AND osiris_later.recorded_at >= :before
GROUP BY osiris_later.id) AS osiris_first ON osiris_first.id = invoice_snapshot.id, invoice_event
WHERE invoice_snapshot.id = invoice_event.id AND invoice_snapshot.id IN (__[POSTCOMPILE_keys]) AND
    invoice_snapshot.osiris_fingerprint = 5850422120975743139 AND invoice_event.seq > 0 AND invoice_event.seq <=
    invoice_snapshot.osiris_folded AND invoice_event.seq <= invoice_snapshot.seq - :keep AND (osiris_first.seq IS NULL
    OR invoice_event.seq < osiris_first.seq)
-- binds: keys Integer(), before UTCDateTime(timezone=True), keys Integer(), keep BigInteger()

-- invoice: archived, removed
DELETE
FROM invoice_event
WHERE invoice_event.id IN (__[POSTCOMPILE_keys]) AND (EXISTS (
SELECT *
FROM invoice_event_archive
WHERE invoice_event_archive.id = invoice_event.id AND invoice_event_archive.seq = invoice_event.seq))
-- binds: keys Integer()

-- invoice: restore
INSERT INTO invoice_event (id, seq, position, osiris_xid, recorded_at, customer, total, paid, due, day,
    osiris_cleared, event_id, event_type, event_meta)
SELECT invoice_event_archive.id, invoice_event_archive.seq, invoice_event_archive.position,
    invoice_event_archive.osiris_xid, invoice_event_archive.recorded_at, invoice_event_archive.customer,
    invoice_event_archive.total, invoice_event_archive.paid, invoice_event_archive.due, invoice_event_archive.day,
    invoice_event_archive.osiris_cleared, invoice_event_archive.event_id, invoice_event_archive.event_type,
    invoice_event_archive.event_meta
FROM invoice_event_archive
WHERE invoice_event_archive.id IN (__[POSTCOMPILE_keys])
-- binds: keys Integer()

-- invoice: restored, removed
DELETE
FROM invoice_event_archive
WHERE invoice_event_archive.id IN (__[POSTCOMPILE_keys]) AND (EXISTS (
SELECT *
FROM invoice_event
WHERE invoice_event.id = invoice_event_archive.id AND invoice_event.seq = invoice_event_archive.seq))
-- binds: keys Integer()

-- invoice: tombstone
UPDATE invoice_snapshot
SET seq=-4611686018427387904, osiris_origin=-4611686018427387904, osiris_folded=-4611686018427387904,
    osiris_fingerprint=5850422120975743139, customer=:customer, total=:total, paid=:paid, due=:due
WHERE invoice_snapshot.id = :k0 AND invoice_snapshot.seq != -4611686018427387904
-- binds: customer String(length=40), total ExactDecimal(precision=38, scale=2) = 0, paid Boolean() = True, due
--   Date(), k0 Integer()

-- invoice: erase invoice_event
DELETE
FROM invoice_event
WHERE invoice_event.id = :k0 AND invoice_event.seq > 0
-- binds: k0 Integer()

-- invoice: erase invoice_event_archive
DELETE
FROM invoice_event_archive
WHERE invoice_event_archive.id = :k0 AND invoice_event_archive.seq > 0
-- binds: k0 Integer()

-- invoice: tombstones
SELECT invoice_snapshot.id
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys]) AND invoice_snapshot.seq = -4611686018427387904
-- binds: keys Integer()

-- invoice: erased contexts
SELECT invoice_snapshot.id
FROM invoice_snapshot
WHERE invoice_snapshot.seq = -4611686018427387904

-- invoice: redact, head
SELECT invoice_snapshot.seq, invoice_snapshot.osiris_origin, invoice_snapshot.osiris_folded
FROM invoice_snapshot
WHERE invoice_snapshot.id = :k0
-- binds: k0 Integer()

-- invoice: redact, lock
UPDATE invoice_snapshot
SET osiris_origin=invoice_snapshot.osiris_origin
WHERE invoice_snapshot.id = :k0
-- binds: k0 Integer()

-- invoice: redact, stale
UPDATE invoice_snapshot
SET osiris_fingerprint=0
WHERE invoice_snapshot.id = :k0
-- binds: k0 Integer()

-- patient: tombstone
UPDATE ward.patient_snapshot
SET seq=-4611686018427387904, osiris_origin=-4611686018427387904, osiris_folded=-4611686018427387904,
    osiris_fingerprint=125089726352930075, name=:name, visits=:visits
WHERE ward.patient_snapshot.hospital = :k0 AND ward.patient_snapshot.number = :k1 AND ward.patient_snapshot.seq !=
    -4611686018427387904
-- binds: name Encrypted(String(length=40)), visits BigInteger() = 0, k0 String(length=20), k1 Integer()

-- patient: erase patient_event
DELETE
FROM ward.patient_event
WHERE ward.patient_event.hospital = :k0 AND ward.patient_event.number = :k1 AND ward.patient_event.seq > 0
-- binds: k0 String(length=20), k1 Integer()

-- patient: tombstones
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys]) AND
    ward.patient_snapshot.seq = -4611686018427387904
-- binds: keys TupleType(String(length=20), Integer())

-- patient: erased contexts
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number
FROM ward.patient_snapshot
WHERE ward.patient_snapshot.seq = -4611686018427387904

-- patient: redact, head
SELECT ward.patient_snapshot.seq, ward.patient_snapshot.osiris_origin, ward.patient_snapshot.osiris_folded
FROM ward.patient_snapshot
WHERE ward.patient_snapshot.hospital = :k0 AND ward.patient_snapshot.number = :k1
-- binds: k0 String(length=20), k1 Integer()

-- patient: redact, lock
UPDATE ward.patient_snapshot
SET osiris_origin=ward.patient_snapshot.osiris_origin
WHERE ward.patient_snapshot.hospital = :k0 AND ward.patient_snapshot.number = :k1
-- binds: k0 String(length=20), k1 Integer()

-- patient: redact, stale
UPDATE ward.patient_snapshot
SET osiris_fingerprint=0
WHERE ward.patient_snapshot.hospital = :k0 AND ward.patient_snapshot.number = :k1
-- binds: k0 String(length=20), k1 Integer()

-- reading: tombstone
UPDATE reading_snapshot
SET seq=-4611686018427387904, osiris_origin=-4611686018427387904, osiris_folded=-4611686018427387904,
    osiris_fingerprint=6388899372266228392, least=:least, first=:first, notes=:notes
WHERE reading_snapshot.sensor = :k0 AND reading_snapshot.seq != -4611686018427387904
-- binds: least Float(), first UTCDateTime(timezone=True), notes AccumulatorText(Append()), k0 Uuid()

-- reading: erase reading_event
DELETE
FROM reading_event
WHERE reading_event.sensor = :k0 AND reading_event.seq > 0
-- binds: k0 Uuid()

-- reading: tombstones
SELECT reading_snapshot.sensor
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys]) AND reading_snapshot.seq = -4611686018427387904
-- binds: keys Uuid()

-- reading: erased contexts
SELECT reading_snapshot.sensor
FROM reading_snapshot
WHERE reading_snapshot.seq = -4611686018427387904

-- reading: redact, head
SELECT reading_snapshot.seq, reading_snapshot.osiris_origin, reading_snapshot.osiris_folded
FROM reading_snapshot
WHERE reading_snapshot.sensor = :k0
-- binds: k0 Uuid()

-- reading: redact, lock
UPDATE reading_snapshot
SET osiris_origin=reading_snapshot.osiris_origin
WHERE reading_snapshot.sensor = :k0
-- binds: k0 Uuid()

-- reading: redact, stale
UPDATE reading_snapshot
SET osiris_fingerprint=0
WHERE reading_snapshot.sensor = :k0
-- binds: k0 Uuid()

-- visit: archive
INSERT INTO visit_event_archive (page, day, seq, position, osiris_xid, recorded_at, hits, last, size, osiris_cleared,
    event_id, event_type, event_meta)
SELECT visit_event.page, visit_event.day, visit_event.seq, visit_event.position, visit_event.osiris_xid,
    visit_event.recorded_at, visit_event.hits, visit_event.last, visit_event.size, visit_event.osiris_cleared,
    visit_event.event_id, visit_event.event_type, visit_event.event_meta
FROM visit_event, visit_snapshot
WHERE visit_snapshot.page = visit_event.page AND visit_snapshot.day = visit_event.day AND (visit_snapshot.page,
    visit_snapshot.day) IN (__[POSTCOMPILE_keys]) AND visit_snapshot.osiris_fingerprint = 2528154376666229541 AND
    visit_event.seq > 0 AND visit_event.seq <= visit_snapshot.osiris_folded AND visit_event.seq <= visit_snapshot.seq
    - :keep
-- binds: keys TupleType(String(), Date()), keep BigInteger()

-- visit: archive before a moment
INSERT INTO visit_event_archive (page, day, seq, position, osiris_xid, recorded_at, hits, last, size, osiris_cleared,
    event_id, event_type, event_meta)
SELECT visit_event.page, visit_event.day, visit_event.seq, visit_event.position, visit_event.osiris_xid,
    visit_event.recorded_at, visit_event.hits, visit_event.last, visit_event.size, visit_event.osiris_cleared,
    visit_event.event_id, visit_event.event_type, visit_event.event_meta
FROM visit_snapshot
LEFT OUTER
JOIN (
SELECT osiris_later.page AS page, osiris_later.day AS day, min(osiris_later.seq) AS seq
FROM visit_event AS osiris_later
WHERE (osiris_later.page, osiris_later.day) IN (__[POSTCOMPILE_keys]) AND osiris_later.seq > 0 AND
    osiris_later.recorded_at >= :before
GROUP BY osiris_later.page, osiris_later.day) AS osiris_first ON osiris_first.page = visit_snapshot.page AND
    osiris_first.day = visit_snapshot.day, visit_event
WHERE visit_snapshot.page = visit_event.page AND visit_snapshot.day = visit_event.day AND (visit_snapshot.page,
    visit_snapshot.day) IN (__[POSTCOMPILE_keys]) AND visit_snapshot.osiris_fingerprint = 2528154376666229541 AND
    visit_event.seq > 0 AND visit_event.seq <= visit_snapshot.osiris_folded AND visit_event.seq <= visit_snapshot.seq
    - :keep AND (osiris_first.seq IS NULL OR visit_event.seq < osiris_first.seq)
-- binds: keys TupleType(String(), Date()), before UTCDateTime(timezone=True), keys TupleType(String(), Date()), keep
--   BigInteger()

-- visit: archived, removed
DELETE
FROM visit_event
WHERE (visit_event.page, visit_event.day) IN (__[POSTCOMPILE_keys]) AND (EXISTS (
SELECT *
FROM visit_event_archive
WHERE visit_event_archive.page = visit_event.page AND visit_event_archive.day = visit_event.day AND
    visit_event_archive.seq = visit_event.seq))
-- binds: keys TupleType(String(), Date())

-- visit: restore
INSERT INTO visit_event (page, day, seq, position, osiris_xid, recorded_at, hits, last, size, osiris_cleared,
    event_id, event_type, event_meta)
SELECT visit_event_archive.page, visit_event_archive.day, visit_event_archive.seq, visit_event_archive.position,
    visit_event_archive.osiris_xid, visit_event_archive.recorded_at, visit_event_archive.hits,
    visit_event_archive.last, visit_event_archive.size, visit_event_archive.osiris_cleared,
    visit_event_archive.event_id, visit_event_archive.event_type, visit_event_archive.event_meta
FROM visit_event_archive
WHERE (visit_event_archive.page, visit_event_archive.day) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(), Date())

-- visit: restored, removed
DELETE
FROM visit_event_archive
WHERE (visit_event_archive.page, visit_event_archive.day) IN (__[POSTCOMPILE_keys]) AND (EXISTS (
SELECT *
FROM visit_event
WHERE visit_event.page = visit_event_archive.page AND visit_event.day = visit_event_archive.day AND visit_event.seq =
    visit_event_archive.seq))
-- binds: keys TupleType(String(), Date())

-- visit: tombstone
UPDATE visit_snapshot
SET seq=-4611686018427387904, osiris_origin=-4611686018427387904, osiris_folded=-4611686018427387904,
    osiris_fingerprint=2528154376666229541, hits=:hits, last=:last, size=:size, osiris_count_size=:osiris_count_size
WHERE visit_snapshot.page = :k0 AND visit_snapshot.day = :k1 AND visit_snapshot.seq != -4611686018427387904
-- binds: hits BigInteger() = 0, last LargeBinary(), size Float() = 0.0, osiris_count_size BigInteger() = 0, k0
--   String(), k1 Date()

-- visit: erase visit_event
DELETE
FROM visit_event
WHERE visit_event.page = :k0 AND visit_event.day = :k1 AND visit_event.seq > 0
-- binds: k0 String(), k1 Date()

-- visit: erase visit_event_archive
DELETE
FROM visit_event_archive
WHERE visit_event_archive.page = :k0 AND visit_event_archive.day = :k1 AND visit_event_archive.seq > 0
-- binds: k0 String(), k1 Date()

-- visit: tombstones
SELECT visit_snapshot.page, visit_snapshot.day
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys]) AND visit_snapshot.seq =
    -4611686018427387904
-- binds: keys TupleType(String(), Date())

-- visit: erased contexts
SELECT visit_snapshot.page, visit_snapshot.day
FROM visit_snapshot
WHERE visit_snapshot.seq = -4611686018427387904

-- visit: redact, head
SELECT visit_snapshot.seq, visit_snapshot.osiris_origin, visit_snapshot.osiris_folded
FROM visit_snapshot
WHERE visit_snapshot.page = :k0 AND visit_snapshot.day = :k1
-- binds: k0 String(), k1 Date()

-- visit: redact, lock
UPDATE visit_snapshot
SET osiris_origin=visit_snapshot.osiris_origin
WHERE visit_snapshot.page = :k0 AND visit_snapshot.day = :k1
-- binds: k0 String(), k1 Date()

-- visit: redact, stale
UPDATE visit_snapshot
SET osiris_fingerprint=0
WHERE visit_snapshot.page = :k0 AND visit_snapshot.day = :k1
-- binds: k0 String(), k1 Date()

-- patient: erase, lock the key
SELECT ward.patient_key.`key`
FROM ward.patient_key
WHERE ward.patient_key.hospital = :k0 AND ward.patient_key.number = :k1
FOR UPDATE
-- binds: k0 String(length=20), k1 Integer()

-- patient: erase, the key
DELETE
FROM ward.patient_key
WHERE ward.patient_key.hospital = :k0 AND ward.patient_key.number = :k1
-- binds: k0 String(length=20), k1 Integer()

-- patient: keys
SELECT ward.patient_key.hospital, ward.patient_key.number, ward.patient_key.`key`,
    concat(replace(CAST(ward.patient_key.hospital AS CHAR), '~', '~0'), '~1', replace(CAST(ward.patient_key.number AS
    CHAR), '~', '~0')) AS anon_1
FROM ward.patient_key
WHERE (ward.patient_key.hospital, ward.patient_key.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- patient: new key
INSERT IGNORE INTO ward.patient_key (hospital, number, `key`)
VALUES (:k0, :k1, :new_key)
-- binds: k0 String(length=20), k1 Integer(), new_key Text()

-- patient: rewrite
UPDATE ward.patient_event
SET name=:f0
WHERE ward.patient_event.hospital = :k0 AND ward.patient_event.number = :k1 AND ward.patient_event.seq = :at
-- binds: f0 Encrypted(String(length=40)), k0 String(length=20), k1 Integer(), at BigInteger()

