-- account, anything, none touched, touches, one: head
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean)
VALUES (?, 1, 0, 1, 9040296020539021685, 0, 0, 0, 0)
ON CONFLICT (id)
DO UPDATE
SET seq = (account_snapshot.seq + 1), osiris_folded = CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END, osiris_fingerprint =
    CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685 ELSE 0 END
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(account_event.position), 0) + 1 AS anon_2
FROM account_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0

-- account, anything, none touched, touches, one: event
INSERT INTO account_event (id, seq, position, recorded_at)
VALUES (?, ?, ?, ?)
-- binds: k0, seq, position, recorded_at

-- account, live, all touched, touches, event_id, event_type, one: head
UPDATE account_snapshot
SET seq=(account_snapshot.seq + 1), osiris_folded=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END,
    osiris_fingerprint=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685
    ELSE 0 END, name=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN ? ELSE
    account_snapshot.name END, balance=CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    CAST(CAST(round(account_snapshot.balance * 100) AS BIGINT) + CAST(round(? * 100) AS BIGINT) AS FLOAT) / (100.0 +
    0.0) ELSE account_snapshot.balance END, moves=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN CASE WHEN (typeof(account_snapshot.moves + 1) = ?) THEN account_snapshot.moves + 1 ELSE
    abs(-9223372036854775807 - ?) END ELSE account_snapshot.moves END, best=CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN coalesce(max(account_snapshot.best, ?),
    account_snapshot.best, ?) ELSE account_snapshot.best END, mean=CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN CASE WHEN (typeof(account_snapshot.mean + ?) = ?) THEN account_snapshot.mean + ? ELSE
    abs(-9223372036854775807 - ?) END ELSE account_snapshot.mean END, osiris_count_mean=CASE WHEN
    (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN CASE WHEN
    (typeof(account_snapshot.osiris_count_mean + 1) = ?) THEN account_snapshot.osiris_count_mean + 1 ELSE
    abs(-9223372036854775807 - ?) END ELSE account_snapshot.osiris_count_mean END
WHERE account_snapshot.id = ? AND account_snapshot.seq > account_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(account_event.position), 0) + 1 AS anon_2
FROM account_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: f0, f1, integer, 1, f3, f3, f4, integer, f4, 1, integer, 1, k0

-- account, live, all touched, touches, event_id, event_type, one: event
INSERT INTO account_event (id, seq, position, recorded_at, name, balance, moves, best, mean, event_id, event_type)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
-- binds: k0, seq, position, recorded_at, f0, f1, f2, f3, f4, event_id, event_type

-- account, not_live, none touched, touches, one: head
INSERT INTO account_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, balance, moves, mean,
    osiris_count_mean)
VALUES (?, 1, 0, 1, 9040296020539021685, 0, 0, 0, 0)
ON CONFLICT (id)
DO UPDATE
SET seq = (account_snapshot.seq + 1), osiris_folded = CASE WHEN (account_snapshot.osiris_fingerprint =
    9040296020539021685) THEN account_snapshot.seq + 1 ELSE account_snapshot.osiris_folded END, osiris_fingerprint =
    CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN 9040296020539021685 ELSE 0 END
WHERE account_snapshot.seq = account_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(account_event.position), 0) + 1 AS anon_2
FROM account_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0

-- account, not_live, none touched, touches, one: event
INSERT INTO account_event (id, seq, position, recorded_at)
VALUES (?, ?, ?, ?)
-- binds: k0, seq, position, recorded_at

-- employee, anything, first touched, clears, event_id, event_type, one: head
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (?, ?, 1, 0, 0, 3374913928670114850, 0.0)
ON CONFLICT (company, number)
DO UPDATE
SET seq = (employee_snapshot.seq + 1)
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(employee_event.position), 0) + 1 AS anon_2
FROM employee_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0, k1

-- employee, anything, first touched, clears, event_id, event_type, one: event
INSERT INTO employee_event (company, number, seq, position, recorded_at, name, osiris_cleared, event_id, event_type)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
-- binds: k0, k1, seq, position, recorded_at, f0, cleared, event_id, event_type

-- employee, live, none touched, touches, one: head
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1)
WHERE employee_snapshot.company = ? AND employee_snapshot.number = ? AND employee_snapshot.seq >
    employee_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(employee_event.position), 0) + 1 AS anon_2
FROM employee_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0, k1

-- employee, live, none touched, touches, one: event
INSERT INTO employee_event (company, number, seq, position, recorded_at)
VALUES (?, ?, ?, ?, ?)
-- binds: k0, k1, seq, position, recorded_at

-- employee, not_live, all touched, touches, one: head
INSERT INTO employee_snapshot (company, number, seq, osiris_origin, osiris_folded, osiris_fingerprint, salary)
VALUES (?, ?, 1, 0, 0, 3374913928670114850, 0.0)
ON CONFLICT (company, number)
DO UPDATE
SET seq = (employee_snapshot.seq + 1)
WHERE employee_snapshot.seq = employee_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(employee_event.position), 0) + 1 AS anon_2
FROM employee_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0, k1

-- employee, not_live, all touched, touches, one: event
INSERT INTO employee_event (company, number, seq, position, recorded_at, name, tags, colours, salary)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
-- binds: k0, k1, seq, position, recorded_at, f0, f1, f2, f3

-- employee, seq, none touched, touches, one: head
UPDATE employee_snapshot
SET seq=(employee_snapshot.seq + 1)
WHERE employee_snapshot.company = ? AND employee_snapshot.number = ? AND employee_snapshot.seq = ? AND
    employee_snapshot.seq > employee_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(employee_event.position), 0) + 1 AS anon_2
FROM employee_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0, k1, expected

-- employee, seq, none touched, touches, one: event
INSERT INTO employee_event (company, number, seq, position, recorded_at)
VALUES (?, ?, ?, ?, ?)
-- binds: k0, k1, seq, position, recorded_at

-- invoice, live, all touched, clears, event_meta, recorded_at, one: head
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1)
WHERE invoice_snapshot.id = ? AND invoice_snapshot.seq > invoice_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(invoice_event.position), 0) + 1 AS anon_2
FROM invoice_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0

-- invoice, live, all touched, clears, event_meta, recorded_at, one: event
INSERT INTO invoice_event (id, seq, position, recorded_at, customer, total, paid, due, osiris_cleared, event_meta)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
-- binds: k0, seq, position, recorded_at, f0, f1, f2, f3, cleared, event_meta

-- invoice, not_live, first touched, touches, one: head
INSERT INTO invoice_snapshot (id, seq, osiris_origin, osiris_folded, osiris_fingerprint, total, paid)
VALUES (?, 1, 0, 0, 5850422120975743139, 0, 1)
ON CONFLICT (id)
DO UPDATE
SET seq = (invoice_snapshot.seq + 1)
WHERE invoice_snapshot.seq = invoice_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(invoice_event.position), 0) + 1 AS anon_2
FROM invoice_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0

-- invoice, not_live, first touched, touches, one: event
INSERT INTO invoice_event (id, seq, position, recorded_at, customer)
VALUES (?, ?, ?, ?, ?)
-- binds: k0, seq, position, recorded_at, f0

-- invoice, seq, none touched, touches, one: head
UPDATE invoice_snapshot
SET seq=(invoice_snapshot.seq + 1)
WHERE invoice_snapshot.id = ? AND invoice_snapshot.seq = ? AND invoice_snapshot.seq > invoice_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(invoice_event.position), 0) + 1 AS anon_2
FROM invoice_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0, expected

-- invoice, seq, none touched, touches, one: event
INSERT INTO invoice_event (id, seq, position, recorded_at)
VALUES (?, ?, ?, ?)
-- binds: k0, seq, position, recorded_at

-- reading, anything, none touched, touches, one: head
INSERT INTO reading_snapshot (sensor, seq, osiris_origin, osiris_folded, osiris_fingerprint)
VALUES (?, 1, 0, 0, 6388899372266228392)
ON CONFLICT (sensor)
DO UPDATE
SET seq = (reading_snapshot.seq + 1)
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(reading_event.position), 0) + 1 AS anon_2
FROM reading_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0

-- reading, anything, none touched, touches, one: event
INSERT INTO reading_event (sensor, seq, position, recorded_at)
VALUES (?, ?, ?, ?)
-- binds: k0, seq, position, recorded_at

-- reading, live, none touched, touches, one: head
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1)
WHERE reading_snapshot.sensor = ? AND reading_snapshot.seq > reading_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(reading_event.position), 0) + 1 AS anon_2
FROM reading_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0

-- reading, live, none touched, touches, one: event
INSERT INTO reading_event (sensor, seq, position, recorded_at)
VALUES (?, ?, ?, ?)
-- binds: k0, seq, position, recorded_at

-- reading, seq, all touched, clears, event_meta, recorded_at, one: head
UPDATE reading_snapshot
SET seq=(reading_snapshot.seq + 1)
WHERE reading_snapshot.sensor = ? AND reading_snapshot.seq = ? AND reading_snapshot.seq >
    reading_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(reading_event.position), 0) + 1 AS anon_2
FROM reading_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0, expected

-- reading, seq, all touched, clears, event_meta, recorded_at, one: event
INSERT INTO reading_event (sensor, seq, position, recorded_at, least, first, notes, osiris_cleared, event_meta)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
-- binds: k0, seq, position, recorded_at, f0, f1, f2, cleared, event_meta

-- visit, anything, first touched, touches, event_meta, recorded_at, one: head
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (?, ?, 1, 0, 0, 2528154376666229541, 0, 0.0, 0)
ON CONFLICT (page, day)
DO UPDATE
SET seq = (visit_snapshot.seq + 1)
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(visit_event.position), 0) + 1 AS anon_2
FROM visit_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0, k1

-- visit, anything, first touched, touches, event_meta, recorded_at, one: event
INSERT INTO visit_event (page, day, seq, position, recorded_at, hits, event_meta)
VALUES (?, ?, ?, ?, ?, ?, ?)
-- binds: k0, k1, seq, position, recorded_at, f0, event_meta

-- visit, live, none touched, touches, one: head
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1)
WHERE visit_snapshot.page = ? AND visit_snapshot.day = ? AND visit_snapshot.seq > visit_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(visit_event.position), 0) + 1 AS anon_2
FROM visit_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0, k1

-- visit, live, none touched, touches, one: event
INSERT INTO visit_event (page, day, seq, position, recorded_at)
VALUES (?, ?, ?, ?, ?)
-- binds: k0, k1, seq, position, recorded_at

-- visit, not_live, all touched, clears, event_id, event_type, one: head
INSERT INTO visit_snapshot (page, day, seq, osiris_origin, osiris_folded, osiris_fingerprint, hits, size,
    osiris_count_size)
VALUES (?, ?, 1, 0, 0, 2528154376666229541, 0, 0.0, 0)
ON CONFLICT (page, day)
DO UPDATE
SET seq = (visit_snapshot.seq + 1)
WHERE visit_snapshot.seq = visit_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(visit_event.position), 0) + 1 AS anon_2
FROM visit_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0, k1

-- visit, not_live, all touched, clears, event_id, event_type, one: event
INSERT INTO visit_event (page, day, seq, position, recorded_at, hits, last, size, osiris_cleared, event_id,
    event_type)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
-- binds: k0, k1, seq, position, recorded_at, f0, f1, f2, cleared, event_id, event_type

-- visit, seq, none touched, touches, one: head
UPDATE visit_snapshot
SET seq=(visit_snapshot.seq + 1)
WHERE visit_snapshot.page = ? AND visit_snapshot.day = ? AND visit_snapshot.seq = ? AND visit_snapshot.seq >
    visit_snapshot.osiris_origin
RETURNING seq, osiris_folded, osiris_fingerprint, (
SELECT coalesce(max(visit_event.position), 0) + 1 AS anon_2
FROM visit_event) AS anon_1, strftime('%Y-%m-%d %H:%M:%f000', 'now') AS strftime_1
-- binds: k0, k1, expected

-- visit, seq, none touched, touches, one: event
INSERT INTO visit_event (page, day, seq, position, recorded_at)
VALUES (?, ?, ?, ?, ?)
-- binds: k0, k1, seq, position, recorded_at

