-- account, anything, none touched, touches, one
START TRANSACTION;
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END, osiris_fingerprint = CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685 ELSE 0 END, seq =
    (account_snapshot.seq + 1);
INSERT INTO account_event (id, seq, recorded_at)
SELECT %s AS anon_1, account_snapshot.seq, utc_timestamp(6) AS utc_timestamp_1
FROM account_snapshot
WHERE account_snapshot.id = %s AND row_count() > 0;
SELECT account_event.seq, account_event.position, account_event.recorded_at, account_snapshot.osiris_folded,
    account_snapshot.osiris_fingerprint
FROM account_snapshot INNER
JOIN account_event ON account_event.id = account_snapshot.id AND account_event.seq = account_snapshot.seq
WHERE account_snapshot.id = %s AND row_count() > 0; COMMIT
-- binds: k0, 1, 0, 1, 9040296020539021685, 0, 0, 0, 0
-- binds: k0, k0
-- binds: k0

-- account, live, all touched, touches, event_id, event_type, one
START TRANSACTION;
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
WHERE account_snapshot.id = %s AND account_snapshot.seq > account_snapshot.osiris_origin;
INSERT INTO account_event (id, seq, name, balance, moves, best, mean, event_id, event_type, recorded_at)
SELECT %s AS anon_1, account_snapshot.seq, %s AS anon_2, %s AS anon_3, %s AS anon_4, %s AS anon_5, %s AS anon_6, %s AS
    anon_7, %s AS anon_8, utc_timestamp(6) AS utc_timestamp_1
FROM account_snapshot
WHERE account_snapshot.id = %s AND row_count() > 0;
SELECT account_event.seq, account_event.position, account_event.recorded_at, account_snapshot.osiris_folded,
    account_snapshot.osiris_fingerprint
FROM account_snapshot INNER
JOIN account_event ON account_event.id = account_snapshot.id AND account_event.seq = account_snapshot.seq
WHERE account_snapshot.id = %s AND row_count() > 0; COMMIT
-- binds: f0, f1, f3, f3, f4, k0
-- binds: k0, f0, f1, f2, f3, f4, event_id, event_type, k0
-- binds: k0

-- account, not_live, none touched, touches, one
START TRANSACTION;
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE osiris_folded = CASE WHEN (account_snapshot.seq = account_snapshot.osiris_origin) THEN CASE
    WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN account_snapshot.seq + 1 ELSE
    account_snapshot.osiris_folded END ELSE 9223372036854775807 + abs(sign(account_snapshot.seq)) END,
    osiris_fingerprint = CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    9040296020539021685 ELSE 0 END, seq = (account_snapshot.seq + 1);
INSERT INTO account_event (id, seq, recorded_at)
SELECT %s AS anon_1, account_snapshot.seq, utc_timestamp(6) AS utc_timestamp_1
FROM account_snapshot
WHERE account_snapshot.id = %s AND row_count() > 0;
SELECT account_event.seq, account_event.position, account_event.recorded_at, account_snapshot.osiris_folded,
    account_snapshot.osiris_fingerprint
FROM account_snapshot INNER
JOIN account_event ON account_event.id = account_snapshot.id AND account_event.seq = account_snapshot.seq
WHERE account_snapshot.id = %s AND row_count() > 0; COMMIT
-- binds: k0, 1, 0, 1, 9040296020539021685, 0, 0, 0, 0
-- binds: k0, k0
-- binds: k0

-- employee, anything, first touched, clears, event_id, event_type, one
START TRANSACTION;
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = (employee_snapshot.seq + 1);
INSERT INTO employee_event (company, number, seq, name, event_id, event_type, recorded_at, osiris_cleared)
SELECT %s AS anon_1, %s AS anon_2, employee_snapshot.seq, %s AS anon_3, %s AS anon_4, %s AS anon_5, utc_timestamp(6)
    AS utc_timestamp_1, %s AS anon_6
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s AND row_count() > 0;
SELECT employee_event.seq, employee_event.position, employee_event.recorded_at, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint
FROM employee_snapshot INNER
JOIN employee_event ON employee_event.company = employee_snapshot.company AND employee_event.number =
    employee_snapshot.number AND employee_event.seq = employee_snapshot.seq
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s AND row_count() > 0; COMMIT
-- binds: k0, k1, 1, 0, 0, 3374913928670114850, 0.0
-- binds: k0, k1, f0, event_id, event_type, cleared, k0, k1
-- binds: k0, k1

-- employee, live, none touched, touches, one
START TRANSACTION;
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1)
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s AND employee_snapshot.seq >
    employee_snapshot.osiris_origin;
INSERT INTO employee_event (company, number, seq, recorded_at)
SELECT %s AS anon_1, %s AS anon_2, employee_snapshot.seq, utc_timestamp(6) AS utc_timestamp_1
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s AND row_count() > 0;
SELECT employee_event.seq, employee_event.position, employee_event.recorded_at, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint
FROM employee_snapshot INNER
JOIN employee_event ON employee_event.company = employee_snapshot.company AND employee_event.number =
    employee_snapshot.number AND employee_event.seq = employee_snapshot.seq
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s AND row_count() > 0; COMMIT
-- binds: k0, k1
-- binds: k0, k1, k0, k1
-- binds: k0, k1

-- employee, not_live, all touched, touches, one
START TRANSACTION;
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (employee_snapshot.seq = employee_snapshot.osiris_origin) THEN
    employee_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(employee_snapshot.seq)) END;
INSERT INTO employee_event (company, number, seq, name, tags, colours, salary, recorded_at)
SELECT %s AS anon_1, %s AS anon_2, employee_snapshot.seq, %s AS anon_3, %s AS anon_4, %s AS anon_5, %s AS anon_6,
    utc_timestamp(6) AS utc_timestamp_1
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s AND row_count() > 0;
SELECT employee_event.seq, employee_event.position, employee_event.recorded_at, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint
FROM employee_snapshot INNER
JOIN employee_event ON employee_event.company = employee_snapshot.company AND employee_event.number =
    employee_snapshot.number AND employee_event.seq = employee_snapshot.seq
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s AND row_count() > 0; COMMIT
-- binds: k0, k1, 1, 0, 0, 3374913928670114850, 0.0
-- binds: k0, k1, f0, f1, f2, f3, k0, k1
-- binds: k0, k1

-- employee, seq, none touched, touches, one
START TRANSACTION;
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1)
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s AND employee_snapshot.seq = %s AND
    employee_snapshot.seq > employee_snapshot.osiris_origin;
INSERT INTO employee_event (company, number, seq, recorded_at)
SELECT %s AS anon_1, %s AS anon_2, employee_snapshot.seq, utc_timestamp(6) AS utc_timestamp_1
FROM employee_snapshot
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s AND row_count() > 0;
SELECT employee_event.seq, employee_event.position, employee_event.recorded_at, employee_snapshot.osiris_folded,
    employee_snapshot.osiris_fingerprint
FROM employee_snapshot INNER
JOIN employee_event ON employee_event.company = employee_snapshot.company AND employee_event.number =
    employee_snapshot.number AND employee_event.seq = employee_snapshot.seq
WHERE employee_snapshot.company = %s AND employee_snapshot.number = %s AND row_count() > 0; COMMIT
-- binds: k0, k1, expected
-- binds: k0, k1, k0, k1
-- binds: k0, k1

-- invoice, live, all touched, clears, event_meta, recorded_at, one
START TRANSACTION;
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1)
WHERE invoice_snapshot.id = %s AND invoice_snapshot.seq > invoice_snapshot.osiris_origin;
INSERT INTO invoice_event (id, seq, customer, total, paid, due, event_meta, recorded_at, osiris_cleared)
SELECT %s AS anon_1, invoice_snapshot.seq, %s AS anon_2, %s AS anon_3, %s AS anon_4, %s AS anon_5, %s AS anon_6,
    coalesce(%s, utc_timestamp(6)) AS coalesce_1, %s AS anon_7
FROM invoice_snapshot
WHERE invoice_snapshot.id = %s AND row_count() > 0;
SELECT invoice_event.seq, invoice_event.position, invoice_event.recorded_at, invoice_snapshot.osiris_folded,
    invoice_snapshot.osiris_fingerprint
FROM invoice_snapshot INNER
JOIN invoice_event ON invoice_event.id = invoice_snapshot.id AND invoice_event.seq = invoice_snapshot.seq
WHERE invoice_snapshot.id = %s AND row_count() > 0; COMMIT
-- binds: k0
-- binds: k0, f0, f1, f2, f3, event_meta, recorded_at, cleared, k0
-- binds: k0

-- invoice, not_live, first touched, touches, one
START TRANSACTION;
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid)
VALUES (%s, %s, %s, %s, %s, %s, true)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (invoice_snapshot.seq = invoice_snapshot.osiris_origin) THEN
    invoice_snapshot.seq + 1 ELSE 9223372036854775807 + abs(sign(invoice_snapshot.seq)) END;
INSERT INTO invoice_event (id, seq, customer, recorded_at)
SELECT %s AS anon_1, invoice_snapshot.seq, %s AS anon_2, utc_timestamp(6) AS utc_timestamp_1
FROM invoice_snapshot
WHERE invoice_snapshot.id = %s AND row_count() > 0;
SELECT invoice_event.seq, invoice_event.position, invoice_event.recorded_at, invoice_snapshot.osiris_folded,
    invoice_snapshot.osiris_fingerprint
FROM invoice_snapshot INNER
JOIN invoice_event ON invoice_event.id = invoice_snapshot.id AND invoice_event.seq = invoice_snapshot.seq
WHERE invoice_snapshot.id = %s AND row_count() > 0; COMMIT
-- binds: k0, 1, 0, 0, 5850422120975743139, 0
-- binds: k0, f0, k0
-- binds: k0

-- invoice, seq, none touched, touches, one
START TRANSACTION;
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1)
WHERE invoice_snapshot.id = %s AND invoice_snapshot.seq = %s AND invoice_snapshot.seq >
    invoice_snapshot.osiris_origin;
INSERT INTO invoice_event (id, seq, recorded_at)
SELECT %s AS anon_1, invoice_snapshot.seq, utc_timestamp(6) AS utc_timestamp_1
FROM invoice_snapshot
WHERE invoice_snapshot.id = %s AND row_count() > 0;
SELECT invoice_event.seq, invoice_event.position, invoice_event.recorded_at, invoice_snapshot.osiris_folded,
    invoice_snapshot.osiris_fingerprint
FROM invoice_snapshot INNER
JOIN invoice_event ON invoice_event.id = invoice_snapshot.id AND invoice_event.seq = invoice_snapshot.seq
WHERE invoice_snapshot.id = %s AND row_count() > 0; COMMIT
-- binds: k0, expected
-- binds: k0, k0
-- binds: k0

-- reading, anything, none touched, touches, one
START TRANSACTION;
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (%s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = (reading_snapshot.seq + 1);
INSERT INTO reading_event (sensor, seq, recorded_at)
SELECT %s AS anon_1, reading_snapshot.seq, utc_timestamp(6) AS utc_timestamp_1
FROM reading_snapshot
WHERE reading_snapshot.sensor = %s AND row_count() > 0;
SELECT reading_event.seq, reading_event.position, reading_event.recorded_at, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint
FROM reading_snapshot INNER
JOIN reading_event ON reading_event.sensor = reading_snapshot.sensor AND reading_event.seq = reading_snapshot.seq
WHERE reading_snapshot.sensor = %s AND row_count() > 0; COMMIT
-- binds: k0, 1, 0, 0, 6388899372266228392
-- binds: k0, k0
-- binds: k0

-- reading, live, none touched, touches, one
START TRANSACTION;
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1)
WHERE reading_snapshot.sensor = %s AND reading_snapshot.seq > reading_snapshot.osiris_origin;
INSERT INTO reading_event (sensor, seq, recorded_at)
SELECT %s AS anon_1, reading_snapshot.seq, utc_timestamp(6) AS utc_timestamp_1
FROM reading_snapshot
WHERE reading_snapshot.sensor = %s AND row_count() > 0;
SELECT reading_event.seq, reading_event.position, reading_event.recorded_at, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint
FROM reading_snapshot INNER
JOIN reading_event ON reading_event.sensor = reading_snapshot.sensor AND reading_event.seq = reading_snapshot.seq
WHERE reading_snapshot.sensor = %s AND row_count() > 0; COMMIT
-- binds: k0
-- binds: k0, k0
-- binds: k0

-- reading, seq, all touched, clears, event_meta, recorded_at, one
START TRANSACTION;
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1)
WHERE reading_snapshot.sensor = %s AND reading_snapshot.seq = %s AND reading_snapshot.seq >
    reading_snapshot.osiris_origin;
INSERT INTO reading_event (sensor, seq, least, first, notes, event_meta, recorded_at, osiris_cleared)
SELECT %s AS anon_1, reading_snapshot.seq, %s AS anon_2, %s AS anon_3, %s AS anon_4, %s AS anon_5, coalesce(%s,
    utc_timestamp(6)) AS coalesce_1, %s AS anon_6
FROM reading_snapshot
WHERE reading_snapshot.sensor = %s AND row_count() > 0;
SELECT reading_event.seq, reading_event.position, reading_event.recorded_at, reading_snapshot.osiris_folded,
    reading_snapshot.osiris_fingerprint
FROM reading_snapshot INNER
JOIN reading_event ON reading_event.sensor = reading_snapshot.sensor AND reading_event.seq = reading_snapshot.seq
WHERE reading_snapshot.sensor = %s AND row_count() > 0; COMMIT
-- binds: k0, expected
-- binds: k0, f0, f1, f2, event_meta, recorded_at, cleared, k0
-- binds: k0

-- visit, anything, first touched, touches, event_meta, recorded_at, one
START TRANSACTION;
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = (visit_snapshot.seq + 1);
INSERT INTO visit_event (page, day, seq, hits, event_meta, recorded_at)
SELECT %s AS anon_1, %s AS anon_2, visit_snapshot.seq, %s AS anon_3, %s AS anon_4, coalesce(%s, utc_timestamp(6)) AS
    coalesce_1
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s AND row_count() > 0;
SELECT visit_event.seq, visit_event.position, visit_event.recorded_at, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint
FROM visit_snapshot INNER
JOIN visit_event ON visit_event.page = visit_snapshot.page AND visit_event.day = visit_snapshot.day AND
    visit_event.seq = visit_snapshot.seq
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s AND row_count() > 0; COMMIT
-- binds: k0, k1, 1, 0, 0, 2528154376666229541, 0, 0.0, 0
-- binds: k0, k1, f0, event_meta, recorded_at, k0, k1
-- binds: k0, k1

-- visit, live, none touched, touches, one
START TRANSACTION;
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1)
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s AND visit_snapshot.seq > visit_snapshot.osiris_origin;
INSERT INTO visit_event (page, day, seq, recorded_at)
SELECT %s AS anon_1, %s AS anon_2, visit_snapshot.seq, utc_timestamp(6) AS utc_timestamp_1
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s AND row_count() > 0;
SELECT visit_event.seq, visit_event.position, visit_event.recorded_at, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint
FROM visit_snapshot INNER
JOIN visit_event ON visit_event.page = visit_snapshot.page AND visit_event.day = visit_snapshot.day AND
    visit_event.seq = visit_snapshot.seq
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s AND row_count() > 0; COMMIT
-- binds: k0, k1
-- binds: k0, k1, k0, k1
-- binds: k0, k1

-- visit, not_live, all touched, clears, event_id, event_type, one
START TRANSACTION;
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON DUPLICATE KEY UPDATE seq = CASE WHEN (visit_snapshot.seq = visit_snapshot.osiris_origin) THEN visit_snapshot.seq +
    1 ELSE 9223372036854775807 + abs(sign(visit_snapshot.seq)) END;
INSERT INTO visit_event (page, day, seq, hits, last, size, event_id, event_type, recorded_at, osiris_cleared)
SELECT %s AS anon_1, %s AS anon_2, visit_snapshot.seq, %s AS anon_3, %s AS anon_4, %s AS anon_5, %s AS anon_6, %s AS
    anon_7, utc_timestamp(6) AS utc_timestamp_1, %s AS anon_8
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s AND row_count() > 0;
SELECT visit_event.seq, visit_event.position, visit_event.recorded_at, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint
FROM visit_snapshot INNER
JOIN visit_event ON visit_event.page = visit_snapshot.page AND visit_event.day = visit_snapshot.day AND
    visit_event.seq = visit_snapshot.seq
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s AND row_count() > 0; COMMIT
-- binds: k0, k1, 1, 0, 0, 2528154376666229541, 0, 0.0, 0
-- binds: k0, k1, f0, f1, f2, event_id, event_type, cleared, k0, k1
-- binds: k0, k1

-- visit, seq, none touched, touches, one
START TRANSACTION;
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1)
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s AND visit_snapshot.seq = %s AND visit_snapshot.seq >
    visit_snapshot.osiris_origin;
INSERT INTO visit_event (page, day, seq, recorded_at)
SELECT %s AS anon_1, %s AS anon_2, visit_snapshot.seq, utc_timestamp(6) AS utc_timestamp_1
FROM visit_snapshot
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s AND row_count() > 0;
SELECT visit_event.seq, visit_event.position, visit_event.recorded_at, visit_snapshot.osiris_folded,
    visit_snapshot.osiris_fingerprint
FROM visit_snapshot INNER
JOIN visit_event ON visit_event.page = visit_snapshot.page AND visit_event.day = visit_snapshot.day AND
    visit_event.seq = visit_snapshot.seq
WHERE visit_snapshot.page = %s AND visit_snapshot.day = %s AND row_count() > 0; COMMIT
-- binds: k0, k1, expected
-- binds: k0, k1, k0, k1
-- binds: k0, k1

