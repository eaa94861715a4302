-- account, anything, none touched, touches, many: head
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean)
VALUES (:k0, :own1, :own2, :own3, :own4, :own5, :own6, :own7, :own8)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END, osiris_fingerprint = CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685 ELSE 0 END, seq =
    (account_snapshot.seq + 1)
-- binds: k0 String(length=20), own1 Integer() = 1, own2 Integer() = 0, own3 Integer() = 1, own4 Integer() =
--   9040296020539021685, own5 Integer() = 0, own6 Integer() = 0, own7 Integer() = 0, own8 Integer() = 0

-- account, anything, none touched, touches, many: heads
SELECT account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded, account_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys String(length=20)

-- account, anything, none touched, touches, many: event
INSERT INTO account_event (id, seq, recorded_at)
VALUES (:k0, :seq, :recorded_at)
-- binds: k0 String(length=20), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- account, anything, none touched, touches, one: head
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean)
VALUES (:k0, :own1, :own2, :own3, :own4, :own5, :own6, :own7, :own8)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END, osiris_fingerprint = CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685 ELSE 0 END, seq =
    (account_snapshot.seq + 1)
-- binds: k0 String(length=20), own1 Integer() = 1, own2 Integer() = 0, own3 Integer() = 1, own4 Integer() =
--   9040296020539021685, own5 Integer() = 0, own6 Integer() = 0, own7 Integer() = 0, own8 Integer() = 0

-- account, anything, none touched, touches, one: heads
SELECT account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded, account_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys String(length=20)

-- account, anything, none touched, touches, one: event
INSERT INTO account_event (id, seq, recorded_at)
VALUES (:k0, :seq, :recorded_at)
-- binds: k0 String(length=20), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- account, live, all touched, touches, event_id, event_type, one: head
UPDATE account_snapshot
SET osiris_folded=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN account_snapshot.seq + 1
    ELSE account_snapshot.osiris_folded END, name=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN :f0 ELSE account_snapshot.name END, balance=CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN account_snapshot.balance + :f1 ELSE
    account_snapshot.balance END, moves=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    account_snapshot.moves + 1 ELSE account_snapshot.moves END, best=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN greatest(coalesce(account_snapshot.best, :f3), coalesce(:f3, account_snapshot.best))
    ELSE account_snapshot.best END, mean=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    account_snapshot.mean + :f4 ELSE account_snapshot.mean END, osiris_count_mean=CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN account_snapshot.osiris_count_mean + 1 ELSE
    account_snapshot.osiris_count_mean END, osiris_fingerprint=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN 9040296020539021685 ELSE 0 END, seq=(account_snapshot.seq + 1)
WHERE account_snapshot.id = :k0 AND account_snapshot.seq > account_snapshot.osiris_origin
-- binds: f0 String(length=40), f1 ExactDecimal(precision=10, scale=2), f3 Integer(), f3 Integer(), f4 Integer(), k0
--   String(length=20)

-- account, live, all touched, touches, event_id, event_type, one: heads
SELECT account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded, account_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys String(length=20)

-- account, live, all touched, touches, event_id, event_type, one: event
INSERT INTO account_event (id, seq, recorded_at, name, balance, moves, best, mean, event_id, event_type)
VALUES (:k0, :seq, :recorded_at, :f0, :f1, :f2, :f3, :f4, :event_id, :event_type)
-- binds: k0 String(length=20), seq BigInteger(), recorded_at UTCDateTime(timezone=True), f0 String(length=40), f1
--   ExactDecimal(precision=10, scale=2), f2 Integer(), f3 Integer(), f4 Integer(), event_id Uuid(), event_type
--   String(length=255)

-- account, live, none touched, touches, many: head
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :own1, :own2, :own3, :own4)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (account_snapshot.seq > account_snapshot.osiris_origin) THEN CASE
    WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN account_snapshot.seq + 1 ELSE
    account_snapshot.osiris_folded END ELSE 9223372036854775807 + abs(sign(account_snapshot.seq)) END,
    osiris_fingerprint = CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    9040296020539021685 ELSE 0 END, seq = (account_snapshot.seq + 1)
-- binds: k0 String(length=20), own1 Integer() = 1, own2 Integer() = -1, own3 Integer() = 0, own4 Integer() = 0

-- account, live, none touched, touches, many: heads
SELECT account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded, account_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys String(length=20)

-- account, live, none touched, touches, many: event
INSERT INTO account_event (id, seq, recorded_at)
VALUES (:k0, :seq, :recorded_at)
-- binds: k0 String(length=20), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- account, not_live, first touched, clears, event_id, event_type, many: head
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, name, balance, moves, mean,
    osiris_count_mean)
VALUES (:k0, :own1, :own2, :own3, :own4, :f0, :own5, :own6, :own7, :own8)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (account_snapshot.seq = account_snapshot.osiris_origin) THEN CASE
    WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN account_snapshot.seq + 1 ELSE
    account_snapshot.osiris_folded END ELSE 9223372036854775807 + abs(sign(account_snapshot.seq)) END, name = CASE
    WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
VALUES(name) ELSE account_snapshot.name END, osiris_fingerprint = CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN 9040296020539021685 ELSE 0 END, seq = (account_snapshot.seq + 1)
-- binds: k0 String(length=20), own1 Integer() = 1, own2 Integer() = 0, own3 Integer() = 1, own4 Integer() =
--   9040296020539021685, f0 String(length=40), own5 Integer() = 0, own6 Integer() = 0, own7 Integer() = 0, own8
--   Integer() = 0

-- account, not_live, first touched, clears, event_id, event_type, many: heads
SELECT account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded, account_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys String(length=20)

-- account, not_live, first touched, clears, event_id, event_type, many: event
INSERT INTO account_event (id, seq, recorded_at, name, osiris_cleared, event_id, event_type)
VALUES (:k0, :seq, :recorded_at, :f0, :cleared, :event_id, :event_type)
-- binds: k0 String(length=20), seq BigInteger(), recorded_at UTCDateTime(timezone=True), f0 String(length=40),
--   cleared Text(), event_id Uuid(), event_type String(length=255)

-- account, not_live, none touched, touches, one: head
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean)
VALUES (:k0, :own1, :own2, :own3, :own4, :own5, :own6, :own7, :own8)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (account_snapshot.seq = account_snapshot.osiris_origin) THEN CASE
    WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN account_snapshot.seq + 1 ELSE
    account_snapshot.osiris_folded END ELSE 9223372036854775807 + abs(sign(account_snapshot.seq)) END,
    osiris_fingerprint = CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    9040296020539021685 ELSE 0 END, seq = (account_snapshot.seq + 1)
-- binds: k0 String(length=20), own1 Integer() = 1, own2 Integer() = 0, own3 Integer() = 1, own4 Integer() =
--   9040296020539021685, own5 Integer() = 0, own6 Integer() = 0, own7 Integer() = 0, own8 Integer() = 0

-- account, not_live, none touched, touches, one: heads
SELECT account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded, account_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys String(length=20)

-- account, not_live, none touched, touches, one: event
INSERT INTO account_event (id, seq, recorded_at)
VALUES (:k0, :seq, :recorded_at)
-- binds: k0 String(length=20), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- account, seq, none touched, ends, event_meta, recorded_at, one: head
UPDATE account_snapshot
SET osiris_folded=(account_snapshot.seq + 1), name=NULL, balance=0, moves=0, best=NULL, mean=0, osiris_count_mean=0,
    osiris_origin=(account_snapshot.seq + 1), osiris_fingerprint=9040296020539021685, seq=(account_snapshot.seq + 1)
WHERE account_snapshot.id = :k0 AND account_snapshot.seq = :expected AND account_snapshot.seq >
    account_snapshot.osiris_origin
-- binds: k0 String(length=20), expected BigInteger()

-- account, seq, none touched, ends, event_meta, recorded_at, one: heads
SELECT account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded, account_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys String(length=20)

-- account, seq, none touched, ends, event_meta, recorded_at, one: event
INSERT INTO account_event (id, seq, recorded_at, osiris_cleared, event_meta)
VALUES (:k0, :seq, :recorded_at, :own_cleared, :event_meta)
-- binds: k0 String(length=20), seq BigInteger(), recorded_at UTCDateTime(timezone=True), own_cleared Text() = '*',
--   event_meta JSON(none_as_null=True)

-- account, seq, none touched, touches, many: head
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :expected, :own2, :own3, :own4)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (account_snapshot.seq =
VALUES(seq) AND account_snapshot.seq > account_snapshot.osiris_origin) THEN CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN account_snapshot.seq + 1 ELSE
    account_snapshot.osiris_folded END ELSE 9223372036854775807 + abs(sign(account_snapshot.seq)) END,
    osiris_fingerprint = CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    9040296020539021685 ELSE 0 END, seq = (account_snapshot.seq + 1)
-- binds: k0 String(length=20), expected BigInteger(), own2 Integer() = -1, own3 Integer() = 0, own4 Integer() = 0

-- account, seq, none touched, touches, many: heads
SELECT account_snapshot.id, account_snapshot.seq, account_snapshot.osiris_folded, account_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys String(length=20)

-- account, seq, none touched, touches, many: event
INSERT INTO account_event (id, seq, recorded_at)
VALUES (:k0, :seq, :recorded_at)
-- binds: k0 String(length=20), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- employee, anything, first touched, clears, event_id, event_type, one: head
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5, :own6)
ON DUPLICATE KEY UPDATE seq = (employee_snapshot.seq + 1)
-- binds: k0 String(length=20), k1 Integer(), own2 Integer() = 1, own3 Integer() = 0, own4 Integer() = 0, own5
--   Integer() = 3374913928670114850, own6 Float() = 0.0

-- employee, anything, first touched, clears, event_id, event_type, one: heads
SELECT employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- employee, anything, first touched, clears, event_id, event_type, one: event
INSERT INTO employee_event (company, number, seq, recorded_at, name, osiris_cleared, event_id, event_type)
VALUES (:k0, :k1, :seq, :recorded_at, :f0, :cleared, :event_id, :event_type)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), f0 String(),
--   cleared Text(), event_id Uuid(), event_type String(length=255)

-- employee, anything, none touched, touches, many: head
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5, :own6)
ON DUPLICATE KEY UPDATE seq = (employee_snapshot.seq + 1)
-- binds: k0 String(length=20), k1 Integer(), own2 Integer() = 1, own3 Integer() = 0, own4 Integer() = 0, own5
--   Integer() = 3374913928670114850, own6 Float() = 0.0

-- employee, anything, none touched, touches, many: heads
SELECT employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- employee, anything, none touched, touches, many: event
INSERT INTO employee_event (company, number, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- employee, live, none touched, touches, many: head
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (employee_snapshot.seq > employee_snapshot.osiris_origin) THEN
    employee_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(employee_snapshot.seq)) END
-- binds: k0 String(length=20), k1 Integer(), own2 Integer() = 1, own3 Integer() = -1, own4 Integer() = 0, own5
--   Integer() = 0

-- employee, live, none touched, touches, many: heads
SELECT employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- employee, live, none touched, touches, many: event
INSERT INTO employee_event (company, number, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- employee, live, none touched, touches, one: head
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1)
WHERE employee_snapshot.company = :k0 AND employee_snapshot.number = :k1 AND employee_snapshot.seq >
    employee_snapshot.osiris_origin
-- binds: k0 String(length=20), k1 Integer()

-- employee, live, none touched, touches, one: heads
SELECT employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- employee, live, none touched, touches, one: event
INSERT INTO employee_event (company, number, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- employee, not_live, all touched, touches, one: head
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5, :own6)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (employee_snapshot.seq = employee_snapshot.osiris_origin) THEN
    employee_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(employee_snapshot.seq)) END
-- binds: k0 String(length=20), k1 Integer(), own2 Integer() = 1, own3 Integer() = 0, own4 Integer() = 0, own5
--   Integer() = 3374913928670114850, own6 Float() = 0.0

-- employee, not_live, all touched, touches, one: heads
SELECT employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- employee, not_live, all touched, touches, one: event
INSERT INTO employee_event (company, number, seq, recorded_at, name, tags, colours, salary)
VALUES (:k0, :k1, :seq, :recorded_at, :f0, :f1, :f2, :f3)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), f0 String(),
--   f1 JSON(none_as_null=True), f2 JSON(none_as_null=True), f3 Float()

-- employee, not_live, none touched, touches, many: head
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5, :own6)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (employee_snapshot.seq = employee_snapshot.osiris_origin) THEN
    employee_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(employee_snapshot.seq)) END
-- binds: k0 String(length=20), k1 Integer(), own2 Integer() = 1, own3 Integer() = 0, own4 Integer() = 0, own5
--   Integer() = 3374913928670114850, own6 Float() = 0.0

-- employee, not_live, none touched, touches, many: heads
SELECT employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- employee, not_live, none touched, touches, many: event
INSERT INTO employee_event (company, number, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- employee, seq, none touched, ends, event_meta, recorded_at, many: head
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :k1, :expected, :own3, :own4, :own5)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (employee_snapshot.seq =
VALUES(seq) AND employee_snapshot.seq > employee_snapshot.osiris_origin) THEN employee_snapshot.seq + 1 ELSE
    9223372036854775807 + abs(sign(employee_snapshot.seq)) END, name = NULL, tags = NULL, colours = NULL, salary =
    0.0, osiris_state_tags = NULL, osiris_state_colours = NULL, osiris_origin = (employee_snapshot.seq + 1),
    osiris_fingerprint = 3374913928670114850, seq = (employee_snapshot.seq + 1)
-- binds: k0 String(length=20), k1 Integer(), expected BigInteger(), own3 Integer() = -1, own4 Integer() = 0, own5
--   Integer() = 0

-- employee, seq, none touched, ends, event_meta, recorded_at, many: heads
SELECT employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- employee, seq, none touched, ends, event_meta, recorded_at, many: event
INSERT INTO employee_event (company, number, seq, recorded_at, osiris_cleared, event_meta)
VALUES (:k0, :k1, :seq, :recorded_at, :own_cleared, :event_meta)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), own_cleared
--   Text() = '*', event_meta JSON(none_as_null=True)

-- employee, seq, none touched, touches, one: head
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1)
WHERE employee_snapshot.company = :k0 AND employee_snapshot.number = :k1 AND employee_snapshot.seq = :expected AND
    employee_snapshot.seq > employee_snapshot.osiris_origin
-- binds: k0 String(length=20), k1 Integer(), expected BigInteger()

-- employee, seq, none touched, touches, one: heads
SELECT employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- employee, seq, none touched, touches, one: event
INSERT INTO employee_event (company, number, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- invoice, anything, none touched, ends, one: head
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid)
VALUES (:k0, :own1, :own2, :own3, :own4, :own5, true)
ON DUPLICATE KEY UPDATE osiris_folded = (invoice_snapshot.seq + 1), customer = NULL, total = 0, paid = true, due =
    NULL, osiris_origin = (invoice_snapshot.seq + 1), osiris_fingerprint = 5850422120975743139, seq =
    (invoice_snapshot.seq + 1)
-- binds: k0 Integer(), own1 Integer() = 1, own2 Integer() = 0, own3 Integer() = 0, own4 Integer() =
--   5850422120975743139, own5 Integer() = 0

-- invoice, anything, none touched, ends, one: heads
SELECT invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded, invoice_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys Integer()

-- invoice, anything, none touched, ends, one: event
INSERT INTO invoice_event (id, seq, recorded_at, osiris_cleared)
VALUES (:k0, :seq, :recorded_at, :own_cleared)
-- binds: k0 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), own_cleared Text() = '*'

-- invoice, anything, none touched, touches, many: head
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid)
VALUES (:k0, :own1, :own2, :own3, :own4, :own5, true)
ON DUPLICATE KEY UPDATE seq = (invoice_snapshot.seq + 1)
-- binds: k0 Integer(), own1 Integer() = 1, own2 Integer() = 0, own3 Integer() = 0, own4 Integer() =
--   5850422120975743139, own5 Integer() = 0

-- invoice, anything, none touched, touches, many: heads
SELECT invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded, invoice_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys Integer()

-- invoice, anything, none touched, touches, many: event
INSERT INTO invoice_event (id, seq, recorded_at)
VALUES (:k0, :seq, :recorded_at)
-- binds: k0 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- invoice, live, all touched, clears, event_meta, recorded_at, one: head
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1)
WHERE invoice_snapshot.id = :k0 AND invoice_snapshot.seq > invoice_snapshot.osiris_origin
-- binds: k0 Integer()

-- invoice, live, all touched, clears, event_meta, recorded_at, one: heads
SELECT invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded, invoice_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys Integer()

-- invoice, live, all touched, clears, event_meta, recorded_at, one: event
INSERT INTO invoice_event (id, seq, recorded_at, customer, total, paid, due, osiris_cleared, event_meta)
VALUES (:k0, :seq, :recorded_at, :f0, :f1, :f2, :f3, :cleared, :event_meta)
-- binds: k0 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), f0 String(length=40), f1
--   ExactDecimal(precision=12, scale=2), f2 Boolean(), f3 Date(), cleared Text(), event_meta JSON(none_as_null=True)

-- invoice, live, none touched, touches, many: head
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :own1, :own2, :own3, :own4)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (invoice_snapshot.seq > invoice_snapshot.osiris_origin) THEN
    invoice_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(invoice_snapshot.seq)) END
-- binds: k0 Integer(), own1 Integer() = 1, own2 Integer() = -1, own3 Integer() = 0, own4 Integer() = 0

-- invoice, live, none touched, touches, many: heads
SELECT invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded, invoice_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys Integer()

-- invoice, live, none touched, touches, many: event
INSERT INTO invoice_event (id, seq, recorded_at)
VALUES (:k0, :seq, :recorded_at)
-- binds: k0 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- invoice, not_live, first touched, touches, one: head
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid)
VALUES (:k0, :own1, :own2, :own3, :own4, :own5, true)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (invoice_snapshot.seq = invoice_snapshot.osiris_origin) THEN
    invoice_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(invoice_snapshot.seq)) END
-- binds: k0 Integer(), own1 Integer() = 1, own2 Integer() = 0, own3 Integer() = 0, own4 Integer() =
--   5850422120975743139, own5 Integer() = 0

-- invoice, not_live, first touched, touches, one: heads
SELECT invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded, invoice_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys Integer()

-- invoice, not_live, first touched, touches, one: event
INSERT INTO invoice_event (id, seq, recorded_at, customer)
VALUES (:k0, :seq, :recorded_at, :f0)
-- binds: k0 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), f0 String(length=40)

-- invoice, not_live, none touched, touches, many: head
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid)
VALUES (:k0, :own1, :own2, :own3, :own4, :own5, true)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (invoice_snapshot.seq = invoice_snapshot.osiris_origin) THEN
    invoice_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(invoice_snapshot.seq)) END
-- binds: k0 Integer(), own1 Integer() = 1, own2 Integer() = 0, own3 Integer() = 0, own4 Integer() =
--   5850422120975743139, own5 Integer() = 0

-- invoice, not_live, none touched, touches, many: heads
SELECT invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded, invoice_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys Integer()

-- invoice, not_live, none touched, touches, many: event
INSERT INTO invoice_event (id, seq, recorded_at)
VALUES (:k0, :seq, :recorded_at)
-- binds: k0 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- invoice, seq, none touched, touches, event_id, event_type, many: head
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :expected, :own2, :own3, :own4)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (invoice_snapshot.seq =
VALUES(seq) AND invoice_snapshot.seq > invoice_snapshot.osiris_origin) THEN invoice_snapshot.seq + 1 ELSE
    9223372036854775807 + abs(sign(invoice_snapshot.seq)) END
-- binds: k0 Integer(), expected BigInteger(), own2 Integer() = -1, own3 Integer() = 0, own4 Integer() = 0

-- invoice, seq, none touched, touches, event_id, event_type, many: heads
SELECT invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded, invoice_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys Integer()

-- invoice, seq, none touched, touches, event_id, event_type, many: event
INSERT INTO invoice_event (id, seq, recorded_at, event_id, event_type)
VALUES (:k0, :seq, :recorded_at, :event_id, :event_type)
-- binds: k0 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), event_id Uuid(), event_type
--   String(length=255)

-- invoice, seq, none touched, touches, one: head
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1)
WHERE invoice_snapshot.id = :k0 AND invoice_snapshot.seq = :expected AND invoice_snapshot.seq >
    invoice_snapshot.osiris_origin
-- binds: k0 Integer(), expected BigInteger()

-- invoice, seq, none touched, touches, one: heads
SELECT invoice_snapshot.id, invoice_snapshot.seq, invoice_snapshot.osiris_folded, invoice_snapshot.osiris_fingerprint,
    utc_timestamp(6) AS utc_timestamp_1
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys Integer()

-- invoice, seq, none touched, touches, one: event
INSERT INTO invoice_event (id, seq, recorded_at)
VALUES (:k0, :seq, :recorded_at)
-- binds: k0 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- patient, anything, all touched, touches, event_id, event_type, many: head
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, visits)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5, :own6)
ON DUPLICATE KEY UPDATE seq = (ward.patient_snapshot.seq + 1)
-- binds: k0 String(length=20), k1 Integer(), own2 Integer() = 1, own3 Integer() = 0, own4 Integer() = 0, own5
--   Integer() = 125089726352930075, own6 Integer() = 0

-- patient, anything, all touched, touches, event_id, event_type, many: heads
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- patient, anything, all touched, touches, event_id, event_type, many: event
INSERT INTO ward.patient_event (hospital, number, seq, recorded_at, name, visits, event_id, event_type)
VALUES (:k0, :k1, :seq, :recorded_at, :f0, :f1, :event_id, :event_type)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), f0
--   Encrypted(String(length=40)), f1 Integer(), event_id Uuid(), event_type String(length=255)

-- patient, anything, none touched, touches, one: head
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, visits)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5, :own6)
ON DUPLICATE KEY UPDATE seq = (ward.patient_snapshot.seq + 1)
-- binds: k0 String(length=20), k1 Integer(), own2 Integer() = 1, own3 Integer() = 0, own4 Integer() = 0, own5
--   Integer() = 125089726352930075, own6 Integer() = 0

-- patient, anything, none touched, touches, one: heads
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- patient, anything, none touched, touches, one: event
INSERT INTO ward.patient_event (hospital, number, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- patient, live, none touched, touches, many: head
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (ward.patient_snapshot.seq > ward.patient_snapshot.osiris_origin) THEN
    ward.patient_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(ward.patient_snapshot.seq)) END
-- binds: k0 String(length=20), k1 Integer(), own2 Integer() = 1, own3 Integer() = -1, own4 Integer() = 0, own5
--   Integer() = 0

-- patient, live, none touched, touches, many: heads
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- patient, live, none touched, touches, many: event
INSERT INTO ward.patient_event (hospital, number, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- patient, live, none touched, touches, one: head
UPDATE ward.patient_snapshot
SET seq=(ward.patient_snapshot.seq + 1)
WHERE ward.patient_snapshot.hospital = :k0 AND ward.patient_snapshot.number = :k1 AND ward.patient_snapshot.seq >
    ward.patient_snapshot.osiris_origin
-- binds: k0 String(length=20), k1 Integer()

-- patient, live, none touched, touches, one: heads
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- patient, live, none touched, touches, one: event
INSERT INTO ward.patient_event (hospital, number, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- patient, not_live, none touched, ends, event_meta, recorded_at, one: head
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, visits)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5, :own6)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (ward.patient_snapshot.seq = ward.patient_snapshot.osiris_origin)
    THEN ward.patient_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(ward.patient_snapshot.seq)) END, name =
    NULL, visits = 0, osiris_origin = (ward.patient_snapshot.seq + 1), osiris_fingerprint = 125089726352930075, seq =
    (ward.patient_snapshot.seq + 1)
-- binds: k0 String(length=20), k1 Integer(), own2 Integer() = 1, own3 Integer() = 0, own4 Integer() = 0, own5
--   Integer() = 125089726352930075, own6 Integer() = 0

-- patient, not_live, none touched, ends, event_meta, recorded_at, one: heads
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- patient, not_live, none touched, ends, event_meta, recorded_at, one: event
INSERT INTO ward.patient_event (hospital, number, seq, recorded_at, osiris_cleared, event_meta)
VALUES (:k0, :k1, :seq, :recorded_at, :own_cleared, :event_meta)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), own_cleared
--   Text() = '*', event_meta JSON(none_as_null=True)

-- patient, not_live, none touched, touches, many: head
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, visits)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5, :own6)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (ward.patient_snapshot.seq = ward.patient_snapshot.osiris_origin) THEN
    ward.patient_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(ward.patient_snapshot.seq)) END
-- binds: k0 String(length=20), k1 Integer(), own2 Integer() = 1, own3 Integer() = 0, own4 Integer() = 0, own5
--   Integer() = 125089726352930075, own6 Integer() = 0

-- patient, not_live, none touched, touches, many: heads
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- patient, not_live, none touched, touches, many: event
INSERT INTO ward.patient_event (hospital, number, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- patient, seq, first touched, clears, one: head
UPDATE ward.patient_snapshot
SET seq=(ward.patient_snapshot.seq + 1)
WHERE ward.patient_snapshot.hospital = :k0 AND ward.patient_snapshot.number = :k1 AND ward.patient_snapshot.seq =
    :expected AND ward.patient_snapshot.seq > ward.patient_snapshot.osiris_origin
-- binds: k0 String(length=20), k1 Integer(), expected BigInteger()

-- patient, seq, first touched, clears, one: heads
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- patient, seq, first touched, clears, one: event
INSERT INTO ward.patient_event (hospital, number, seq, recorded_at, name, osiris_cleared)
VALUES (:k0, :k1, :seq, :recorded_at, :f0, :cleared)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), f0
--   Encrypted(String(length=40)), cleared Text()

-- patient, seq, none touched, touches, many: head
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :k1, :expected, :own3, :own4, :own5)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (ward.patient_snapshot.seq =
VALUES(seq) AND ward.patient_snapshot.seq > ward.patient_snapshot.osiris_origin) THEN ward.patient_snapshot.seq + 1
    ELSE 9223372036854775807 + abs(sign(ward.patient_snapshot.seq)) END
-- binds: k0 String(length=20), k1 Integer(), expected BigInteger(), own3 Integer() = -1, own4 Integer() = 0, own5
--   Integer() = 0

-- patient, seq, none touched, touches, many: heads
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    ward.patient_snapshot.osiris_folded, ward.patient_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer())

-- patient, seq, none touched, touches, many: event
INSERT INTO ward.patient_event (hospital, number, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- reading, anything, none touched, touches, many: head
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :own1, :own2, :own3, :own4)
ON DUPLICATE KEY UPDATE seq = (reading_snapshot.seq + 1)
-- binds: k0 Uuid(), own1 Integer() = 1, own2 Integer() = 0, own3 Integer() = 0, own4 Integer() = 6388899372266228392

-- reading, anything, none touched, touches, many: heads
SELECT reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys])
-- binds: keys Uuid()

-- reading, anything, none touched, touches, many: event
INSERT INTO reading_event (sensor, seq, recorded_at)
VALUES (:k0, :seq, :recorded_at)
-- binds: k0 Uuid(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- reading, anything, none touched, touches, one: head
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :own1, :own2, :own3, :own4)
ON DUPLICATE KEY UPDATE seq = (reading_snapshot.seq + 1)
-- binds: k0 Uuid(), own1 Integer() = 1, own2 Integer() = 0, own3 Integer() = 0, own4 Integer() = 6388899372266228392

-- reading, anything, none touched, touches, one: heads
SELECT reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys])
-- binds: keys Uuid()

-- reading, anything, none touched, touches, one: event
INSERT INTO reading_event (sensor, seq, recorded_at)
VALUES (:k0, :seq, :recorded_at)
-- binds: k0 Uuid(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- reading, live, first touched, touches, many: head
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :own1, :own2, :own3, :own4)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (reading_snapshot.seq > reading_snapshot.osiris_origin) THEN
    reading_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(reading_snapshot.seq)) END
-- binds: k0 Uuid(), own1 Integer() = 1, own2 Integer() = -1, own3 Integer() = 0, own4 Integer() = 0

-- reading, live, first touched, touches, many: heads
SELECT reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys])
-- binds: keys Uuid()

-- reading, live, first touched, touches, many: event
INSERT INTO reading_event (sensor, seq, recorded_at, least)
VALUES (:k0, :seq, :recorded_at, :f0)
-- binds: k0 Uuid(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), f0 Float()

-- reading, live, none touched, touches, one: head
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1)
WHERE reading_snapshot.sensor = :k0 AND reading_snapshot.seq > reading_snapshot.osiris_origin
-- binds: k0 Uuid()

-- reading, live, none touched, touches, one: heads
SELECT reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys])
-- binds: keys Uuid()

-- reading, live, none touched, touches, one: event
INSERT INTO reading_event (sensor, seq, recorded_at)
VALUES (:k0, :seq, :recorded_at)
-- binds: k0 Uuid(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- reading, not_live, none touched, ends, event_id, event_type, one: head
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :own1, :own2, :own3, :own4)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (reading_snapshot.seq = reading_snapshot.osiris_origin) THEN
    reading_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(reading_snapshot.seq)) END, least = NULL, first =
    NULL, notes = NULL, osiris_origin = (reading_snapshot.seq + 1), osiris_fingerprint = 6388899372266228392, seq =
    (reading_snapshot.seq + 1)
-- binds: k0 Uuid(), own1 Integer() = 1, own2 Integer() = 0, own3 Integer() = 0, own4 Integer() = 6388899372266228392

-- reading, not_live, none touched, ends, event_id, event_type, one: heads
SELECT reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys])
-- binds: keys Uuid()

-- reading, not_live, none touched, ends, event_id, event_type, one: event
INSERT INTO reading_event (sensor, seq, recorded_at, osiris_cleared, event_id, event_type)
VALUES (:k0, :seq, :recorded_at, :own_cleared, :event_id, :event_type)
-- binds: k0 Uuid(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), own_cleared Text() = '*', event_id
--   Uuid(), event_type String(length=255)

-- reading, not_live, none touched, touches, many: head
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :own1, :own2, :own3, :own4)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (reading_snapshot.seq = reading_snapshot.osiris_origin) THEN
    reading_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(reading_snapshot.seq)) END
-- binds: k0 Uuid(), own1 Integer() = 1, own2 Integer() = 0, own3 Integer() = 0, own4 Integer() = 6388899372266228392

-- reading, not_live, none touched, touches, many: heads
SELECT reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys])
-- binds: keys Uuid()

-- reading, not_live, none touched, touches, many: event
INSERT INTO reading_event (sensor, seq, recorded_at)
VALUES (:k0, :seq, :recorded_at)
-- binds: k0 Uuid(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- reading, seq, all touched, clears, event_meta, recorded_at, one: head
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1)
WHERE reading_snapshot.sensor = :k0 AND reading_snapshot.seq = :expected AND reading_snapshot.seq >
    reading_snapshot.osiris_origin
-- binds: k0 Uuid(), expected BigInteger()

-- reading, seq, all touched, clears, event_meta, recorded_at, one: heads
SELECT reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys])
-- binds: keys Uuid()

-- reading, seq, all touched, clears, event_meta, recorded_at, one: event
INSERT INTO reading_event (sensor, seq, recorded_at, least, first, notes, osiris_cleared, event_meta)
VALUES (:k0, :seq, :recorded_at, :f0, :f1, :f2, :cleared, :event_meta)
-- binds: k0 Uuid(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), f0 Float(), f1
--   UTCDateTime(timezone=True), f2 JSON(none_as_null=True), cleared Text(), event_meta JSON(none_as_null=True)

-- reading, seq, none touched, touches, many: head
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :expected, :own2, :own3, :own4)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (reading_snapshot.seq =
VALUES(seq) AND reading_snapshot.seq > reading_snapshot.osiris_origin) THEN reading_snapshot.seq + 1 ELSE
    9223372036854775807 + abs(sign(reading_snapshot.seq)) END
-- binds: k0 Uuid(), expected BigInteger(), own2 Integer() = -1, own3 Integer() = 0, own4 Integer() = 0

-- reading, seq, none touched, touches, many: heads
SELECT reading_snapshot.sensor, reading_snapshot.seq, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys])
-- binds: keys Uuid()

-- reading, seq, none touched, touches, many: event
INSERT INTO reading_event (sensor, seq, recorded_at)
VALUES (:k0, :seq, :recorded_at)
-- binds: k0 Uuid(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- visit, anything, first touched, touches, event_meta, recorded_at, one: head
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5, :own6, :own7, :own8)
ON DUPLICATE KEY UPDATE seq = (visit_snapshot.seq + 1)
-- binds: k0 String(), k1 Date(), own2 Integer() = 1, own3 Integer() = 0, own4 Integer() = 0, own5 Integer() =
--   2528154376666229541, own6 Integer() = 0, own7 Float() = 0.0, own8 Integer() = 0

-- visit, anything, first touched, touches, event_meta, recorded_at, one: heads
SELECT visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(), Date())

-- visit, anything, first touched, touches, event_meta, recorded_at, one: event
INSERT INTO visit_event (page, day, seq, recorded_at, hits, event_meta)
VALUES (:k0, :k1, :seq, :recorded_at, :f0, :event_meta)
-- binds: k0 String(), k1 Date(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), f0 Integer(), event_meta
--   JSON(none_as_null=True)

-- visit, anything, none touched, touches, many: head
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5, :own6, :own7, :own8)
ON DUPLICATE KEY UPDATE seq = (visit_snapshot.seq + 1)
-- binds: k0 String(), k1 Date(), own2 Integer() = 1, own3 Integer() = 0, own4 Integer() = 0, own5 Integer() =
--   2528154376666229541, own6 Integer() = 0, own7 Float() = 0.0, own8 Integer() = 0

-- visit, anything, none touched, touches, many: heads
SELECT visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(), Date())

-- visit, anything, none touched, touches, many: event
INSERT INTO visit_event (page, day, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(), k1 Date(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- visit, live, none touched, ends, many: head
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (visit_snapshot.seq > visit_snapshot.osiris_origin) THEN
    visit_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(visit_snapshot.seq)) END, hits = 0, last = NULL, size =
    0.0, osiris_count_size = 0, osiris_origin = (visit_snapshot.seq + 1), osiris_fingerprint = 2528154376666229541,
    seq = (visit_snapshot.seq + 1)
-- binds: k0 String(), k1 Date(), own2 Integer() = 1, own3 Integer() = -1, own4 Integer() = 0, own5 Integer() = 0

-- visit, live, none touched, ends, many: heads
SELECT visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(), Date())

-- visit, live, none touched, ends, many: event
INSERT INTO visit_event (page, day, seq, recorded_at, osiris_cleared)
VALUES (:k0, :k1, :seq, :recorded_at, :own_cleared)
-- binds: k0 String(), k1 Date(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), own_cleared Text() = '*'

-- visit, live, none touched, touches, one: head
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1)
WHERE visit_snapshot.page = :k0 AND visit_snapshot.day = :k1 AND visit_snapshot.seq > visit_snapshot.osiris_origin
-- binds: k0 String(), k1 Date()

-- visit, live, none touched, touches, one: heads
SELECT visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(), Date())

-- visit, live, none touched, touches, one: event
INSERT INTO visit_event (page, day, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(), k1 Date(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- visit, not_live, all touched, clears, event_id, event_type, one: head
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5, :own6, :own7, :own8)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (visit_snapshot.seq = visit_snapshot.osiris_origin) THEN visit_snapshot.seq +
    1 ELSE 9223372036854775807 + abs(sign(visit_snapshot.seq)) END
-- binds: k0 String(), k1 Date(), own2 Integer() = 1, own3 Integer() = 0, own4 Integer() = 0, own5 Integer() =
--   2528154376666229541, own6 Integer() = 0, own7 Float() = 0.0, own8 Integer() = 0

-- visit, not_live, all touched, clears, event_id, event_type, one: heads
SELECT visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(), Date())

-- visit, not_live, all touched, clears, event_id, event_type, one: event
INSERT INTO visit_event (page, day, seq, recorded_at, hits, last, size, osiris_cleared, event_id, event_type)
VALUES (:k0, :k1, :seq, :recorded_at, :f0, :f1, :f2, :cleared, :event_id, :event_type)
-- binds: k0 String(), k1 Date(), seq BigInteger(), recorded_at UTCDateTime(timezone=True), f0 Integer(), f1
--   LargeBinary(), f2 Float(), cleared Text(), event_id Uuid(), event_type String(length=255)

-- visit, not_live, none touched, touches, many: head
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (:k0, :k1, :own2, :own3, :own4, :own5, :own6, :own7, :own8)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (visit_snapshot.seq = visit_snapshot.osiris_origin) THEN visit_snapshot.seq +
    1 ELSE 9223372036854775807 + abs(sign(visit_snapshot.seq)) END
-- binds: k0 String(), k1 Date(), own2 Integer() = 1, own3 Integer() = 0, own4 Integer() = 0, own5 Integer() =
--   2528154376666229541, own6 Integer() = 0, own7 Float() = 0.0, own8 Integer() = 0

-- visit, not_live, none touched, touches, many: heads
SELECT visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(), Date())

-- visit, not_live, none touched, touches, many: event
INSERT INTO visit_event (page, day, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(), k1 Date(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- visit, seq, none touched, touches, many: head
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, :k1, :expected, :own3, :own4, :own5)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (visit_snapshot.seq =
VALUES(seq) AND visit_snapshot.seq > visit_snapshot.osiris_origin) THEN visit_snapshot.seq + 1 ELSE
    9223372036854775807 + abs(sign(visit_snapshot.seq)) END
-- binds: k0 String(), k1 Date(), expected BigInteger(), own3 Integer() = -1, own4 Integer() = 0, own5 Integer() = 0

-- visit, seq, none touched, touches, many: heads
SELECT visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(), Date())

-- visit, seq, none touched, touches, many: event
INSERT INTO visit_event (page, day, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(), k1 Date(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

-- visit, seq, none touched, touches, one: head
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1)
WHERE visit_snapshot.page = :k0 AND visit_snapshot.day = :k1 AND visit_snapshot.seq = :expected AND visit_snapshot.seq
    > visit_snapshot.osiris_origin
-- binds: k0 String(), k1 Date(), expected BigInteger()

-- visit, seq, none touched, touches, one: heads
SELECT visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint, utc_timestamp(6) AS utc_timestamp_1
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(), Date())

-- visit, seq, none touched, touches, one: event
INSERT INTO visit_event (page, day, seq, recorded_at)
VALUES (:k0, :k1, :seq, :recorded_at)
-- binds: k0 String(), k1 Date(), seq BigInteger(), recorded_at UTCDateTime(timezone=True)

