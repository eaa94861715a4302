-- account, anything, none touched, touches, many: head
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean)
VALUES (:k0, 1, 0, 1, 9040296020539021685, 0, 0, 0, 0)
ON CONFLICT (id)
DO UPDATE
SET seq = (account_snapshot.seq + 1), osiris_folded = CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END, osiris_fingerprint =
    CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685 ELSE 0 END
-- binds: k0 String(length=20)

-- account, anything, none touched, touches, many: event
INSERT INTO account_event (id, seq, position, recorded_at)
VALUES (:k0, :seq, :position, :now)
-- binds: k0 String(length=20), seq BigInteger(), position BigInteger(), now Text()

-- account, anything, none touched, touches, one: head
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean)
VALUES (:k0, 1, 0, 1, 9040296020539021685, 0, 0, 0, 0)
ON CONFLICT (id)
DO UPDATE
SET seq = (account_snapshot.seq + 1), osiris_folded = CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END, osiris_fingerprint =
    CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685 ELSE 0 END
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 String(length=20)

-- account, anything, none touched, touches, one: event
INSERT INTO account_event (id, seq, position, recorded_at)
VALUES (:k0, :seq, (
SELECT coalesce(max(account_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM account_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'))
RETURNING position, recorded_at
-- binds: k0 String(length=20), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1

-- account, live, all touched, touches, event_id, event_type, one: head
UPDATE account_snapshot
SET seq=(account_snapshot.seq + 1), osiris_folded=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END,
    osiris_fingerprint=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685
    ELSE 0 END, name=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN :f0 ELSE
    account_snapshot.name END, balance=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    CAST(CAST(round(account_snapshot.balance * 100) AS BIGINT) + CAST(round(:f1 * 100) AS BIGINT) AS FLOAT) / (100.0 +
    0.0) ELSE account_snapshot.balance END, moves=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN CASE WHEN (typeof(account_snapshot.moves + 1) = :typeof_1) THEN account_snapshot.moves +
    1 ELSE abs(-9223372036854775807 - :-9223372036854775807_1) END ELSE account_snapshot.moves END, best=CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN coalesce(max(account_snapshot.best, :f3),
    account_snapshot.best, :f3) ELSE account_snapshot.best END, mean=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN CASE WHEN (typeof(account_snapshot.mean + :f4) = :typeof_2) THEN account_snapshot.mean +
    :f4 ELSE abs(-9223372036854775807 - :-9223372036854775807_2) END ELSE account_snapshot.mean END,
    osiris_count_mean=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN CASE WHEN
    (typeof(account_snapshot.osiris_count_mean + 1) = :typeof_3) THEN account_snapshot.osiris_count_mean + 1 ELSE
    abs(-9223372036854775807 - :-9223372036854775807_3) END ELSE account_snapshot.osiris_count_mean END
WHERE account_snapshot.id = :k0 AND account_snapshot.seq > account_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: f0 String(length=40), f1 Float(), typeof_1 String() = 'integer', -9223372036854775807_1 Integer() = 1, f3
--   Integer(), f3 Integer(), f4 Integer(), typeof_2 String() = 'integer', f4 Integer(), -9223372036854775807_2
--   Integer() = 1, typeof_3 String() = 'integer', -9223372036854775807_3 Integer() = 1, k0 String(length=20)

-- account, live, all touched, touches, event_id, event_type, one: event
INSERT INTO account_event (id, seq, position, recorded_at, name, balance, moves, best, mean, event_id, event_type)
VALUES (:k0, :seq, (
SELECT coalesce(max(account_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM account_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'), :f0, :f1, :f2, :f3, :f4, :event_id, :event_type)
RETURNING position, recorded_at
-- binds: k0 String(length=20), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1, f0
--   String(length=40), f1 ExactDecimal(precision=10, scale=2), f2 Integer(), f3 Integer(), f4 Integer(), event_id
--   Uuid(), event_type String(length=255)

-- account, live, none touched, touches, many: head
UPDATE account_snapshot
SET seq=(account_snapshot.seq + 1), osiris_folded=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END,
    osiris_fingerprint=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685
    ELSE 0 END
WHERE account_snapshot.id = :k0 AND account_snapshot.seq > account_snapshot.osiris_origin
-- binds: k0 String(length=20)

-- account, live, none touched, touches, many: event
INSERT INTO account_event (id, seq, position, recorded_at)
VALUES (:k0, :seq, :position, :now)
-- binds: k0 String(length=20), seq BigInteger(), position BigInteger(), now Text()

-- account, not_live, first touched, clears, event_id, event_type, many: head
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, name, balance, moves, mean,
    osiris_count_mean)
VALUES (:k0, 1, 0, 1, 9040296020539021685, :f0, 0, 0, 0, 0)
ON CONFLICT (id)
DO UPDATE
SET seq = (account_snapshot.seq + 1), osiris_folded = CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END, osiris_fingerprint =
    CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685 ELSE 0 END, name =
    CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN excluded.name ELSE
    account_snapshot.name END
WHERE account_snapshot.seq = account_snapshot.osiris_origin
-- binds: k0 String(length=20), f0 String(length=40)

-- account, not_live, first touched, clears, event_id, event_type, many: event
INSERT INTO account_event (id, seq, position, recorded_at, name, osiris_cleared, event_id, event_type)
VALUES (:k0, :seq, :position, :now, :f0, :cleared, :event_id, :event_type)
-- binds: k0 String(length=20), seq BigInteger(), position BigInteger(), now Text(), f0 String(length=40), cleared
--   Text(), event_id Uuid(), event_type String(length=255)

-- account, not_live, none touched, touches, one: head
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean)
VALUES (:k0, 1, 0, 1, 9040296020539021685, 0, 0, 0, 0)
ON CONFLICT (id)
DO UPDATE
SET seq = (account_snapshot.seq + 1), osiris_folded = CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END, osiris_fingerprint =
    CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685 ELSE 0 END
WHERE account_snapshot.seq = account_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 String(length=20)

-- account, not_live, none touched, touches, one: event
INSERT INTO account_event (id, seq, position, recorded_at)
VALUES (:k0, :seq, (
SELECT coalesce(max(account_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM account_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'))
RETURNING position, recorded_at
-- binds: k0 String(length=20), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1

-- account, seq, none touched, ends, event_meta, recorded_at, one: head
UPDATE account_snapshot
SET seq=(account_snapshot.seq + 1), osiris_origin=(account_snapshot.seq + 1), osiris_folded=(account_snapshot.seq +
    1), osiris_fingerprint=9040296020539021685, name=:name, balance=:balance, moves=:moves, best=:best, mean=:mean,
    osiris_count_mean=:osiris_count_mean
WHERE account_snapshot.id = :k0 AND account_snapshot.seq = :expected AND account_snapshot.seq >
    account_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: name String(length=40), balance ExactDecimal(precision=38, scale=2) = 0, moves BigInteger() = 0, best
--   Integer(), mean BigInteger() = 0, osiris_count_mean BigInteger() = 0, k0 String(length=20), expected BigInteger()

-- account, seq, none touched, ends, event_meta, recorded_at, one: event
INSERT INTO account_event (id, seq, position, recorded_at, osiris_cleared, event_meta)
VALUES (:k0, :seq, (
SELECT coalesce(max(account_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM account_event), coalesce(:recorded_at, strftime('%Y-%m-%d %H:%M:%f000', 'now')), '*', :event_meta)
RETURNING position, recorded_at
-- binds: k0 String(length=20), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1, recorded_at
--   UTCDateTime(timezone=True), event_meta JSON(none_as_null=True)

-- account, seq, none touched, touches, many: head
UPDATE account_snapshot
SET seq=(account_snapshot.seq + 1), osiris_folded=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END,
    osiris_fingerprint=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685
    ELSE 0 END
WHERE account_snapshot.id = :k0 AND account_snapshot.seq = :expected AND account_snapshot.seq >
    account_snapshot.osiris_origin
-- binds: k0 String(length=20), expected BigInteger()

-- account, seq, none touched, touches, many: event
INSERT INTO account_event (id, seq, position, recorded_at)
VALUES (:k0, :seq, :position, :now)
-- binds: k0 String(length=20), seq BigInteger(), position BigInteger(), now Text()

-- employee, anything, first touched, clears, event_id, event_type, one: head
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (:k0, :k1, 1, 0, 0, 3374913928670114850, 0.0)
ON CONFLICT (company, number)
DO UPDATE
SET seq = (employee_snapshot.seq + 1)
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 String(length=20), k1 Integer()

-- employee, anything, first touched, clears, event_id, event_type, one: event
INSERT INTO employee_event (company, number, seq, position, recorded_at, name, osiris_cleared, event_id, event_type)
VALUES (:k0, :k1, :seq, (
SELECT coalesce(max(employee_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM employee_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'), :f0, :cleared, :event_id, :event_type)
RETURNING position, recorded_at
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1,
--   f0 String(), cleared Text(), event_id Uuid(), event_type String(length=255)

-- employee, anything, none touched, touches, many: head
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (:k0, :k1, 1, 0, 0, 3374913928670114850, 0.0)
ON CONFLICT (company, number)
DO UPDATE
SET seq = (employee_snapshot.seq + 1)
-- binds: k0 String(length=20), k1 Integer()

-- employee, anything, none touched, touches, many: event
INSERT INTO employee_event (company, number, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, :position, :now)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), position BigInteger(), now Text()

-- employee, live, none touched, touches, many: head
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1)
WHERE employee_snapshot.company = :k0 AND employee_snapshot.number = :k1 AND employee_snapshot.seq >
    employee_snapshot.osiris_origin
-- binds: k0 String(length=20), k1 Integer()

-- employee, live, none touched, touches, many: event
INSERT INTO employee_event (company, number, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, :position, :now)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), position BigInteger(), now Text()

-- employee, live, none touched, touches, one: head
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1)
WHERE employee_snapshot.company = :k0 AND employee_snapshot.number = :k1 AND employee_snapshot.seq >
    employee_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 String(length=20), k1 Integer()

-- employee, live, none touched, touches, one: event
INSERT INTO employee_event (company, number, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, (
SELECT coalesce(max(employee_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM employee_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'))
RETURNING position, recorded_at
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1

-- employee, not_live, all touched, touches, one: head
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (:k0, :k1, 1, 0, 0, 3374913928670114850, 0.0)
ON CONFLICT (company, number)
DO UPDATE
SET seq = (employee_snapshot.seq + 1)
WHERE employee_snapshot.seq = employee_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 String(length=20), k1 Integer()

-- employee, not_live, all touched, touches, one: event
INSERT INTO employee_event (company, number, seq, position, recorded_at, name, tags, colours, salary)
VALUES (:k0, :k1, :seq, (
SELECT coalesce(max(employee_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM employee_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'), :f0, :f1, :f2, :f3)
RETURNING position, recorded_at
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1,
--   f0 String(), f1 JSON(none_as_null=True), f2 JSON(none_as_null=True), f3 Float()

-- employee, not_live, none touched, touches, many: head
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (:k0, :k1, 1, 0, 0, 3374913928670114850, 0.0)
ON CONFLICT (company, number)
DO UPDATE
SET seq = (employee_snapshot.seq + 1)
WHERE employee_snapshot.seq = employee_snapshot.osiris_origin
-- binds: k0 String(length=20), k1 Integer()

-- employee, not_live, none touched, touches, many: event
INSERT INTO employee_event (company, number, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, :position, :now)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), position BigInteger(), now Text()

-- employee, seq, none touched, ends, event_meta, recorded_at, many: head
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1), osiris_origin=(employee_snapshot.seq + 1), osiris_folded=(employee_snapshot.seq +
    1), osiris_fingerprint=3374913928670114850, name=:name, tags=:tags, osiris_state_tags=:osiris_state_tags,
    colours=:colours, osiris_state_colours=:osiris_state_colours, salary=:salary
WHERE employee_snapshot.company = :k0 AND employee_snapshot.number = :k1 AND employee_snapshot.seq = :expected AND
    employee_snapshot.seq > employee_snapshot.osiris_origin
-- binds: name String(), tags AccumulatorText(Append()), osiris_state_tags JSON(none_as_null=True), colours
--   AccumulatorText(Distinct()), osiris_state_colours BigInteger(), salary Float() = 0.0, k0 String(length=20), k1
--   Integer(), expected BigInteger()

-- employee, seq, none touched, ends, event_meta, recorded_at, many: event
INSERT INTO employee_event (company, number, seq, position, recorded_at, osiris_cleared, event_meta)
VALUES (:k0, :k1, :seq, :position, coalesce(:recorded_at, :now), '*', :event_meta)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), position BigInteger(), recorded_at
--   UTCDateTime(timezone=True), now Text(), event_meta JSON(none_as_null=True)

-- employee, seq, none touched, touches, one: head
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1)
WHERE employee_snapshot.company = :k0 AND employee_snapshot.number = :k1 AND employee_snapshot.seq = :expected AND
    employee_snapshot.seq > employee_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 String(length=20), k1 Integer(), expected BigInteger()

-- employee, seq, none touched, touches, one: event
INSERT INTO employee_event (company, number, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, (
SELECT coalesce(max(employee_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM employee_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'))
RETURNING position, recorded_at
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1

-- invoice, anything, none touched, ends, one: head
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid)
VALUES (:k0, 1, 0, 0, 5850422120975743139, 0, 1)
ON CONFLICT (id)
DO UPDATE
SET seq = (invoice_snapshot.seq + 1), osiris_origin = (invoice_snapshot.seq + 1), osiris_folded =
    (invoice_snapshot.seq + 1), osiris_fingerprint = 5850422120975743139, customer = :param_1, total = :param_2, paid
    = :param_3, due = :param_4
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 Integer(), param_1 String(length=40), param_2 ExactDecimal(precision=38, scale=2) = 0, param_3 Boolean()
--   = True, param_4 Date()

-- invoice, anything, none touched, ends, one: event
INSERT INTO invoice_event (id, seq, position, recorded_at, osiris_cleared)
VALUES (:k0, :seq, (
SELECT coalesce(max(invoice_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM invoice_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'), '*')
RETURNING position, recorded_at
-- binds: k0 Integer(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1

-- invoice, anything, none touched, touches, many: head
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid)
VALUES (:k0, 1, 0, 0, 5850422120975743139, 0, 1)
ON CONFLICT (id)
DO UPDATE
SET seq = (invoice_snapshot.seq + 1)
-- binds: k0 Integer()

-- invoice, anything, none touched, touches, many: event
INSERT INTO invoice_event (id, seq, position, recorded_at)
VALUES (:k0, :seq, :position, :now)
-- binds: k0 Integer(), seq BigInteger(), position BigInteger(), now Text()

-- invoice, live, all touched, clears, event_meta, recorded_at, one: head
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1)
WHERE invoice_snapshot.id = :k0 AND invoice_snapshot.seq > invoice_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 Integer()

-- invoice, live, all touched, clears, event_meta, recorded_at, one: event
INSERT INTO invoice_event (id, seq, position, recorded_at, customer, total, paid, due, osiris_cleared, event_meta)
VALUES (:k0, :seq, (
SELECT coalesce(max(invoice_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM invoice_event), coalesce(:recorded_at, strftime('%Y-%m-%d %H:%M:%f000', 'now')), :f0, :f1, :f2, :f3, :cleared,
    :event_meta)
RETURNING position, recorded_at
-- binds: k0 Integer(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1, recorded_at
--   UTCDateTime(timezone=True), f0 String(length=40), f1 ExactDecimal(precision=12, scale=2), f2 Boolean(), f3
--   Date(), cleared Text(), event_meta JSON(none_as_null=True)

-- invoice, live, none touched, touches, many: head
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1)
WHERE invoice_snapshot.id = :k0 AND invoice_snapshot.seq > invoice_snapshot.osiris_origin
-- binds: k0 Integer()

-- invoice, live, none touched, touches, many: event
INSERT INTO invoice_event (id, seq, position, recorded_at)
VALUES (:k0, :seq, :position, :now)
-- binds: k0 Integer(), seq BigInteger(), position BigInteger(), now Text()

-- invoice, not_live, first touched, touches, one: head
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid)
VALUES (:k0, 1, 0, 0, 5850422120975743139, 0, 1)
ON CONFLICT (id)
DO UPDATE
SET seq = (invoice_snapshot.seq + 1)
WHERE invoice_snapshot.seq = invoice_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 Integer()

-- invoice, not_live, first touched, touches, one: event
INSERT INTO invoice_event (id, seq, position, recorded_at, customer)
VALUES (:k0, :seq, (
SELECT coalesce(max(invoice_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM invoice_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'), :f0)
RETURNING position, recorded_at
-- binds: k0 Integer(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1, f0 String(length=40)

-- invoice, not_live, none touched, touches, many: head
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid)
VALUES (:k0, 1, 0, 0, 5850422120975743139, 0, 1)
ON CONFLICT (id)
DO UPDATE
SET seq = (invoice_snapshot.seq + 1)
WHERE invoice_snapshot.seq = invoice_snapshot.osiris_origin
-- binds: k0 Integer()

-- invoice, not_live, none touched, touches, many: event
INSERT INTO invoice_event (id, seq, position, recorded_at)
VALUES (:k0, :seq, :position, :now)
-- binds: k0 Integer(), seq BigInteger(), position BigInteger(), now Text()

-- invoice, seq, none touched, touches, event_id, event_type, many: head
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1)
WHERE invoice_snapshot.id = :k0 AND invoice_snapshot.seq = :expected AND invoice_snapshot.seq >
    invoice_snapshot.osiris_origin
-- binds: k0 Integer(), expected BigInteger()

-- invoice, seq, none touched, touches, event_id, event_type, many: event
INSERT INTO invoice_event (id, seq, position, recorded_at, event_id, event_type)
VALUES (:k0, :seq, :position, :now, :event_id, :event_type)
-- binds: k0 Integer(), seq BigInteger(), position BigInteger(), now Text(), event_id Uuid(), event_type
--   String(length=255)

-- invoice, seq, none touched, touches, one: head
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1)
WHERE invoice_snapshot.id = :k0 AND invoice_snapshot.seq = :expected AND invoice_snapshot.seq >
    invoice_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 Integer(), expected BigInteger()

-- invoice, seq, none touched, touches, one: event
INSERT INTO invoice_event (id, seq, position, recorded_at)
VALUES (:k0, :seq, (
SELECT coalesce(max(invoice_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM invoice_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'))
RETURNING position, recorded_at
-- binds: k0 Integer(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1

-- patient, anything, all touched, touches, event_id, event_type, many: head
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, visits)
VALUES (:k0, :k1, 1, 0, 0, 125089726352930075, 0)
ON CONFLICT (hospital, number)
DO UPDATE
SET seq = (ward.patient_snapshot.seq + 1)
-- binds: k0 String(length=20), k1 Integer()

-- patient, anything, all touched, touches, event_id, event_type, many: event
INSERT INTO ward.patient_event (hospital, number, seq, position, recorded_at, name, visits, event_id, event_type)
VALUES (:k0, :k1, :seq, :position, :now, :f0, :f1, :event_id, :event_type)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), position BigInteger(), now Text(), f0
--   Encrypted(String(length=40)), f1 Integer(), event_id Uuid(), event_type String(length=255)

-- patient, anything, none touched, touches, one: head
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, visits)
VALUES (:k0, :k1, 1, 0, 0, 125089726352930075, 0)
ON CONFLICT (hospital, number)
DO UPDATE
SET seq = (ward.patient_snapshot.seq + 1)
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 String(length=20), k1 Integer()

-- patient, anything, none touched, touches, one: event
INSERT INTO ward.patient_event (hospital, number, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, (
SELECT coalesce(max(ward.patient_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM ward.patient_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'))
RETURNING position, recorded_at
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1

-- patient, live, none touched, touches, many: head
UPDATE ward.patient_snapshot
SET seq=(ward.patient_snapshot.seq + 1)
WHERE ward.patient_snapshot.hospital = :k0 AND ward.patient_snapshot.number = :k1 AND ward.patient_snapshot.seq >
    ward.patient_snapshot.osiris_origin
-- binds: k0 String(length=20), k1 Integer()

-- patient, live, none touched, touches, many: event
INSERT INTO ward.patient_event (hospital, number, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, :position, :now)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), position BigInteger(), now Text()

-- patient, live, none touched, touches, one: head
UPDATE ward.patient_snapshot
SET seq=(ward.patient_snapshot.seq + 1)
WHERE ward.patient_snapshot.hospital = :k0 AND ward.patient_snapshot.number = :k1 AND ward.patient_snapshot.seq >
    ward.patient_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 String(length=20), k1 Integer()

-- patient, live, none touched, touches, one: event
INSERT INTO ward.patient_event (hospital, number, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, (
SELECT coalesce(max(ward.patient_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM ward.patient_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'))
RETURNING position, recorded_at
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1

-- patient, not_live, none touched, ends, event_meta, recorded_at, one: head
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, visits)
VALUES (:k0, :k1, 1, 0, 0, 125089726352930075, 0)
ON CONFLICT (hospital, number)
DO UPDATE
SET seq = (ward.patient_snapshot.seq + 1), osiris_origin = (ward.patient_snapshot.seq + 1), osiris_folded =
    (ward.patient_snapshot.seq + 1), osiris_fingerprint = 125089726352930075, name = :param_1, visits = :param_2
WHERE ward.patient_snapshot.seq = ward.patient_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 String(length=20), k1 Integer(), param_1 Encrypted(String(length=40)), param_2 BigInteger() = 0

-- patient, not_live, none touched, ends, event_meta, recorded_at, one: event
INSERT INTO ward.patient_event (hospital, number, seq, position, recorded_at, osiris_cleared, event_meta)
VALUES (:k0, :k1, :seq, (
SELECT coalesce(max(ward.patient_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM ward.patient_event), coalesce(:recorded_at, strftime('%Y-%m-%d %H:%M:%f000', 'now')), '*', :event_meta)
RETURNING position, recorded_at
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1,
--   recorded_at UTCDateTime(timezone=True), event_meta JSON(none_as_null=True)

-- patient, not_live, none touched, touches, many: head
INSERT INTO ward.patient_snapshot (hospital, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, visits)
VALUES (:k0, :k1, 1, 0, 0, 125089726352930075, 0)
ON CONFLICT (hospital, number)
DO UPDATE
SET seq = (ward.patient_snapshot.seq + 1)
WHERE ward.patient_snapshot.seq = ward.patient_snapshot.osiris_origin
-- binds: k0 String(length=20), k1 Integer()

-- patient, not_live, none touched, touches, many: event
INSERT INTO ward.patient_event (hospital, number, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, :position, :now)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), position BigInteger(), now Text()

-- patient, seq, first touched, clears, one: head
UPDATE ward.patient_snapshot
SET seq=(ward.patient_snapshot.seq + 1)
WHERE ward.patient_snapshot.hospital = :k0 AND ward.patient_snapshot.number = :k1 AND ward.patient_snapshot.seq =
    :expected AND ward.patient_snapshot.seq > ward.patient_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 String(length=20), k1 Integer(), expected BigInteger()

-- patient, seq, first touched, clears, one: event
INSERT INTO ward.patient_event (hospital, number, seq, position, recorded_at, name, osiris_cleared)
VALUES (:k0, :k1, :seq, (
SELECT coalesce(max(ward.patient_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM ward.patient_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'), :f0, :cleared)
RETURNING position, recorded_at
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1,
--   f0 Encrypted(String(length=40)), cleared Text()

-- patient, seq, none touched, touches, many: head
UPDATE ward.patient_snapshot
SET seq=(ward.patient_snapshot.seq + 1)
WHERE ward.patient_snapshot.hospital = :k0 AND ward.patient_snapshot.number = :k1 AND ward.patient_snapshot.seq =
    :expected AND ward.patient_snapshot.seq > ward.patient_snapshot.osiris_origin
-- binds: k0 String(length=20), k1 Integer(), expected BigInteger()

-- patient, seq, none touched, touches, many: event
INSERT INTO ward.patient_event (hospital, number, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, :position, :now)
-- binds: k0 String(length=20), k1 Integer(), seq BigInteger(), position BigInteger(), now Text()

-- reading, anything, none touched, touches, many: head
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, 1, 0, 0, 6388899372266228392)
ON CONFLICT (sensor)
DO UPDATE
SET seq = (reading_snapshot.seq + 1)
-- binds: k0 Uuid()

-- reading, anything, none touched, touches, many: event
INSERT INTO reading_event (sensor, seq, position, recorded_at)
VALUES (:k0, :seq, :position, :now)
-- binds: k0 Uuid(), seq BigInteger(), position BigInteger(), now Text()

-- reading, anything, none touched, touches, one: head
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, 1, 0, 0, 6388899372266228392)
ON CONFLICT (sensor)
DO UPDATE
SET seq = (reading_snapshot.seq + 1)
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 Uuid()

-- reading, anything, none touched, touches, one: event
INSERT INTO reading_event (sensor, seq, position, recorded_at)
VALUES (:k0, :seq, (
SELECT coalesce(max(reading_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM reading_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'))
RETURNING position, recorded_at
-- binds: k0 Uuid(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1

-- reading, live, first touched, touches, many: head
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1)
WHERE reading_snapshot.sensor = :k0 AND reading_snapshot.seq > reading_snapshot.osiris_origin
-- binds: k0 Uuid()

-- reading, live, first touched, touches, many: event
INSERT INTO reading_event (sensor, seq, position, recorded_at, least)
VALUES (:k0, :seq, :position, :now, :f0)
-- binds: k0 Uuid(), seq BigInteger(), position BigInteger(), now Text(), f0 Float()

-- reading, live, none touched, touches, one: head
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1)
WHERE reading_snapshot.sensor = :k0 AND reading_snapshot.seq > reading_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 Uuid()

-- reading, live, none touched, touches, one: event
INSERT INTO reading_event (sensor, seq, position, recorded_at)
VALUES (:k0, :seq, (
SELECT coalesce(max(reading_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM reading_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'))
RETURNING position, recorded_at
-- binds: k0 Uuid(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1

-- reading, not_live, none touched, ends, event_id, event_type, one: head
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, 1, 0, 0, 6388899372266228392)
ON CONFLICT (sensor)
DO UPDATE
SET seq = (reading_snapshot.seq + 1), osiris_origin = (reading_snapshot.seq + 1), osiris_folded =
    (reading_snapshot.seq + 1), osiris_fingerprint = 6388899372266228392, least = :param_1, first = :param_2, notes =
    :param_3
WHERE reading_snapshot.seq = reading_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 Uuid(), param_1 Float(), param_2 UTCDateTime(timezone=True), param_3 AccumulatorText(Append())

-- reading, not_live, none touched, ends, event_id, event_type, one: event
INSERT INTO reading_event (sensor, seq, position, recorded_at, osiris_cleared, event_id, event_type)
VALUES (:k0, :seq, (
SELECT coalesce(max(reading_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM reading_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'), '*', :event_id, :event_type)
RETURNING position, recorded_at
-- binds: k0 Uuid(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1, event_id Uuid(),
--   event_type String(length=255)

-- reading, not_live, none touched, touches, many: head
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (:k0, 1, 0, 0, 6388899372266228392)
ON CONFLICT (sensor)
DO UPDATE
SET seq = (reading_snapshot.seq + 1)
WHERE reading_snapshot.seq = reading_snapshot.osiris_origin
-- binds: k0 Uuid()

-- reading, not_live, none touched, touches, many: event
INSERT INTO reading_event (sensor, seq, position, recorded_at)
VALUES (:k0, :seq, :position, :now)
-- binds: k0 Uuid(), seq BigInteger(), position BigInteger(), now Text()

-- reading, seq, all touched, clears, event_meta, recorded_at, one: head
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1)
WHERE reading_snapshot.sensor = :k0 AND reading_snapshot.seq = :expected AND reading_snapshot.seq >
    reading_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 Uuid(), expected BigInteger()

-- reading, seq, all touched, clears, event_meta, recorded_at, one: event
INSERT INTO reading_event (sensor, seq, position, recorded_at, least, first, notes, osiris_cleared, event_meta)
VALUES (:k0, :seq, (
SELECT coalesce(max(reading_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM reading_event), coalesce(:recorded_at, strftime('%Y-%m-%d %H:%M:%f000', 'now')), :f0, :f1, :f2, :cleared,
    :event_meta)
RETURNING position, recorded_at
-- binds: k0 Uuid(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1, recorded_at
--   UTCDateTime(timezone=True), f0 Float(), f1 UTCDateTime(timezone=True), f2 JSON(none_as_null=True), cleared
--   Text(), event_meta JSON(none_as_null=True)

-- reading, seq, none touched, touches, many: head
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1)
WHERE reading_snapshot.sensor = :k0 AND reading_snapshot.seq = :expected AND reading_snapshot.seq >
    reading_snapshot.osiris_origin
-- binds: k0 Uuid(), expected BigInteger()

-- reading, seq, none touched, touches, many: event
INSERT INTO reading_event (sensor, seq, position, recorded_at)
VALUES (:k0, :seq, :position, :now)
-- binds: k0 Uuid(), seq BigInteger(), position BigInteger(), now Text()

-- visit, anything, first touched, touches, event_meta, recorded_at, one: head
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (:k0, :k1, 1, 0, 0, 2528154376666229541, 0, 0.0, 0)
ON CONFLICT (page, day)
DO UPDATE
SET seq = (visit_snapshot.seq + 1)
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 String(), k1 Date()

-- visit, anything, first touched, touches, event_meta, recorded_at, one: event
INSERT INTO visit_event (page, day, seq, position, recorded_at, hits, event_meta)
VALUES (:k0, :k1, :seq, (
SELECT coalesce(max(visit_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM visit_event), coalesce(:recorded_at, strftime('%Y-%m-%d %H:%M:%f000', 'now')), :f0, :event_meta)
RETURNING position, recorded_at
-- binds: k0 String(), k1 Date(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1, recorded_at
--   UTCDateTime(timezone=True), f0 Integer(), event_meta JSON(none_as_null=True)

-- visit, anything, none touched, touches, many: head
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (:k0, :k1, 1, 0, 0, 2528154376666229541, 0, 0.0, 0)
ON CONFLICT (page, day)
DO UPDATE
SET seq = (visit_snapshot.seq + 1)
-- binds: k0 String(), k1 Date()

-- visit, anything, none touched, touches, many: event
INSERT INTO visit_event (page, day, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, :position, :now)
-- binds: k0 String(), k1 Date(), seq BigInteger(), position BigInteger(), now Text()

-- visit, live, none touched, ends, many: head
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1), osiris_origin=(visit_snapshot.seq + 1), osiris_folded=(visit_snapshot.seq + 1),
    osiris_fingerprint=2528154376666229541, hits=:hits, last=:last, size=:size, osiris_count_size=:osiris_count_size
WHERE visit_snapshot.page = :k0 AND visit_snapshot.day = :k1 AND visit_snapshot.seq > visit_snapshot.osiris_origin
-- binds: hits BigInteger() = 0, last LargeBinary(), size Float() = 0.0, osiris_count_size BigInteger() = 0, k0
--   String(), k1 Date()

-- visit, live, none touched, ends, many: event
INSERT INTO visit_event (page, day, seq, position, recorded_at, osiris_cleared)
VALUES (:k0, :k1, :seq, :position, :now, '*')
-- binds: k0 String(), k1 Date(), seq BigInteger(), position BigInteger(), now Text()

-- visit, live, none touched, touches, one: head
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1)
WHERE visit_snapshot.page = :k0 AND visit_snapshot.day = :k1 AND visit_snapshot.seq > visit_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 String(), k1 Date()

-- visit, live, none touched, touches, one: event
INSERT INTO visit_event (page, day, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, (
SELECT coalesce(max(visit_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM visit_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'))
RETURNING position, recorded_at
-- binds: k0 String(), k1 Date(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1

-- visit, not_live, all touched, clears, event_id, event_type, one: head
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (:k0, :k1, 1, 0, 0, 2528154376666229541, 0, 0.0, 0)
ON CONFLICT (page, day)
DO UPDATE
SET seq = (visit_snapshot.seq + 1)
WHERE visit_snapshot.seq = visit_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 String(), k1 Date()

-- visit, not_live, all touched, clears, event_id, event_type, one: event
INSERT INTO visit_event (page, day, seq, position, recorded_at, hits, last, size, osiris_cleared, event_id,
    event_type)
VALUES (:k0, :k1, :seq, (
SELECT coalesce(max(visit_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM visit_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'), :f0, :f1, :f2, :cleared, :event_id, :event_type)
RETURNING position, recorded_at
-- binds: k0 String(), k1 Date(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1, f0
--   Integer(), f1 LargeBinary(), f2 Float(), cleared Text(), event_id Uuid(), event_type String(length=255)

-- visit, not_live, none touched, touches, many: head
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (:k0, :k1, 1, 0, 0, 2528154376666229541, 0, 0.0, 0)
ON CONFLICT (page, day)
DO UPDATE
SET seq = (visit_snapshot.seq + 1)
WHERE visit_snapshot.seq = visit_snapshot.osiris_origin
-- binds: k0 String(), k1 Date()

-- visit, not_live, none touched, touches, many: event
INSERT INTO visit_event (page, day, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, :position, :now)
-- binds: k0 String(), k1 Date(), seq BigInteger(), position BigInteger(), now Text()

-- visit, seq, none touched, touches, many: head
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1)
WHERE visit_snapshot.page = :k0 AND visit_snapshot.day = :k1 AND visit_snapshot.seq = :expected AND visit_snapshot.seq
    > visit_snapshot.osiris_origin
-- binds: k0 String(), k1 Date(), expected BigInteger()

-- visit, seq, none touched, touches, many: event
INSERT INTO visit_event (page, day, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, :position, :now)
-- binds: k0 String(), k1 Date(), seq BigInteger(), position BigInteger(), now Text()

-- visit, seq, none touched, touches, one: head
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1)
WHERE visit_snapshot.page = :k0 AND visit_snapshot.day = :k1 AND visit_snapshot.seq = :expected AND visit_snapshot.seq
    > visit_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint
-- binds: k0 String(), k1 Date(), expected BigInteger()

-- visit, seq, none touched, touches, one: event
INSERT INTO visit_event (page, day, seq, position, recorded_at)
VALUES (:k0, :k1, :seq, (
SELECT coalesce(max(visit_event.position), :coalesce_1) + :coalesce_2 AS anon_1
FROM visit_event), strftime('%Y-%m-%d %H:%M:%f000', 'now'))
RETURNING position, recorded_at
-- binds: k0 String(), k1 Date(), seq BigInteger(), coalesce_1 Integer() = 0, coalesce_2 BigInteger() = 1

-- account, seq: a fresh head
UPDATE account_snapshot
SET seq=(account_snapshot.seq + :seq_1), osiris_folded=(account_snapshot.seq + :seq_1), name=:f0,
    balance=(CAST(CAST(round(account_snapshot.balance * 100) AS BIGINT) + CAST(round(:f1 * 100) AS BIGINT) AS FLOAT) /
    (100.0 + 0.0))
WHERE account_snapshot.id = :k0 AND account_snapshot.seq = :expected AND account_snapshot.seq >
    account_snapshot.osiris_origin AND account_snapshot.osiris_fingerprint = 9040296020539021685
-- binds: seq_1 BigInteger() = 1, seq_1 BigInteger() = 1, f0 String(length=40), f1 Float(), k0 String(length=20),
--   expected BigInteger()

-- account, live: a fresh head
UPDATE account_snapshot
SET seq=(account_snapshot.seq + :seq_1), osiris_folded=(account_snapshot.seq + :seq_1), name=:f0,
    balance=(CAST(CAST(round(account_snapshot.balance * 100) AS BIGINT) + CAST(round(:f1 * 100) AS BIGINT) AS FLOAT) /
    (100.0 + 0.0))
WHERE account_snapshot.id = :k0 AND account_snapshot.seq > account_snapshot.osiris_origin AND
    account_snapshot.osiris_fingerprint = 9040296020539021685
-- binds: seq_1 BigInteger() = 1, seq_1 BigInteger() = 1, f0 String(length=40), f1 Float(), k0 String(length=20)

-- account: position and clock
SELECT coalesce(max(account_event.position), :coalesce_2) AS coalesce_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS
    strftime_1
FROM account_event
-- binds: coalesce_2 Integer() = 0

