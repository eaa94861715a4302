-- account: one
SELECT account.id, account.name, account.balance, account.moves, account.best, account.mean, account.seq
FROM (
SELECT head.id AS id, CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.name ELSE (
SELECT picked.name
FROM account_event AS picked
WHERE picked.id = head.id AND picked.seq = folded.name) END AS name, CASE WHEN (head.osiris_fingerprint =
    9040296020539021685) THEN head.balance ELSE coalesce(folded.balance, 0) END AS balance, CASE WHEN
    (head.osiris_fingerprint = 9040296020539021685) THEN head.moves ELSE coalesce(folded.moves, 0) END AS moves, CASE
    WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.best ELSE folded.best END AS best, CASE WHEN
    (head.osiris_fingerprint = 9040296020539021685) THEN CAST(head.mean AS DOUBLE PRECISION) /
    CAST(CAST(nullif(head.osiris_count_mean, 0) AS DOUBLE PRECISION) AS DOUBLE PRECISION) ELSE
    CAST(coalesce(folded.mean, 0) AS DOUBLE PRECISION) / CAST(CAST(nullif(coalesce(folded.osiris_count_mean, 0), 0) AS
    DOUBLE PRECISION) AS DOUBLE PRECISION) END AS mean, head.seq AS seq
FROM account_snapshot AS head
JOIN LATERAL (
SELECT max(tail.seq) FILTER (
WHERE tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND strpos(tail.osiris_cleared, ',name,') > 0) AS name,
    CAST(sum(tail.balance) AS NUMERIC(38, 2)) AS balance, count(tail.moves) AS moves, max(tail.best) AS best,
    CAST(sum(tail.mean) AS BIGINT) AS mean, count(tail.mean) AS osiris_count_mean
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND head.osiris_fingerprint != 9040296020539021685) AS
    folded ON true
JOIN LATERAL (
SELECT head.seq AS seq
LIMIT ALL OFFSET 0) AS found ON true
WHERE head.seq > head.osiris_origin AND (head.osiris_fingerprint = 9040296020539021685 OR found.seq = head.seq)
FOR UPDATE OF head NOWAIT) AS account
WHERE account.id = :k0::VARCHAR
-- binds: k0 String(length=20)

-- account: all
SELECT account.id, account.name, account.balance, account.moves, account.best, account.mean, account.seq
FROM account_snapshot AS account_snapshot_1 CROSS
JOIN (
SELECT head.id AS id, CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.name ELSE (
SELECT picked.name
FROM account_event AS picked
WHERE picked.id = head.id AND picked.seq = folded.name) END AS name, CASE WHEN (head.osiris_fingerprint =
    9040296020539021685) THEN head.balance ELSE coalesce(folded.balance, 0) END AS balance, CASE WHEN
    (head.osiris_fingerprint = 9040296020539021685) THEN head.moves ELSE coalesce(folded.moves, 0) END AS moves, CASE
    WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.best ELSE folded.best END AS best, CASE WHEN
    (head.osiris_fingerprint = 9040296020539021685) THEN CAST(head.mean AS DOUBLE PRECISION) /
    CAST(CAST(nullif(head.osiris_count_mean, 0) AS DOUBLE PRECISION) AS DOUBLE PRECISION) ELSE
    CAST(coalesce(folded.mean, 0) AS DOUBLE PRECISION) / CAST(CAST(nullif(coalesce(folded.osiris_count_mean, 0), 0) AS
    DOUBLE PRECISION) AS DOUBLE PRECISION) END AS mean, head.seq AS seq
FROM account_snapshot AS head
JOIN LATERAL (
SELECT max(tail.seq) FILTER (
WHERE tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND strpos(tail.osiris_cleared, ',name,') > 0) AS name,
    CAST(sum(tail.balance) AS NUMERIC(38, 2)) AS balance, count(tail.moves) AS moves, max(tail.best) AS best,
    CAST(sum(tail.mean) AS BIGINT) AS mean, count(tail.mean) AS osiris_count_mean
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND head.osiris_fingerprint != 9040296020539021685) AS
    folded ON true
WHERE head.seq > head.osiris_origin) AS account
WHERE account_snapshot_1.id = account.id AND account_snapshot_1.seq = account.seq
FOR UPDATE OF account_snapshot_1 SKIP LOCKED

-- item: one
SELECT item.id, item.name, item.stock, item.moves, item.best, item.first, item.seq
FROM (
SELECT head.id AS id, CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.name ELSE (
SELECT picked.name
FROM item_event AS picked
WHERE picked.id = head.id AND picked.seq = folded.name) END AS name, CASE WHEN (head.osiris_fingerprint =
    6972388170373529526) THEN head.stock ELSE coalesce(folded.stock, 0) END AS stock, CASE WHEN
    (head.osiris_fingerprint = 6972388170373529526) THEN head.moves ELSE coalesce(folded.moves, 0) END AS moves, CASE
    WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.best ELSE folded.best END AS best, CASE WHEN
    (head.osiris_fingerprint = 6972388170373529526) THEN head.first ELSE (
SELECT picked.first
FROM item_event AS picked
WHERE picked.id = head.id AND picked.seq = folded.first) END AS first, head.seq AS seq
FROM item_snapshot AS head
JOIN LATERAL (
SELECT max(tail.seq) FILTER (
WHERE tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND strpos(tail.osiris_cleared, ',name,') > 0) AS name,
    CAST(sum(tail.stock) AS BIGINT) AS stock, count(tail.moves) AS moves, max(tail.best) AS best, min(tail.seq) FILTER
    (
WHERE tail.first IS NOT NULL) AS first
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND head.osiris_fingerprint != 6972388170373529526) AS
    folded ON true
JOIN LATERAL (
SELECT head.seq AS seq
LIMIT ALL OFFSET 0) AS found ON true
WHERE head.seq > head.osiris_origin AND (head.osiris_fingerprint = 6972388170373529526 OR found.seq = head.seq)
FOR UPDATE OF head NOWAIT) AS item
WHERE item.id = :k0::INTEGER
-- binds: k0 Integer()

-- item: all
SELECT item.id, item.name, item.stock, item.moves, item.best, item.first, item.seq
FROM item_snapshot AS item_snapshot_1 CROSS
JOIN (
SELECT head.id AS id, CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.name ELSE (
SELECT picked.name
FROM item_event AS picked
WHERE picked.id = head.id AND picked.seq = folded.name) END AS name, CASE WHEN (head.osiris_fingerprint =
    6972388170373529526) THEN head.stock ELSE coalesce(folded.stock, 0) END AS stock, CASE WHEN
    (head.osiris_fingerprint = 6972388170373529526) THEN head.moves ELSE coalesce(folded.moves, 0) END AS moves, CASE
    WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.best ELSE folded.best END AS best, CASE WHEN
    (head.osiris_fingerprint = 6972388170373529526) THEN head.first ELSE (
SELECT picked.first
FROM item_event AS picked
WHERE picked.id = head.id AND picked.seq = folded.first) END AS first, head.seq AS seq
FROM item_snapshot AS head
JOIN LATERAL (
SELECT max(tail.seq) FILTER (
WHERE tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND strpos(tail.osiris_cleared, ',name,') > 0) AS name,
    CAST(sum(tail.stock) AS BIGINT) AS stock, count(tail.moves) AS moves, max(tail.best) AS best, min(tail.seq) FILTER
    (
WHERE tail.first IS NOT NULL) AS first
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND head.osiris_fingerprint != 6972388170373529526) AS
    folded ON true
WHERE head.seq > head.osiris_origin) AS item
WHERE item_snapshot_1.id = item.id AND item_snapshot_1.seq = item.seq
FOR UPDATE OF item_snapshot_1 SKIP LOCKED

-- employee: one
SELECT employee.company, employee.number, employee.name, employee.osiris_handed_tags AS tags,
    employee.osiris_handed_colours AS colours, employee.salary, employee.seq
FROM (
SELECT head.company AS company, head.number AS number, CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN
    head.name ELSE (
SELECT picked.name
FROM (
SELECT employee_event_1.company AS company, employee_event_1.number AS number, employee_event_1.seq AS seq,
    employee_event_1.name AS name, employee_event_1.tags AS tags, employee_event_1.colours AS colours,
    employee_event_1.salary AS salary, employee_event_1.osiris_cleared AS osiris_cleared
FROM employee_event AS employee_event_1
UNION ALL
SELECT employee_event_archive_1.company AS company, employee_event_archive_1.number AS number,
    employee_event_archive_1.seq AS seq, employee_event_archive_1.name AS name, employee_event_archive_1.tags AS tags,
    employee_event_archive_1.colours AS colours, employee_event_archive_1.salary AS salary,
    employee_event_archive_1.osiris_cleared AS osiris_cleared
FROM employee_event_archive AS employee_event_archive_1) AS picked
WHERE picked.company = head.company AND picked.number = head.number AND picked.seq = folded.name) END AS name, CASE
    WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_state_tags ELSE CAST(CASE WHEN
    (CAST('Employee.tags is stale and SQL cannot fold it; take repository(...).snapshot() of ' || CAST(head.company AS
    TEXT) || ' ' || CAST(head.number AS TEXT) || ' ' AS INTEGER) IS NULL) THEN NULL END AS JSON) END AS tags, CASE
    WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_state_colours ELSE CAST(CASE WHEN
    (CAST('Employee.colours is stale and SQL cannot fold it; take repository(...).snapshot() of ' || CAST(head.company
    AS TEXT) || ' ' || CAST(head.number AS TEXT) || ' ' AS INTEGER) IS NULL) THEN NULL END AS BIGINT) END AS colours,
    CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.salary ELSE coalesce(folded.salary, 0.0) END
    AS salary, head.seq AS seq, CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN
    CAST(json_build_array(CAST(head.osiris_state_colours AS TEXT)) AS TEXT) ELSE '[' || 'null' || ',' ||
    coalesce(folded.colours, 'null') || ']' END AS osiris_handed_colours, CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN CAST(json_build_array(CAST(head.osiris_state_tags AS TEXT)) AS TEXT) ELSE '[' || 'null'
    || ',' || coalesce(folded.tags, 'null') || ']' END AS osiris_handed_tags
FROM employee_snapshot AS head
JOIN LATERAL (
SELECT max(tail.seq) FILTER (
WHERE tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND strpos(tail.osiris_cleared, ',name,') > 0) AS name,
    CAST(json_agg(json_build_array(tail.seq, CAST(tail.tags AS TEXT))) FILTER (
WHERE tail.tags IS NOT NULL) AS TEXT) AS tags, CAST(json_agg(json_build_array(tail.seq, CAST(tail.colours AS TEXT)))
    FILTER (
WHERE tail.colours IS NOT NULL) AS TEXT) AS colours, CAST(sum(tail.salary) AS FLOAT) AS salary
FROM (
SELECT employee_event_2.company AS company, employee_event_2.number AS number, employee_event_2.seq AS seq,
    employee_event_2.name AS name, employee_event_2.tags AS tags, employee_event_2.colours AS colours,
    employee_event_2.salary AS salary, employee_event_2.osiris_cleared AS osiris_cleared
FROM employee_event AS employee_event_2
UNION ALL
SELECT employee_event_archive_2.company AS company, employee_event_archive_2.number AS number,
    employee_event_archive_2.seq AS seq, employee_event_archive_2.name AS name, employee_event_archive_2.tags AS tags,
    employee_event_archive_2.colours AS colours, employee_event_archive_2.salary AS salary,
    employee_event_archive_2.osiris_cleared AS osiris_cleared
FROM employee_event_archive AS employee_event_archive_2) AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND
    head.osiris_fingerprint != 3374913928670114850) AS folded ON true
JOIN LATERAL (
SELECT head.seq AS seq
LIMIT ALL OFFSET 0) AS found ON true
WHERE head.seq > head.osiris_origin AND (head.osiris_fingerprint = 3374913928670114850 OR found.seq = head.seq)
FOR UPDATE OF head NOWAIT) AS employee
WHERE employee.company = :k0::VARCHAR AND employee.number = :k1::INTEGER
-- binds: k0 String(length=20), k1 Integer()

-- employee: all
SELECT employee.company, employee.number, employee.name, employee.osiris_handed_tags AS tags,
    employee.osiris_handed_colours AS colours, employee.salary, employee.seq
FROM employee_snapshot AS employee_snapshot_1 CROSS
JOIN (
SELECT head.company AS company, head.number AS number, CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN
    head.name ELSE (
SELECT picked.name
FROM (
SELECT employee_event_1.company AS company, employee_event_1.number AS number, employee_event_1.seq AS seq,
    employee_event_1.name AS name, employee_event_1.tags AS tags, employee_event_1.colours AS colours,
    employee_event_1.salary AS salary, employee_event_1.osiris_cleared AS osiris_cleared
FROM employee_event AS employee_event_1
UNION ALL
SELECT employee_event_archive_1.company AS company, employee_event_archive_1.number AS number,
    employee_event_archive_1.seq AS seq, employee_event_archive_1.name AS name, employee_event_archive_1.tags AS tags,
    employee_event_archive_1.colours AS colours, employee_event_archive_1.salary AS salary,
    employee_event_archive_1.osiris_cleared AS osiris_cleared
FROM employee_event_archive AS employee_event_archive_1) AS picked
WHERE picked.company = head.company AND picked.number = head.number AND picked.seq = folded.name) END AS name, CASE
    WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_state_tags ELSE CAST(CASE WHEN
    (CAST('Employee.tags is stale and SQL cannot fold it; take repository(...).snapshot() of ' || CAST(head.company AS
    TEXT) || ' ' || CAST(head.number AS TEXT) || ' ' AS INTEGER) IS NULL) THEN NULL END AS JSON) END AS tags, CASE
    WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_state_colours ELSE CAST(CASE WHEN
    (CAST('Employee.colours is stale and SQL cannot fold it; take repository(...).snapshot() of ' || CAST(head.company
    AS TEXT) || ' ' || CAST(head.number AS TEXT) || ' ' AS INTEGER) IS NULL) THEN NULL END AS BIGINT) END AS colours,
    CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.salary ELSE coalesce(folded.salary, 0.0) END
    AS salary, head.seq AS seq, CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN
    CAST(json_build_array(CAST(head.osiris_state_colours AS TEXT)) AS TEXT) ELSE '[' || 'null' || ',' ||
    coalesce(folded.colours, 'null') || ']' END AS osiris_handed_colours, CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN CAST(json_build_array(CAST(head.osiris_state_tags AS TEXT)) AS TEXT) ELSE '[' || 'null'
    || ',' || coalesce(folded.tags, 'null') || ']' END AS osiris_handed_tags
FROM employee_snapshot AS head
JOIN LATERAL (
SELECT max(tail.seq) FILTER (
WHERE tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND strpos(tail.osiris_cleared, ',name,') > 0) AS name,
    CAST(json_agg(json_build_array(tail.seq, CAST(tail.tags AS TEXT))) FILTER (
WHERE tail.tags IS NOT NULL) AS TEXT) AS tags, CAST(json_agg(json_build_array(tail.seq, CAST(tail.colours AS TEXT)))
    FILTER (
WHERE tail.colours IS NOT NULL) AS TEXT) AS colours, CAST(sum(tail.salary) AS FLOAT) AS salary
FROM (
SELECT employee_event_2.company AS company, employee_event_2.number AS number, employee_event_2.seq AS seq,
    employee_event_2.name AS name, employee_event_2.tags AS tags, employee_event_2.colours AS colours,
    employee_event_2.salary AS salary, employee_event_2.osiris_cleared AS osiris_cleared
FROM employee_event AS employee_event_2
UNION ALL
SELECT employee_event_archive_2.company AS company, employee_event_archive_2.number AS number,
    employee_event_archive_2.seq AS seq, employee_event_archive_2.name AS name, employee_event_archive_2.tags AS tags,
    employee_event_archive_2.colours AS colours, employee_event_archive_2.salary AS salary,
    employee_event_archive_2.osiris_cleared AS osiris_cleared
FROM employee_event_archive AS employee_event_archive_2) AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND
    head.osiris_fingerprint != 3374913928670114850) AS folded ON true
WHERE head.seq > head.osiris_origin) AS employee
WHERE employee_snapshot_1.company = employee.company AND employee_snapshot_1.number = employee.number AND
    employee_snapshot_1.seq = employee.seq
FOR UPDATE OF employee_snapshot_1 SKIP LOCKED

-- invoice: one
SELECT invoice.id, invoice.customer, invoice.total, invoice.paid, invoice.due, invoice.seq
FROM (
SELECT head.id AS id, CASE WHEN (folded.customer IS NULL) THEN CASE WHEN (head.osiris_fingerprint =
    5850422120975743139) THEN head.customer END ELSE (
SELECT picked.customer
FROM (
SELECT invoice_event_1.id AS id, invoice_event_1.seq AS seq, invoice_event_1.customer AS customer,
    invoice_event_1.total AS total, invoice_event_1.paid AS paid, invoice_event_1.due AS due,
    invoice_event_1.osiris_cleared AS osiris_cleared
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS invoice_event_1
UNION ALL
SELECT invoice_event_archive_1.id AS id, invoice_event_archive_1.seq AS seq, invoice_event_archive_1.customer AS
    customer, invoice_event_archive_1.total AS total, invoice_event_archive_1.paid AS paid,
    invoice_event_archive_1.due AS due, invoice_event_archive_1.osiris_cleared AS osiris_cleared
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS invoice_event_archive_1) AS picked
WHERE picked.id = head.id AND picked.seq = folded.customer) END AS customer, coalesce(CASE WHEN
    (head.osiris_fingerprint = 5850422120975743139) THEN head.total END, 0) + coalesce(folded.total, 0) AS total,
    coalesce(CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.paid END, true) AND
    coalesce(folded.paid, true) AS paid, CASE WHEN (folded.due IS NULL) THEN CASE WHEN (head.osiris_fingerprint =
    5850422120975743139) THEN head.due END ELSE (
SELECT picked.due
FROM (
SELECT invoice_event_2.id AS id, invoice_event_2.seq AS seq, invoice_event_2.customer AS customer,
    invoice_event_2.total AS total, invoice_event_2.paid AS paid, invoice_event_2.due AS due,
    invoice_event_2.osiris_cleared AS osiris_cleared
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS invoice_event_2
UNION ALL
SELECT invoice_event_archive_2.id AS id, invoice_event_archive_2.seq AS seq, invoice_event_archive_2.customer AS
    customer, invoice_event_archive_2.total AS total, invoice_event_archive_2.paid AS paid,
    invoice_event_archive_2.due AS due, invoice_event_archive_2.osiris_cleared AS osiris_cleared
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS invoice_event_archive_2) AS picked
WHERE picked.id = head.id AND picked.seq = folded.due) END AS due, head.seq AS seq
FROM invoice_snapshot AS head
JOIN LATERAL (
SELECT max(tail.seq) FILTER (
WHERE tail.customer IS NOT NULL) AS customer, CAST(sum(tail.total) AS NUMERIC(38, 2)) AS total, bool_and(tail.paid) AS
    paid, max(tail.seq) FILTER (
WHERE tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND strpos(tail.osiris_cleared, ',due,') > 0) AS due
FROM (
SELECT invoice_event_3.id AS id, invoice_event_3.seq AS seq, invoice_event_3.customer AS customer,
    invoice_event_3.total AS total, invoice_event_3.paid AS paid, invoice_event_3.due AS due,
    invoice_event_3.osiris_cleared AS osiris_cleared
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS invoice_event_3
UNION ALL
SELECT invoice_event_archive_3.id AS id, invoice_event_archive_3.seq AS seq, invoice_event_archive_3.customer AS
    customer, invoice_event_archive_3.total AS total, invoice_event_archive_3.paid AS paid,
    invoice_event_archive_3.due AS due, invoice_event_archive_3.osiris_cleared AS osiris_cleared
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS invoice_event_archive_3) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END) AS folded ON true
JOIN LATERAL (
SELECT head.seq AS seq
LIMIT ALL OFFSET 0) AS found ON true
WHERE head.seq > head.osiris_origin AND found.seq = head.seq
FOR UPDATE OF head NOWAIT) AS invoice
WHERE invoice.id = :k0::INTEGER
-- binds: k0 Integer()

-- invoice: all
SELECT invoice.id, invoice.customer, invoice.total, invoice.paid, invoice.due, invoice.seq
FROM invoice_snapshot AS invoice_snapshot_1 CROSS
JOIN (
SELECT head.id AS id, CASE WHEN (folded.customer IS NULL) THEN CASE WHEN (head.osiris_fingerprint =
    5850422120975743139) THEN head.customer END ELSE (
SELECT picked.customer
FROM (
SELECT invoice_event_1.id AS id, invoice_event_1.seq AS seq, invoice_event_1.customer AS customer,
    invoice_event_1.total AS total, invoice_event_1.paid AS paid, invoice_event_1.due AS due,
    invoice_event_1.osiris_cleared AS osiris_cleared
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS invoice_event_1
UNION ALL
SELECT invoice_event_archive_1.id AS id, invoice_event_archive_1.seq AS seq, invoice_event_archive_1.customer AS
    customer, invoice_event_archive_1.total AS total, invoice_event_archive_1.paid AS paid,
    invoice_event_archive_1.due AS due, invoice_event_archive_1.osiris_cleared AS osiris_cleared
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS invoice_event_archive_1) AS picked
WHERE picked.id = head.id AND picked.seq = folded.customer) END AS customer, coalesce(CASE WHEN
    (head.osiris_fingerprint = 5850422120975743139) THEN head.total END, 0) + coalesce(folded.total, 0) AS total,
    coalesce(CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.paid END, true) AND
    coalesce(folded.paid, true) AS paid, CASE WHEN (folded.due IS NULL) THEN CASE WHEN (head.osiris_fingerprint =
    5850422120975743139) THEN head.due END ELSE (
SELECT picked.due
FROM (
SELECT invoice_event_2.id AS id, invoice_event_2.seq AS seq, invoice_event_2.customer AS customer,
    invoice_event_2.total AS total, invoice_event_2.paid AS paid, invoice_event_2.due AS due,
    invoice_event_2.osiris_cleared AS osiris_cleared
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS invoice_event_2
UNION ALL
SELECT invoice_event_archive_2.id AS id, invoice_event_archive_2.seq AS seq, invoice_event_archive_2.customer AS
    customer, invoice_event_archive_2.total AS total, invoice_event_archive_2.paid AS paid,
    invoice_event_archive_2.due AS due, invoice_event_archive_2.osiris_cleared AS osiris_cleared
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS invoice_event_archive_2) AS picked
WHERE picked.id = head.id AND picked.seq = folded.due) END AS due, head.seq AS seq
FROM invoice_snapshot AS head
JOIN LATERAL (
SELECT max(tail.seq) FILTER (
WHERE tail.customer IS NOT NULL) AS customer, CAST(sum(tail.total) AS NUMERIC(38, 2)) AS total, bool_and(tail.paid) AS
    paid, max(tail.seq) FILTER (
WHERE tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND strpos(tail.osiris_cleared, ',due,') > 0) AS due
FROM (
SELECT invoice_event_3.id AS id, invoice_event_3.seq AS seq, invoice_event_3.customer AS customer,
    invoice_event_3.total AS total, invoice_event_3.paid AS paid, invoice_event_3.due AS due,
    invoice_event_3.osiris_cleared AS osiris_cleared
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS invoice_event_3
UNION ALL
SELECT invoice_event_archive_3.id AS id, invoice_event_archive_3.seq AS seq, invoice_event_archive_3.customer AS
    customer, invoice_event_archive_3.total AS total, invoice_event_archive_3.paid AS paid,
    invoice_event_archive_3.due AS due, invoice_event_archive_3.osiris_cleared AS osiris_cleared
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS invoice_event_archive_3) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END) AS folded ON true
WHERE head.seq > head.osiris_origin) AS invoice
WHERE invoice_snapshot_1.id = invoice.id AND invoice_snapshot_1.seq = invoice.seq
FOR UPDATE OF invoice_snapshot_1 SKIP LOCKED

-- patient: one
SELECT patient.hospital, patient.number, patient.name, patient.visits, patient.seq
FROM (
SELECT head.hospital AS hospital, head.number AS number, (
SELECT context_key.key
FROM ward.patient_key AS context_key
WHERE context_key.hospital = head.hospital AND context_key.number = head.number) || '|' || CASE WHEN (folded.name IS
    NULL) THEN CASE WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.name END ELSE (
SELECT picked.name
FROM ward.patient_event AS picked
WHERE picked.hospital = head.hospital AND picked.number = head.number AND picked.seq = folded.name) END || '|' ||
    replace(CAST(head.hospital AS TEXT), '~', '~0') || '~1' || replace(CAST(head.number AS TEXT), '~', '~0') AS name,
    coalesce(CASE WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.visits END, 0) +
    coalesce(folded.visits, 0) AS visits, head.seq AS seq
FROM ward.patient_snapshot AS head
JOIN LATERAL (
SELECT max(tail.seq) FILTER (
WHERE tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND strpos(tail.osiris_cleared, ',name,') > 0) AS name,
    CAST(sum(tail.visits) AS BIGINT) AS visits
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END) AS folded ON true
JOIN LATERAL (
SELECT head.seq AS seq
LIMIT ALL OFFSET 0) AS found ON true
WHERE head.seq > head.osiris_origin AND found.seq = head.seq
FOR UPDATE OF head NOWAIT) AS patient
WHERE patient.hospital = :k0::VARCHAR AND patient.number = :k1::INTEGER
-- binds: k0 String(length=20), k1 Integer()

-- patient: all
SELECT patient.hospital, patient.number, patient.name, patient.visits, patient.seq
FROM ward.patient_snapshot AS patient_snapshot_1 CROSS
JOIN (
SELECT head.hospital AS hospital, head.number AS number, (
SELECT context_key.key
FROM ward.patient_key AS context_key
WHERE context_key.hospital = head.hospital AND context_key.number = head.number) || '|' || CASE WHEN (folded.name IS
    NULL) THEN CASE WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.name END ELSE (
SELECT picked.name
FROM ward.patient_event AS picked
WHERE picked.hospital = head.hospital AND picked.number = head.number AND picked.seq = folded.name) END || '|' ||
    replace(CAST(head.hospital AS TEXT), '~', '~0') || '~1' || replace(CAST(head.number AS TEXT), '~', '~0') AS name,
    coalesce(CASE WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.visits END, 0) +
    coalesce(folded.visits, 0) AS visits, head.seq AS seq
FROM ward.patient_snapshot AS head
JOIN LATERAL (
SELECT max(tail.seq) FILTER (
WHERE tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND strpos(tail.osiris_cleared, ',name,') > 0) AS name,
    CAST(sum(tail.visits) AS BIGINT) AS visits
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END) AS folded ON true
WHERE head.seq > head.osiris_origin) AS patient
WHERE patient_snapshot_1.hospital = patient.hospital AND patient_snapshot_1.number = patient.number AND
    patient_snapshot_1.seq = patient.seq
FOR UPDATE OF patient_snapshot_1 SKIP LOCKED

-- reading: one
SELECT reading.sensor, reading.least, reading.first, reading.notes, reading.seq
FROM (
SELECT head.sensor AS sensor, folded.least AS least, (
SELECT picked.first
FROM reading_event AS picked
WHERE picked.sensor = head.sensor AND picked.seq = folded.first) AS first, '[' || 'null' || ',' ||
    coalesce(folded.notes, 'null') || ']' AS notes, head.seq AS seq
FROM reading_snapshot AS head
JOIN LATERAL (
SELECT min(tail.least) AS least, min(tail.seq) FILTER (
WHERE tail.first IS NOT NULL) AS first, CAST(json_agg(json_build_array(tail.seq, CAST(tail.notes AS TEXT))) FILTER (
WHERE tail.notes IS NOT NULL) AS TEXT) AS notes
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > head.osiris_origin) AS folded ON true
JOIN LATERAL (
SELECT head.seq AS seq
LIMIT ALL OFFSET 0) AS found ON true
WHERE head.seq > head.osiris_origin AND found.seq = head.seq
FOR UPDATE OF head NOWAIT) AS reading
WHERE reading.sensor = :k0::UUID
-- binds: k0 Uuid()

-- reading: all
SELECT reading.sensor, reading.least, reading.first, reading.notes, reading.seq
FROM reading_snapshot AS reading_snapshot_1 CROSS
JOIN (
SELECT head.sensor AS sensor, folded.least AS least, (
SELECT picked.first
FROM reading_event AS picked
WHERE picked.sensor = head.sensor AND picked.seq = folded.first) AS first, '[' || 'null' || ',' ||
    coalesce(folded.notes, 'null') || ']' AS notes, head.seq AS seq
FROM reading_snapshot AS head
JOIN LATERAL (
SELECT min(tail.least) AS least, min(tail.seq) FILTER (
WHERE tail.first IS NOT NULL) AS first, CAST(json_agg(json_build_array(tail.seq, CAST(tail.notes AS TEXT))) FILTER (
WHERE tail.notes IS NOT NULL) AS TEXT) AS notes
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > head.osiris_origin) AS folded ON true
WHERE head.seq > head.osiris_origin) AS reading
WHERE reading_snapshot_1.sensor = reading.sensor AND reading_snapshot_1.seq = reading.seq
FOR UPDATE OF reading_snapshot_1 SKIP LOCKED

-- visit: one
SELECT visit.page, visit.day, visit.hits, visit.last, visit.size, visit.seq
FROM (
SELECT head.page AS page, head.day AS day, coalesce(folded.hits, 0) AS hits, (
SELECT picked.last
FROM (
SELECT visit_event_1.page AS page, visit_event_1.day AS day, visit_event_1.seq AS seq, visit_event_1.hits AS hits,
    visit_event_1.last AS last, visit_event_1.size AS size, visit_event_1.osiris_cleared AS osiris_cleared
FROM visit_event AS visit_event_1
UNION ALL
SELECT visit_event_archive_1.page AS page, visit_event_archive_1.day AS day, visit_event_archive_1.seq AS seq,
    visit_event_archive_1.hits AS hits, visit_event_archive_1.last AS last, visit_event_archive_1.size AS size,
    visit_event_archive_1.osiris_cleared AS osiris_cleared
FROM visit_event_archive AS visit_event_archive_1) AS picked
WHERE picked.page = head.page AND picked.day = head.day AND picked.seq = folded.last) AS last,
    CAST(coalesce(folded.size, 0.0) AS DOUBLE PRECISION) / CAST(CAST(nullif(coalesce(folded.osiris_count_size, 0), 0)
    AS DOUBLE PRECISION) AS DOUBLE PRECISION) AS size, head.seq AS seq
FROM visit_snapshot AS head
JOIN LATERAL (
SELECT CAST(sum(tail.hits) AS BIGINT) AS hits, max(tail.seq) FILTER (
WHERE tail.last IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND strpos(tail.osiris_cleared, ',last,') > 0) AS last,
    CAST(sum(tail.size) AS FLOAT) AS size, count(tail.size) AS osiris_count_size
FROM (
SELECT visit_event_2.page AS page, visit_event_2.day AS day, visit_event_2.seq AS seq, visit_event_2.hits AS hits,
    visit_event_2.last AS last, visit_event_2.size AS size, visit_event_2.osiris_cleared AS osiris_cleared
FROM visit_event AS visit_event_2
UNION ALL
SELECT visit_event_archive_2.page AS page, visit_event_archive_2.day AS day, visit_event_archive_2.seq AS seq,
    visit_event_archive_2.hits AS hits, visit_event_archive_2.last AS last, visit_event_archive_2.size AS size,
    visit_event_archive_2.osiris_cleared AS osiris_cleared
FROM visit_event_archive AS visit_event_archive_2) AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin) AS folded ON true
JOIN LATERAL (
SELECT head.seq AS seq
LIMIT ALL OFFSET 0) AS found ON true
WHERE head.seq > head.osiris_origin AND found.seq = head.seq
FOR UPDATE OF head NOWAIT) AS visit
WHERE visit.page = :k0::VARCHAR AND visit.day = :k1::DATE
-- binds: k0 String(), k1 Date()

-- visit: all
SELECT visit.page, visit.day, visit.hits, visit.last, visit.size, visit.seq
FROM visit_snapshot AS visit_snapshot_1 CROSS
JOIN (
SELECT head.page AS page, head.day AS day, coalesce(folded.hits, 0) AS hits, (
SELECT picked.last
FROM (
SELECT visit_event_1.page AS page, visit_event_1.day AS day, visit_event_1.seq AS seq, visit_event_1.hits AS hits,
    visit_event_1.last AS last, visit_event_1.size AS size, visit_event_1.osiris_cleared AS osiris_cleared
FROM visit_event AS visit_event_1
UNION ALL
SELECT visit_event_archive_1.page AS page, visit_event_archive_1.day AS day, visit_event_archive_1.seq AS seq,
    visit_event_archive_1.hits AS hits, visit_event_archive_1.last AS last, visit_event_archive_1.size AS size,
    visit_event_archive_1.osiris_cleared AS osiris_cleared
FROM visit_event_archive AS visit_event_archive_1) AS picked
WHERE picked.page = head.page AND picked.day = head.day AND picked.seq = folded.last) AS last,
    CAST(coalesce(folded.size, 0.0) AS DOUBLE PRECISION) / CAST(CAST(nullif(coalesce(folded.osiris_count_size, 0), 0)
    AS DOUBLE PRECISION) AS DOUBLE PRECISION) AS size, head.seq AS seq
FROM visit_snapshot AS head
JOIN LATERAL (
SELECT CAST(sum(tail.hits) AS BIGINT) AS hits, max(tail.seq) FILTER (
WHERE tail.last IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND strpos(tail.osiris_cleared, ',last,') > 0) AS last,
    CAST(sum(tail.size) AS FLOAT) AS size, count(tail.size) AS osiris_count_size
FROM (
SELECT visit_event_2.page AS page, visit_event_2.day AS day, visit_event_2.seq AS seq, visit_event_2.hits AS hits,
    visit_event_2.last AS last, visit_event_2.size AS size, visit_event_2.osiris_cleared AS osiris_cleared
FROM visit_event AS visit_event_2
UNION ALL
SELECT visit_event_archive_2.page AS page, visit_event_archive_2.day AS day, visit_event_archive_2.seq AS seq,
    visit_event_archive_2.hits AS hits, visit_event_archive_2.last AS last, visit_event_archive_2.size AS size,
    visit_event_archive_2.osiris_cleared AS osiris_cleared
FROM visit_event_archive AS visit_event_archive_2) AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin) AS folded ON true
WHERE head.seq > head.osiris_origin) AS visit
WHERE visit_snapshot_1.page = visit.page AND visit_snapshot_1.day = visit.day AND visit_snapshot_1.seq = visit.seq
FOR UPDATE OF visit_snapshot_1 SKIP LOCKED

