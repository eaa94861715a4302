-- account: heads
SELECT account_snapshot.id
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys])
ORDER BY account_snapshot.id
FOR UPDATE
-- binds: keys String(length=20)

-- account: next seqs
SELECT account_snapshot.id, account_snapshot.seq
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys])
ORDER BY account_snapshot.id
-- binds: keys String(length=20)

-- account: read
SELECT account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded, account_snapshot.osiris_fingerprint
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys String(length=20)

-- account: without waiting
SELECT account_snapshot.id
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys])
FOR UPDATE SKIP LOCKED
-- binds: keys String(length=20)

-- account: nothing written
DELETE
FROM account_snapshot
WHERE false = 1

-- item: heads
SELECT item_snapshot.id
FROM item_snapshot
WHERE item_snapshot.id IN (__[POSTCOMPILE_keys])
ORDER BY item_snapshot.id
FOR UPDATE
-- binds: keys Integer()

-- item: next seqs
SELECT item_snapshot.id, item_snapshot.seq
FROM item_snapshot
WHERE item_snapshot.id IN (__[POSTCOMPILE_keys])
ORDER BY item_snapshot.id
-- binds: keys Integer()

-- item: read
SELECT item_snapshot.id, item_snapshot.seq, item_snapshot.osiris_folded, item_snapshot.osiris_fingerprint
FROM item_snapshot
WHERE item_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys Integer()

-- item: without waiting
SELECT item_snapshot.id
FROM item_snapshot
WHERE item_snapshot.id IN (__[POSTCOMPILE_keys])
FOR UPDATE SKIP LOCKED
-- binds: keys Integer()

-- item: nothing written
DELETE
FROM item_snapshot
WHERE false = 1

-- employee: heads
SELECT employee_snapshot.company, employee_snapshot.number
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys])
ORDER BY employee_snapshot.company, employee_snapshot.number
FOR UPDATE
-- binds: keys TupleType(String(length=20), Integer())

-- employee: next seqs
SELECT employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys])
ORDER BY employee_snapshot.company, employee_snapshot.number
-- binds: keys TupleType(String(length=20), Integer())

-- employee: read
SELECT employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- employee: without waiting
SELECT employee_snapshot.company, employee_snapshot.number
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys])
FOR UPDATE SKIP LOCKED
-- binds: keys TupleType(String(length=20), Integer())

-- employee: nothing written
DELETE
FROM employee_snapshot
WHERE false = 1

-- invoice: heads
SELECT invoice_snapshot.id
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys])
ORDER BY invoice_snapshot.id
FOR UPDATE
-- binds: keys Integer()

-- invoice: next seqs
SELECT invoice_snapshot.id, invoice_snapshot.seq
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys])
ORDER BY invoice_snapshot.id
-- binds: keys Integer()

-- invoice: read
SELECT invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded, invoice_snapshot.osiris_fingerprint
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys Integer()

-- invoice: without waiting
SELECT invoice_snapshot.id
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys])
FOR UPDATE SKIP LOCKED
-- binds: keys Integer()

-- invoice: nothing written
DELETE
FROM invoice_snapshot
WHERE false = 1

-- patient: heads
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys])
ORDER BY ward.patient_snapshot.hospital, ward.patient_snapshot.number
FOR UPDATE
-- binds: keys TupleType(String(length=20), Integer())

-- patient: next seqs
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys])
ORDER BY ward.patient_snapshot.hospital, ward.patient_snapshot.number
-- binds: keys TupleType(String(length=20), Integer())

-- patient: read
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- patient: without waiting
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys])
FOR UPDATE SKIP LOCKED
-- binds: keys TupleType(String(length=20), Integer())

-- patient: nothing written
DELETE
FROM ward.patient_snapshot
WHERE false = 1

-- reading: heads
SELECT reading_snapshot.sensor
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys])
ORDER BY reading_snapshot.sensor
FOR UPDATE
-- binds: keys Uuid()

-- reading: next seqs
SELECT reading_snapshot.sensor, reading_snapshot.seq
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys])
ORDER BY reading_snapshot.sensor
-- binds: keys Uuid()

-- reading: read
SELECT reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys])
-- binds: keys Uuid()

-- reading: without waiting
SELECT reading_snapshot.sensor
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys])
FOR UPDATE SKIP LOCKED
-- binds: keys Uuid()

-- reading: nothing written
DELETE
FROM reading_snapshot
WHERE false = 1

-- visit: heads
SELECT visit_snapshot.page, visit_snapshot.day
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys])
ORDER BY visit_snapshot.page, visit_snapshot.day
FOR UPDATE
-- binds: keys TupleType(String(), Date())

-- visit: next seqs
SELECT visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys])
ORDER BY visit_snapshot.page, visit_snapshot.day
-- binds: keys TupleType(String(), Date())

-- visit: read
SELECT visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(), Date())

-- visit: without waiting
SELECT visit_snapshot.page, visit_snapshot.day
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys])
FOR UPDATE SKIP LOCKED
-- binds: keys TupleType(String(), Date())

-- visit: nothing written
DELETE
FROM visit_snapshot
WHERE false = 1

