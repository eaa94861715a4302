-- account, anything, none touched, touches, one
BEGIN NOT ATOMIC START TRANSACTION;
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END, osiris_fingerprint = CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685 ELSE 0 END, seq =
    (account_snapshot.seq + 1); IF ROW_COUNT() > 0 THEN
INSERT INTO account_event (id, seq, recorded_at)
VALUES (%s, (
SELECT account_snapshot.seq
FROM account_snapshot
WHERE account_snapshot.id = %s), coalesce(NULL, utc_timestamp(6)))
RETURNING account_event.seq, account_event.`position`, account_event.recorded_at, (
SELECT account_snapshot.osiris_folded
FROM account_snapshot
WHERE account_snapshot.id = %s) AS folded, (
SELECT account_snapshot.osiris_fingerprint
FROM account_snapshot
WHERE account_snapshot.id = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0, 1, 0, 1, 9040296020539021685, 0, 0, 0, 0
-- binds: k0, k0, k0, k0

-- account, live, all touched, touches, event_id, event_type, one
BEGIN NOT ATOMIC START TRANSACTION;
UPDATE account_snapshot
SET osiris_folded=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN account_snapshot.seq + 1
    ELSE account_snapshot.osiris_folded END, name=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN %s ELSE account_snapshot.name END, balance=CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN account_snapshot.balance + %s ELSE
    account_snapshot.balance END, moves=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    account_snapshot.moves + 1 ELSE account_snapshot.moves END, best=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN greatest(coalesce(account_snapshot.best, %s), coalesce(%s, account_snapshot.best)) ELSE
    account_snapshot.best END, mean=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    account_snapshot.mean + %s ELSE account_snapshot.mean END, osiris_count_mean=CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN account_snapshot.osiris_count_mean + 1 ELSE
    account_snapshot.osiris_count_mean END, osiris_fingerprint=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN 9040296020539021685 ELSE 0 END, seq=(account_snapshot.seq + 1)
WHERE account_snapshot.id = %s AND account_snapshot.seq > account_snapshot.osiris_origin; IF ROW_COUNT() > 0 THEN
INSERT INTO account_event (id, seq, recorded_at, name, balance, moves, best, mean, event_id, event_type)
VALUES (%s, (
SELECT account_snapshot.seq
FROM account_snapshot
WHERE account_snapshot.id = %s), coalesce(NULL, utc_timestamp(6)), %s, %s, %s, %s, %s, %s, %s)
RETURNING account_event.seq, account_event.`position`, account_event.recorded_at, (
SELECT account_snapshot.osiris_folded
FROM account_snapshot
WHERE account_snapshot.id = %s) AS folded, (
SELECT account_snapshot.osiris_fingerprint
FROM account_snapshot
WHERE account_snapshot.id = %s) AS fingerprint; COMMIT; END IF; END
-- binds: f0, f1, f3, f3, f4, k0
-- binds: k0, k0, f0, f1, f2, f3, f4, event_id, event_type, k0, k0

-- account, not_live, none touched, touches, one
BEGIN NOT ATOMIC START TRANSACTION;
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (account_snapshot.seq = account_snapshot.osiris_origin) THEN CASE
    WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN account_snapshot.seq + 1 ELSE
    account_snapshot.osiris_folded END ELSE 9223372036854775807 + abs(sign(account_snapshot.seq)) END,
    osiris_fingerprint = CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    9040296020539021685 ELSE 0 END, seq = (account_snapshot.seq + 1); IF ROW_COUNT() > 0 THEN
INSERT INTO account_event (id, seq, recorded_at)
VALUES (%s, (
SELECT account_snapshot.seq
FROM account_snapshot
WHERE account_snapshot.id = %s), coalesce(NULL, utc_timestamp(6)))
RETURNING account_event.seq, account_event.`position`, account_event.recorded_at, (
SELECT account_snapshot.osiris_folded
FROM account_snapshot
WHERE account_snapshot.id = %s) AS folded, (
SELECT account_snapshot.osiris_fingerprint
FROM account_snapshot
WHERE account_snapshot.id = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0, 1, 0, 1, 9040296020539021685, 0, 0, 0, 0
-- binds: k0, k0, k0, k0

-- employee, anything, first touched, clears, event_id, event_type, one
BEGIN NOT ATOMIC START TRANSACTION;
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = (employee_snapshot.seq + 1); IF ROW_COUNT() > 0 THEN
INSERT INTO employee_event (company, number, seq, recorded_at, name, osiris_cleared, event_id, event_type)
VALUES (%s, %s, (
SELECT employee_snapshot.seq
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s), coalesce(NULL, utc_timestamp(6)), %s, %s, %s,
    %s)
RETURNING employee_event.seq, employee_event.`position`, employee_event.recorded_at, (
SELECT employee_snapshot.osiris_folded
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s) AS folded, (
SELECT employee_snapshot.osiris_fingerprint
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0, k1, 1, 0, 0, 3374913928670114850, 0.0
-- binds: k0, k1, k0, k1, f0, cleared, event_id, event_type, k0, k1, k0, k1

-- employee, live, none touched, touches, one
BEGIN NOT ATOMIC START TRANSACTION;
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1)
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s AND employee_snapshot.seq >
    employee_snapshot.osiris_origin; IF ROW_COUNT() > 0 THEN
INSERT INTO employee_event (company, number, seq, recorded_at)
VALUES (%s, %s, (
SELECT employee_snapshot.seq
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s), coalesce(NULL, utc_timestamp(6)))
RETURNING employee_event.seq, employee_event.`position`, employee_event.recorded_at, (
SELECT employee_snapshot.osiris_folded
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s) AS folded, (
SELECT employee_snapshot.osiris_fingerprint
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0, k1
-- binds: k0, k1, k0, k1, k0, k1, k0, k1

-- employee, not_live, all touched, touches, one
BEGIN NOT ATOMIC START TRANSACTION;
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (employee_snapshot.seq = employee_snapshot.osiris_origin) THEN
    employee_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(employee_snapshot.seq)) END; IF ROW_COUNT() > 0 THEN
INSERT INTO employee_event (company, number, seq, recorded_at, name, tags, colours, salary)
VALUES (%s, %s, (
SELECT employee_snapshot.seq
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s), coalesce(NULL, utc_timestamp(6)), %s, %s, %s,
    %s)
RETURNING employee_event.seq, employee_event.`position`, employee_event.recorded_at, (
SELECT employee_snapshot.osiris_folded
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s) AS folded, (
SELECT employee_snapshot.osiris_fingerprint
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0, k1, 1, 0, 0, 3374913928670114850, 0.0
-- binds: k0, k1, k0, k1, f0, f1, f2, f3, k0, k1, k0, k1

-- employee, seq, none touched, touches, one
BEGIN NOT ATOMIC START TRANSACTION;
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1)
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s AND employee_snapshot.seq = %s AND
    employee_snapshot.seq > employee_snapshot.osiris_origin; IF ROW_COUNT() > 0 THEN
INSERT INTO employee_event (company, number, seq, recorded_at)
VALUES (%s, %s, (
SELECT employee_snapshot.seq
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s), coalesce(NULL, utc_timestamp(6)))
RETURNING employee_event.seq, employee_event.`position`, employee_event.recorded_at, (
SELECT employee_snapshot.osiris_folded
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s) AS folded, (
SELECT employee_snapshot.osiris_fingerprint
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0, k1, expected
-- binds: k0, k1, k0, k1, k0, k1, k0, k1

-- invoice, live, all touched, clears, event_meta, recorded_at, one
BEGIN NOT ATOMIC START TRANSACTION;
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1)
WHERE invoice_snapshot.id = %s AND invoice_snapshot.seq > invoice_snapshot.osiris_origin; IF ROW_COUNT() > 0 THEN
INSERT INTO invoice_event (id, seq, recorded_at, customer, total, paid, due, osiris_cleared, event_meta)
VALUES (%s, (
SELECT invoice_snapshot.seq
FROM invoice_snapshot
WHERE invoice_snapshot.id = %s), coalesce(%s, utc_timestamp(6)), %s, %s, %s, %s, %s, %s)
RETURNING invoice_event.seq, invoice_event.`position`, invoice_event.recorded_at, (
SELECT invoice_snapshot.osiris_folded
FROM invoice_snapshot
WHERE invoice_snapshot.id = %s) AS folded, (
SELECT invoice_snapshot.osiris_fingerprint
FROM invoice_snapshot
WHERE invoice_snapshot.id = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0
-- binds: k0, k0, recorded_at, f0, f1, f2, f3, cleared, event_meta, k0, k0

-- invoice, not_live, first touched, touches, one
BEGIN NOT ATOMIC START TRANSACTION;
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid)
VALUES (%s, %s, %s, %s, %s, %s, true)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (invoice_snapshot.seq = invoice_snapshot.osiris_origin) THEN
    invoice_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(invoice_snapshot.seq)) END; IF ROW_COUNT() > 0 THEN
INSERT INTO invoice_event (id, seq, recorded_at, customer)
VALUES (%s, (
SELECT invoice_snapshot.seq
FROM invoice_snapshot
WHERE invoice_snapshot.id = %s), coalesce(NULL, utc_timestamp(6)), %s)
RETURNING invoice_event.seq, invoice_event.`position`, invoice_event.recorded_at, (
SELECT invoice_snapshot.osiris_folded
FROM invoice_snapshot
WHERE invoice_snapshot.id = %s) AS folded, (
SELECT invoice_snapshot.osiris_fingerprint
FROM invoice_snapshot
WHERE invoice_snapshot.id = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0, 1, 0, 0, 5850422120975743139, 0
-- binds: k0, k0, f0, k0, k0

-- invoice, seq, none touched, touches, one
BEGIN NOT ATOMIC START TRANSACTION;
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1)
WHERE invoice_snapshot.id = %s AND invoice_snapshot.seq = %s AND invoice_snapshot.seq >
    invoice_snapshot.osiris_origin; IF ROW_COUNT() > 0 THEN
INSERT INTO invoice_event (id, seq, recorded_at)
VALUES (%s, (
SELECT invoice_snapshot.seq
FROM invoice_snapshot
WHERE invoice_snapshot.id = %s), coalesce(NULL, utc_timestamp(6)))
RETURNING invoice_event.seq, invoice_event.`position`, invoice_event.recorded_at, (
SELECT invoice_snapshot.osiris_folded
FROM invoice_snapshot
WHERE invoice_snapshot.id = %s) AS folded, (
SELECT invoice_snapshot.osiris_fingerprint
FROM invoice_snapshot
WHERE invoice_snapshot.id = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0, expected
-- binds: k0, k0, k0, k0

-- reading, anything, none touched, touches, one
BEGIN NOT ATOMIC START TRANSACTION;
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (%s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = (reading_snapshot.seq + 1); IF ROW_COUNT() > 0 THEN
INSERT INTO reading_event (sensor, seq, recorded_at)
VALUES (%s, (
SELECT reading_snapshot.seq
FROM reading_snapshot
WHERE reading_snapshot.sensor = %s), coalesce(NULL, utc_timestamp(6)))
RETURNING reading_event.seq, reading_event.`position`, reading_event.recorded_at, (
SELECT reading_snapshot.osiris_folded
FROM reading_snapshot
WHERE reading_snapshot.sensor = %s) AS folded, (
SELECT reading_snapshot.osiris_fingerprint
FROM reading_snapshot
WHERE reading_snapshot.sensor = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0, 1, 0, 0, 6388899372266228392
-- binds: k0, k0, k0, k0

-- reading, live, none touched, touches, one
BEGIN NOT ATOMIC START TRANSACTION;
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1)
WHERE reading_snapshot.sensor = %s AND reading_snapshot.seq > reading_snapshot.osiris_origin; IF ROW_COUNT() > 0 THEN
INSERT INTO reading_event (sensor, seq, recorded_at)
VALUES (%s, (
SELECT reading_snapshot.seq
FROM reading_snapshot
WHERE reading_snapshot.sensor = %s), coalesce(NULL, utc_timestamp(6)))
RETURNING reading_event.seq, reading_event.`position`, reading_event.recorded_at, (
SELECT reading_snapshot.osiris_folded
FROM reading_snapshot
WHERE reading_snapshot.sensor = %s) AS folded, (
SELECT reading_snapshot.osiris_fingerprint
FROM reading_snapshot
WHERE reading_snapshot.sensor = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0
-- binds: k0, k0, k0, k0

-- reading, seq, all touched, clears, event_meta, recorded_at, one
BEGIN NOT ATOMIC START TRANSACTION;
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1)
WHERE reading_snapshot.sensor = %s AND reading_snapshot.seq = %s AND reading_snapshot.seq >
    reading_snapshot.osiris_origin; IF ROW_COUNT() > 0 THEN
INSERT INTO reading_event (sensor, seq, recorded_at, least, first, notes, osiris_cleared, event_meta)
VALUES (%s, (
SELECT reading_snapshot.seq
FROM reading_snapshot
WHERE reading_snapshot.sensor = %s), coalesce(%s, utc_timestamp(6)), %s, %s, %s, %s, %s)
RETURNING reading_event.seq, reading_event.`position`, reading_event.recorded_at, (
SELECT reading_snapshot.osiris_folded
FROM reading_snapshot
WHERE reading_snapshot.sensor = %s) AS folded, (
SELECT reading_snapshot.osiris_fingerprint
FROM reading_snapshot
WHERE reading_snapshot.sensor = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0, expected
-- binds: k0, k0, recorded_at, f0, f1, f2, cleared, event_meta, k0, k0

-- visit, anything, first touched, touches, event_meta, recorded_at, one
BEGIN NOT ATOMIC START TRANSACTION;
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = (visit_snapshot.seq + 1); IF ROW_COUNT() > 0 THEN
INSERT INTO visit_event (page, day, seq, recorded_at, hits, event_meta)
VALUES (%s, %s, (
SELECT visit_snapshot.seq
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s), coalesce(%s, utc_timestamp(6)), %s, %s)
RETURNING visit_event.seq, visit_event.`position`, visit_event.recorded_at, (
SELECT visit_snapshot.osiris_folded
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s) AS folded, (
SELECT visit_snapshot.osiris_fingerprint
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0, k1, 1, 0, 0, 2528154376666229541, 0, 0.0, 0
-- binds: k0, k1, k0, k1, recorded_at, f0, event_meta, k0, k1, k0, k1

-- visit, live, none touched, touches, one
BEGIN NOT ATOMIC START TRANSACTION;
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1)
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s AND visit_snapshot.seq > visit_snapshot.osiris_origin; IF
    ROW_COUNT() > 0 THEN
INSERT INTO visit_event (page, day, seq, recorded_at)
VALUES (%s, %s, (
SELECT visit_snapshot.seq
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s), coalesce(NULL, utc_timestamp(6)))
RETURNING visit_event.seq, visit_event.`position`, visit_event.recorded_at, (
SELECT visit_snapshot.osiris_folded
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s) AS folded, (
SELECT visit_snapshot.osiris_fingerprint
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0, k1
-- binds: k0, k1, k0, k1, k0, k1, k0, k1

-- visit, not_live, all touched, clears, event_id, event_type, one
BEGIN NOT ATOMIC START TRANSACTION;
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (visit_snapshot.seq = visit_snapshot.osiris_origin) THEN visit_snapshot.seq +
    1 ELSE 9223372036854775807 + abs(sign(visit_snapshot.seq)) END; IF ROW_COUNT() > 0 THEN
INSERT INTO visit_event (page, day, seq, recorded_at, hits, last, size, osiris_cleared, event_id, event_type)
VALUES (%s, %s, (
SELECT visit_snapshot.seq
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s), coalesce(NULL, utc_timestamp(6)), %s, %s, %s, %s, %s, %s)
RETURNING visit_event.seq, visit_event.`position`, visit_event.recorded_at, (
SELECT visit_snapshot.osiris_folded
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s) AS folded, (
SELECT visit_snapshot.osiris_fingerprint
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0, k1, 1, 0, 0, 2528154376666229541, 0, 0.0, 0
-- binds: k0, k1, k0, k1, f0, f1, f2, cleared, event_id, event_type, k0, k1, k0, k1

-- visit, seq, none touched, touches, one
BEGIN NOT ATOMIC START TRANSACTION;
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1)
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s AND visit_snapshot.seq = %s AND visit_snapshot.seq >
    visit_snapshot.osiris_origin; IF ROW_COUNT() > 0 THEN
INSERT INTO visit_event (page, day, seq, recorded_at)
VALUES (%s, %s, (
SELECT visit_snapshot.seq
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s), coalesce(NULL, utc_timestamp(6)))
RETURNING visit_event.seq, visit_event.`position`, visit_event.recorded_at, (
SELECT visit_snapshot.osiris_folded
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s) AS folded, (
SELECT visit_snapshot.osiris_fingerprint
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s) AS fingerprint; COMMIT; END IF; END
-- binds: k0, k1, expected
-- binds: k0, k1, k0, k1, k0, k1, k0, k1

