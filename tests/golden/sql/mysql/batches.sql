-- account: ended
UPDATE account_snapshot
SET osiris_origin=:ended, osiris_folded=:ended, osiris_fingerprint=9040296020539021685, name=:name, balance=:balance,
    moves=:moves, best=:best, mean=:mean, osiris_count_mean=:osiris_count_mean
WHERE account_snapshot.id = :k0
-- binds: ended BigInteger(), ended BigInteger(), name String(length=40), balance ExactDecimal(precision=38, scale=2)
--   = 0, moves BigInteger() = 0, best Integer(), mean BigInteger() = 0, osiris_count_mean BigInteger() = 0, k0
--   String(length=20)

-- account: heads, counted
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = (account_snapshot.seq +
VALUES(seq))

-- account: events ()
INSERT INTO account_event (id, seq, name, balance, moves, best, mean)
VALUES (%s, %s, %s, %s, %s, %s, %s)

-- account: events ('event_id', 'recorded_at', 'osiris_cleared')
INSERT INTO account_event (id, seq, recorded_at, name, balance, moves, best, mean, osiris_cleared, event_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)

-- account: known ids, 0
SELECT account_event.id, account_event.event_id
FROM account_event
WHERE account_event.id IN (__[POSTCOMPILE_keys]) AND account_event.event_id IN (__[POSTCOMPILE_ids])
FOR SHARE
-- binds: keys String(length=20), ids Uuid()

-- item: ended
UPDATE item_snapshot
SET osiris_origin=:ended, osiris_folded=:ended, osiris_fingerprint=6972388170373529526, name=:name, stock=:stock,
    moves=:moves, best=:best, first=:first
WHERE item_snapshot.id = :k0
-- binds: ended BigInteger(), ended BigInteger(), name String(length=40), stock BigInteger() = 0, moves BigInteger() =
--   0, best Integer(), first Date(), k0 Integer()

-- item: heads, merged
INSERT INTO item_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, name, stock, moves, best, first)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (item_snapshot.osiris_fingerprint = 6972388170373529526) THEN
    item_snapshot.seq +
VALUES(seq) ELSE item_snapshot.osiris_folded END, name = CASE WHEN (item_snapshot.osiris_fingerprint =
    6972388170373529526) THEN coalesce(
VALUES(name), item_snapshot.name) ELSE item_snapshot.name END, stock = CASE WHEN (item_snapshot.osiris_fingerprint =
    6972388170373529526) THEN item_snapshot.stock +
VALUES(stock) ELSE item_snapshot.stock END, moves = CASE WHEN (item_snapshot.osiris_fingerprint = 6972388170373529526)
    THEN item_snapshot.moves +
VALUES(moves) ELSE item_snapshot.moves END, best = CASE WHEN (item_snapshot.osiris_fingerprint = 6972388170373529526)
    THEN greatest(coalesce(item_snapshot.best,
VALUES(best)), coalesce(
VALUES(best), item_snapshot.best)) ELSE item_snapshot.best END, first = CASE WHEN (item_snapshot.osiris_fingerprint =
    6972388170373529526) THEN coalesce(item_snapshot.first,
VALUES(first)) ELSE item_snapshot.first END, seq = (item_snapshot.seq +
VALUES(seq))

-- item: heads, counted
INSERT INTO item_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, stock, moves)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = (item_snapshot.seq +
VALUES(seq))

-- item: events ()
INSERT INTO item_event (id, seq, name, stock, moves, best, first)
VALUES (%s, %s, %s, %s, %s, %s, %s)

-- item: events ('event_id', 'recorded_at', 'osiris_cleared')
INSERT INTO item_event (id, seq, recorded_at, name, stock, moves, best, first, osiris_cleared, event_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)

-- item: known ids, 0
SELECT item_event.id, item_event.event_id
FROM item_event
WHERE item_event.id IN (__[POSTCOMPILE_keys]) AND item_event.event_id IN (__[POSTCOMPILE_ids])
FOR SHARE
-- binds: keys Integer(), ids Uuid()

-- employee: ended
UPDATE employee_snapshot
SET osiris_origin=:ended, osiris_folded=:ended, osiris_fingerprint=3374913928670114850, name=:name, tags=:tags,
    osiris_state_tags=:osiris_state_tags, colours=:colours, osiris_state_colours=:osiris_state_colours, salary=:salary
WHERE employee_snapshot.company = :k0 AND employee_snapshot.number = :k1
-- binds: ended BigInteger(), ended BigInteger(), name String(), tags AccumulatorText(Append()), osiris_state_tags
--   JSON(none_as_null=True), colours AccumulatorText(Distinct()), osiris_state_colours BigInteger(), salary Float() =
--   0.0, k0 String(length=20), k1 Integer()

-- employee: heads, counted
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = (employee_snapshot.seq +
VALUES(seq))

-- employee: events ()
INSERT INTO employee_event (company, number, seq, name, tags, colours, salary)
VALUES (%s, %s, %s, %s, %s, %s, %s)

-- employee: events ('event_id', 'recorded_at', 'osiris_cleared')
INSERT INTO employee_event (company, number, seq, recorded_at, name, tags, colours, salary, osiris_cleared, event_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)

-- employee: known ids, 0
SELECT employee_event.company, employee_event.number, employee_event.event_id
FROM employee_event
WHERE (employee_event.company, employee_event.number) IN (__[POSTCOMPILE_keys]) AND employee_event.event_id IN
    (__[POSTCOMPILE_ids])
FOR SHARE
-- binds: keys TupleType(String(length=20), Integer()), ids Uuid()

-- employee: known ids, 1
SELECT employee_event_archive.company, employee_event_archive.number, employee_event_archive.event_id
FROM employee_event_archive
WHERE (employee_event_archive.company, employee_event_archive.number) IN (__[POSTCOMPILE_keys]) AND
    employee_event_archive.event_id IN (__[POSTCOMPILE_ids])
FOR SHARE
-- binds: keys TupleType(String(length=20), Integer()), ids Uuid()

-- invoice: ended
UPDATE invoice_snapshot
SET osiris_origin=:ended, osiris_folded=:ended, osiris_fingerprint=5850422120975743139, customer=:customer,
    total=:total, paid=:paid, due=:due
WHERE invoice_snapshot.id = :k0
-- binds: ended BigInteger(), ended BigInteger(), customer String(length=40), total ExactDecimal(precision=38,
--   scale=2) = 0, paid Boolean() = True, due Date(), k0 Integer()

-- invoice: heads, counted
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid)
VALUES (%s, %s, %s, %s, %s, %s, true)
ON DUPLICATE KEY UPDATE seq = (invoice_snapshot.seq +
VALUES(seq))

-- invoice: events ()
INSERT INTO invoice_event (id, seq, customer, total, paid, due)
VALUES (%s, %s, %s, %s, %s, %s)

-- invoice: events ('event_id', 'recorded_at', 'osiris_cleared')
INSERT INTO invoice_event (id, seq, recorded_at, customer, total, paid, due, osiris_cleared, event_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)

-- invoice: known ids, 0
SELECT invoice_event.id, invoice_event.event_id
FROM invoice_event
WHERE invoice_event.id IN (__[POSTCOMPILE_keys]) AND invoice_event.event_id IN (__[POSTCOMPILE_ids])
FOR SHARE
-- binds: keys Integer(), ids Uuid()

-- invoice: known ids, 1
SELECT invoice_event_archive.id, invoice_event_archive.event_id
FROM invoice_event_archive
WHERE invoice_event_archive.id IN (__[POSTCOMPILE_keys]) AND invoice_event_archive.event_id IN (__[POSTCOMPILE_ids])
FOR SHARE
-- binds: keys Integer(), ids Uuid()

-- patient: ended
UPDATE ward.patient_snapshot
SET osiris_origin=:ended, osiris_folded=:ended, osiris_fingerprint=125089726352930075, name=:name, visits=:visits
WHERE ward.patient_snapshot.hospital = :k0 AND ward.patient_snapshot.number = :k1
-- binds: ended BigInteger(), ended BigInteger(), name Encrypted(String(length=40)), visits BigInteger() = 0, k0
--   String(length=20), k1 Integer()

-- patient: heads, counted
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, visits)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = (ward.patient_snapshot.seq +
VALUES(seq))

-- patient: events ()
INSERT INTO ward.patient_event (hospital, number, seq, name, visits)
VALUES (%s, %s, %s, %s, %s)

-- patient: events ('event_id', 'recorded_at', 'osiris_cleared')
INSERT INTO ward.patient_event (hospital, number, seq, recorded_at, name, visits, osiris_cleared, event_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)

-- patient: known ids, 0
SELECT ward.patient_event.hospital, ward.patient_event.number, ward.patient_event.event_id
FROM ward.patient_event
WHERE (ward.patient_event.hospital, ward.patient_event.number) IN (__[POSTCOMPILE_keys]) AND
    ward.patient_event.event_id IN (__[POSTCOMPILE_ids])
FOR SHARE
-- binds: keys TupleType(String(length=20), Integer()), ids Uuid()

-- reading: ended
UPDATE reading_snapshot
SET osiris_origin=:ended, osiris_folded=:ended, osiris_fingerprint=6388899372266228392, least=:least, first=:first,
    notes=:notes
WHERE reading_snapshot.sensor = :k0
-- binds: ended BigInteger(), ended BigInteger(), least Float(), first UTCDateTime(timezone=True), notes
--   AccumulatorText(Append()), k0 Uuid()

-- reading: heads, counted
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (%s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = (reading_snapshot.seq +
VALUES(seq))

-- reading: events ()
INSERT INTO reading_event (sensor, seq, least, first, notes)
VALUES (%s, %s, %s, %s, %s)

-- reading: events ('event_id', 'recorded_at', 'osiris_cleared')
INSERT INTO reading_event (sensor, seq, recorded_at, least, first, notes, osiris_cleared, event_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)

-- reading: known ids, 0
SELECT reading_event.sensor, reading_event.event_id
FROM reading_event
WHERE reading_event.sensor IN (__[POSTCOMPILE_keys]) AND reading_event.event_id IN (__[POSTCOMPILE_ids])
FOR SHARE
-- binds: keys Uuid(), ids Uuid()

-- visit: ended
UPDATE visit_snapshot
SET osiris_origin=:ended, osiris_folded=:ended, osiris_fingerprint=2528154376666229541, hits=:hits, last=:last,
    size=:size, osiris_count_size=:osiris_count_size
WHERE visit_snapshot.page = :k0 AND visit_snapshot.day = :k1
-- binds: ended BigInteger(), ended BigInteger(), hits BigInteger() = 0, last LargeBinary(), size Float() = 0.0,
--   osiris_count_size BigInteger() = 0, k0 String(), k1 Date()

-- visit: heads, counted
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = (visit_snapshot.seq +
VALUES(seq))

-- visit: events ()
INSERT INTO visit_event (page, day, seq, hits, last, size)
VALUES (%s, %s, %s, %s, %s, %s)

-- visit: events ('event_id', 'recorded_at', 'osiris_cleared')
INSERT INTO visit_event (page, day, seq, recorded_at, hits, last, size, osiris_cleared, event_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)

-- visit: known ids, 0
SELECT visit_event.page, visit_event.day, visit_event.event_id
FROM visit_event
WHERE (visit_event.page, visit_event.day) IN (__[POSTCOMPILE_keys]) AND visit_event.event_id IN (__[POSTCOMPILE_ids])
FOR SHARE
-- binds: keys TupleType(String(), Date()), ids Uuid()

-- visit: known ids, 1
SELECT visit_event_archive.page, visit_event_archive.day, visit_event_archive.event_id
FROM visit_event_archive
WHERE (visit_event_archive.page, visit_event_archive.day) IN (__[POSTCOMPILE_keys]) AND visit_event_archive.event_id
    IN (__[POSTCOMPILE_ids])
FOR SHARE
-- binds: keys TupleType(String(), Date()), ids Uuid()

