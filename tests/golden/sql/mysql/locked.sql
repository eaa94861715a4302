-- account: one
SELECT account.id, account.name, account.balance, account.moves, account.best, account.mean, account.seq
FROM (
SELECT head.id AS id, folded.name AS name, folded.balance AS balance, folded.moves AS moves, folded.best AS best,
    folded.mean AS mean, head.seq AS seq
FROM account_snapshot AS head INNER
JOIN LATERAL (
SELECT CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.name ELSE (
SELECT tail.name
FROM account_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND (tail.name IS NOT NULL OR tail.osiris_cleared IS NOT
    NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) END AS name, CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.balance ELSE coalesce((
SELECT sum(tail.balance) AS sum_1
FROM account_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE), 0) END AS balance, CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.moves ELSE (
SELECT count(tail.moves) AS count_1
FROM account_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE) END AS moves, CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.best ELSE (
SELECT max(tail.best) AS max_1
FROM account_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE) END AS best, CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN CAST(head.mean AS DOUBLE) /
    CAST(nullif(head.osiris_count_mean, 0) AS DOUBLE) ELSE CAST(coalesce((
SELECT CASE WHEN (sum(tail.mean) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.mean) AS
    SIGNED INTEGER) WHEN (sum(tail.mean) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.mean))) AS
    SIGNED INTEGER) END AS anon_1
FROM account_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE), 0) AS DOUBLE) / CAST(nullif((
SELECT count(tail.mean) AS count_2
FROM account_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE), 0) AS DOUBLE) END AS mean) AS folded ON true = 1
WHERE head.seq > head.osiris_origin
FOR UPDATE OF head NOWAIT) AS account
WHERE account.id = :k0
FOR UPDATE NOWAIT
-- binds: k0 String(length=20)

-- account: all
SELECT account.id, account.name, account.balance, account.moves, account.best, account.mean, account.seq
FROM (
SELECT head.id AS id, folded.name AS name, folded.balance AS balance, folded.moves AS moves, folded.best AS best,
    folded.mean AS mean, head.seq AS seq
FROM account_snapshot AS head INNER
JOIN LATERAL (
SELECT CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.name ELSE (
SELECT tail.name
FROM account_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND (tail.name IS NOT NULL OR tail.osiris_cleared IS NOT
    NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) END AS name, CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.balance ELSE coalesce((
SELECT sum(tail.balance) AS sum_1
FROM account_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE), 0) END AS balance, CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.moves ELSE (
SELECT count(tail.moves) AS count_1
FROM account_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE) END AS moves, CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.best ELSE (
SELECT max(tail.best) AS max_1
FROM account_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE) END AS best, CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN CAST(head.mean AS DOUBLE) /
    CAST(nullif(head.osiris_count_mean, 0) AS DOUBLE) ELSE CAST(coalesce((
SELECT CASE WHEN (sum(tail.mean) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.mean) AS
    SIGNED INTEGER) WHEN (sum(tail.mean) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.mean))) AS
    SIGNED INTEGER) END AS anon_1
FROM account_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE), 0) AS DOUBLE) / CAST(nullif((
SELECT count(tail.mean) AS count_2
FROM account_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE), 0) AS DOUBLE) END AS mean) AS folded ON true = 1
WHERE head.seq > head.osiris_origin
FOR UPDATE OF head SKIP LOCKED) AS account
FOR UPDATE SKIP LOCKED

-- item: one
SELECT item.id, item.name, item.stock, item.moves, item.best, item.first, item.seq
FROM (
SELECT head.id AS id, folded.name AS name, folded.stock AS stock, folded.moves AS moves, folded.best AS best,
    folded.first AS first, head.seq AS seq
FROM item_snapshot AS head INNER
JOIN LATERAL (
SELECT CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.name ELSE (
SELECT tail.name
FROM item_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND (tail.name IS NOT NULL OR tail.osiris_cleared IS NOT
    NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) END AS name, CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.stock ELSE coalesce((
SELECT CASE WHEN (sum(tail.stock) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.stock) AS
    SIGNED INTEGER) WHEN (sum(tail.stock) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.stock))) AS
    SIGNED INTEGER) END AS anon_1
FROM item_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE), 0) END AS stock, CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.moves ELSE (
SELECT count(tail.moves) AS count_1
FROM item_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE) END AS moves, CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.best ELSE (
SELECT max(tail.best) AS max_1
FROM item_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE) END AS best, CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.first ELSE (
SELECT tail.first
FROM item_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.first IS NOT NULL
ORDER BY tail.seq
LIMIT 1
FOR SHARE) END AS first) AS folded ON true = 1
WHERE head.seq > head.osiris_origin
FOR UPDATE OF head NOWAIT) AS item
WHERE item.id = :k0
FOR UPDATE NOWAIT
-- binds: k0 Integer()

-- item: all
SELECT item.id, item.name, item.stock, item.moves, item.best, item.first, item.seq
FROM (
SELECT head.id AS id, folded.name AS name, folded.stock AS stock, folded.moves AS moves, folded.best AS best,
    folded.first AS first, head.seq AS seq
FROM item_snapshot AS head INNER
JOIN LATERAL (
SELECT CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.name ELSE (
SELECT tail.name
FROM item_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND (tail.name IS NOT NULL OR tail.osiris_cleared IS NOT
    NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) END AS name, CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.stock ELSE coalesce((
SELECT CASE WHEN (sum(tail.stock) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.stock) AS
    SIGNED INTEGER) WHEN (sum(tail.stock) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.stock))) AS
    SIGNED INTEGER) END AS anon_1
FROM item_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE), 0) END AS stock, CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.moves ELSE (
SELECT count(tail.moves) AS count_1
FROM item_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE) END AS moves, CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.best ELSE (
SELECT max(tail.best) AS max_1
FROM item_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin
FOR SHARE) END AS best, CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.first ELSE (
SELECT tail.first
FROM item_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.first IS NOT NULL
ORDER BY tail.seq
LIMIT 1
FOR SHARE) END AS first) AS folded ON true = 1
WHERE head.seq > head.osiris_origin
FOR UPDATE OF head SKIP LOCKED) AS item
FOR UPDATE SKIP LOCKED

-- employee: one
SELECT employee.company, employee.number, employee.name, employee.osiris_handed_tags AS tags,
    employee.osiris_handed_colours AS colours, employee.salary, employee.seq
FROM (
SELECT head.company AS company, head.number AS number, folded.name AS name, CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_state_tags ELSE CASE WHEN (char_length(concat('Employee.tags is stale and
    SQL cannot fold it; take repository(...).snapshot() of ', CAST(head.company AS CHAR), ' ', CAST(head.number AS
    CHAR), ' ')) + 9223372036854775807 IS NULL) THEN NULL END END AS tags, CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_state_colours ELSE CASE WHEN (char_length(concat('Employee.colours is stale
    and SQL cannot fold it; take repository(...).snapshot() of ', CAST(head.company AS CHAR), ' ', CAST(head.number AS
    CHAR), ' ')) + 9223372036854775807 IS NULL) THEN NULL END END AS colours, folded.salary AS salary, head.seq AS
    seq, folded.osiris_handed_colours AS osiris_handed_colours, folded.osiris_handed_tags AS osiris_handed_tags
FROM employee_snapshot AS head INNER
JOIN LATERAL (
SELECT CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.name ELSE CASE WHEN (coalesce((
SELECT archived.seq
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',name,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE), 0) > coalesce((
SELECT tail.seq
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND (tail.name IS
    NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE), 0)) THEN (
SELECT archived.name
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',name,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE) ELSE (
SELECT tail.name
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND (tail.name IS
    NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) END END AS name, CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.salary ELSE
    coalesce(coalesce((
SELECT sum(archived.salary) AS sum_1
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin
FOR SHARE), 0), 0) + coalesce((
SELECT sum(tail.salary) AS sum_2
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin
FOR SHARE), 0) END AS salary, CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN concat('[',
    coalesce(json_quote(CAST(head.osiris_state_colours AS CHAR)), 'null'), ']') ELSE coalesce(concat('[', 'null', ',',
    (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',',
    coalesce(json_quote(CAST(archived.colours AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS
    concat_1
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    archived.colours IS NOT NULL
FOR SHARE), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.colours AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_2
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND tail.colours IS
    NOT NULL
FOR SHARE), ']'), '[null,null,-1]') END AS osiris_handed_colours, CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN concat('[', coalesce(json_quote(CAST(head.osiris_state_tags AS CHAR)), 'null'), ']')
    ELSE coalesce(concat('[', 'null', ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',', coalesce(json_quote(CAST(archived.tags
    AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_3
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    archived.tags IS NOT NULL
FOR SHARE), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.tags AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_4
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND tail.tags IS NOT
    NULL
FOR SHARE), ']'), '[null,null,-1]') END AS osiris_handed_tags) AS folded ON true = 1
WHERE head.seq > head.osiris_origin
FOR UPDATE OF head NOWAIT) AS employee
WHERE employee.company = :k0 AND employee.number = :k1
FOR UPDATE NOWAIT
-- binds: k0 String(length=20), k1 Integer()

-- employee: all
SELECT employee.company, employee.number, employee.name, employee.osiris_handed_tags AS tags,
    employee.osiris_handed_colours AS colours, employee.salary, employee.seq
FROM (
SELECT head.company AS company, head.number AS number, folded.name AS name, CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_state_tags ELSE CASE WHEN (char_length(concat('Employee.tags is stale and
    SQL cannot fold it; take repository(...).snapshot() of ', CAST(head.company AS CHAR), ' ', CAST(head.number AS
    CHAR), ' ')) + 9223372036854775807 IS NULL) THEN NULL END END AS tags, CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_state_colours ELSE CASE WHEN (char_length(concat('Employee.colours is stale
    and SQL cannot fold it; take repository(...).snapshot() of ', CAST(head.company AS CHAR), ' ', CAST(head.number AS
    CHAR), ' ')) + 9223372036854775807 IS NULL) THEN NULL END END AS colours, folded.salary AS salary, head.seq AS
    seq, folded.osiris_handed_colours AS osiris_handed_colours, folded.osiris_handed_tags AS osiris_handed_tags
FROM employee_snapshot AS head INNER
JOIN LATERAL (
SELECT CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.name ELSE CASE WHEN (coalesce((
SELECT archived.seq
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',name,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE), 0) > coalesce((
SELECT tail.seq
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND (tail.name IS
    NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE), 0)) THEN (
SELECT archived.name
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',name,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE) ELSE (
SELECT tail.name
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND (tail.name IS
    NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) END END AS name, CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.salary ELSE
    coalesce(coalesce((
SELECT sum(archived.salary) AS sum_1
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin
FOR SHARE), 0), 0) + coalesce((
SELECT sum(tail.salary) AS sum_2
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin
FOR SHARE), 0) END AS salary, CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN concat('[',
    coalesce(json_quote(CAST(head.osiris_state_colours AS CHAR)), 'null'), ']') ELSE coalesce(concat('[', 'null', ',',
    (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',',
    coalesce(json_quote(CAST(archived.colours AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS
    concat_1
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    archived.colours IS NOT NULL
FOR SHARE), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.colours AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_2
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND tail.colours IS
    NOT NULL
FOR SHARE), ']'), '[null,null,-1]') END AS osiris_handed_colours, CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN concat('[', coalesce(json_quote(CAST(head.osiris_state_tags AS CHAR)), 'null'), ']')
    ELSE coalesce(concat('[', 'null', ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',', coalesce(json_quote(CAST(archived.tags
    AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_3
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    archived.tags IS NOT NULL
FOR SHARE), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.tags AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_4
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND tail.tags IS NOT
    NULL
FOR SHARE), ']'), '[null,null,-1]') END AS osiris_handed_tags) AS folded ON true = 1
WHERE head.seq > head.osiris_origin
FOR UPDATE OF head SKIP LOCKED) AS employee
FOR UPDATE SKIP LOCKED

-- invoice: one
SELECT invoice.id, invoice.customer, invoice.total, invoice.paid, invoice.due, invoice.seq
FROM (
SELECT head.id AS id, folded.customer AS customer, folded.total AS total, folded.paid AS paid, folded.due AS due,
    head.seq AS seq
FROM invoice_snapshot AS head INNER
JOIN LATERAL (
SELECT CASE WHEN (coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE), (
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE), 0) > coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE), 0)) THEN (
SELECT archived.customer
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE) ELSE (
SELECT tail.customer
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) END ELSE CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.customer END END AS customer,
    coalesce(coalesce(CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.total END, 0) + coalesce((
SELECT sum(archived.total) AS sum_1
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END
FOR SHARE), 0), 0) + coalesce((
SELECT sum(tail.total) AS sum_2
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END
FOR SHARE), 0) AS total, coalesce(coalesce(CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.paid
    END, true) = 1 AND coalesce((
SELECT min(archived.paid) AS min_1
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END
FOR SHARE), true) = 1, true) = 1 AND coalesce((
SELECT min(tail.paid) AS min_2
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END
FOR SHARE), true) = 1 AS paid, CASE WHEN (coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE), (
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (archived.due IS NOT NULL OR archived.osiris_cleared IS NOT
    NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (archived.due IS NOT NULL OR archived.osiris_cleared IS NOT
    NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE), 0) > coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE), 0)) THEN (
SELECT archived.due
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (archived.due IS NOT NULL OR archived.osiris_cleared IS NOT
    NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE) ELSE (
SELECT tail.due
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) END ELSE CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.due END END AS due) AS folded
    ON true = 1
WHERE head.seq > head.osiris_origin
FOR UPDATE OF head NOWAIT) AS invoice
WHERE invoice.id = :k0
FOR UPDATE NOWAIT
-- binds: k0 Integer()

-- invoice: all
SELECT invoice.id, invoice.customer, invoice.total, invoice.paid, invoice.due, invoice.seq
FROM (
SELECT head.id AS id, folded.customer AS customer, folded.total AS total, folded.paid AS paid, folded.due AS due,
    head.seq AS seq
FROM invoice_snapshot AS head INNER
JOIN LATERAL (
SELECT CASE WHEN (coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE), (
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE), 0) > coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE), 0)) THEN (
SELECT archived.customer
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE) ELSE (
SELECT tail.customer
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) END ELSE CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.customer END END AS customer,
    coalesce(coalesce(CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.total END, 0) + coalesce((
SELECT sum(archived.total) AS sum_1
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END
FOR SHARE), 0), 0) + coalesce((
SELECT sum(tail.total) AS sum_2
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END
FOR SHARE), 0) AS total, coalesce(coalesce(CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.paid
    END, true) = 1 AND coalesce((
SELECT min(archived.paid) AS min_1
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END
FOR SHARE), true) = 1, true) = 1 AND coalesce((
SELECT min(tail.paid) AS min_2
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END
FOR SHARE), true) = 1 AS paid, CASE WHEN (coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE), (
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (archived.due IS NOT NULL OR archived.osiris_cleared IS NOT
    NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (archived.due IS NOT NULL OR archived.osiris_cleared IS NOT
    NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE), 0) > coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE), 0)) THEN (
SELECT archived.due
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive FORCE INDEX (PRIMARY)
FOR SHARE) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (archived.due IS NOT NULL OR archived.osiris_cleared IS NOT
    NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE) ELSE (
SELECT tail.due
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event FORCE INDEX (PRIMARY)
FOR SHARE) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) END ELSE CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.due END END AS due) AS folded
    ON true = 1
WHERE head.seq > head.osiris_origin
FOR UPDATE OF head SKIP LOCKED) AS invoice
FOR UPDATE SKIP LOCKED

-- patient: one
SELECT patient.hospital, patient.number, patient.name, patient.visits, patient.seq
FROM (
SELECT head.hospital AS hospital, head.number AS number, folded.name AS name, folded.visits AS visits, head.seq AS seq
FROM ward.patient_snapshot AS head INNER
JOIN LATERAL (
SELECT concat((
SELECT context_key.`key`
FROM ward.patient_key AS context_key
WHERE context_key.hospital = head.hospital AND context_key.number = head.number), '|', CASE WHEN ((
SELECT tail.seq
FROM ward.patient_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) IS NOT NULL) THEN (
SELECT tail.name
FROM ward.patient_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) ELSE CASE WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.name END END, '|',
    replace(CAST(head.hospital AS CHAR), '~', '~0'), '~1', replace(CAST(head.number AS CHAR), '~', '~0')) AS name,
    coalesce(CASE WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.visits END, 0) + coalesce((
SELECT CASE WHEN (sum(tail.visits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.visits) AS
    SIGNED INTEGER) WHEN (sum(tail.visits) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.visits))) AS
    SIGNED INTEGER) END AS anon_1
FROM ward.patient_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END
FOR SHARE), 0) AS visits) AS folded ON true = 1
WHERE head.seq > head.osiris_origin
FOR UPDATE OF head NOWAIT) AS patient
WHERE patient.hospital = :k0 AND patient.number = :k1
FOR UPDATE NOWAIT
-- binds: k0 String(length=20), k1 Integer()

-- patient: all
SELECT patient.hospital, patient.number, patient.name, patient.visits, patient.seq
FROM (
SELECT head.hospital AS hospital, head.number AS number, folded.name AS name, folded.visits AS visits, head.seq AS seq
FROM ward.patient_snapshot AS head INNER
JOIN LATERAL (
SELECT concat((
SELECT context_key.`key`
FROM ward.patient_key AS context_key
WHERE context_key.hospital = head.hospital AND context_key.number = head.number), '|', CASE WHEN ((
SELECT tail.seq
FROM ward.patient_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) IS NOT NULL) THEN (
SELECT tail.name
FROM ward.patient_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) ELSE CASE WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.name END END, '|',
    replace(CAST(head.hospital AS CHAR), '~', '~0'), '~1', replace(CAST(head.number AS CHAR), '~', '~0')) AS name,
    coalesce(CASE WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.visits END, 0) + coalesce((
SELECT CASE WHEN (sum(tail.visits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.visits) AS
    SIGNED INTEGER) WHEN (sum(tail.visits) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.visits))) AS
    SIGNED INTEGER) END AS anon_1
FROM ward.patient_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END
FOR SHARE), 0) AS visits) AS folded ON true = 1
WHERE head.seq > head.osiris_origin
FOR UPDATE OF head SKIP LOCKED) AS patient
FOR UPDATE SKIP LOCKED

-- reading: one
SELECT reading.sensor, reading.least, reading.first, reading.notes, reading.seq
FROM (
SELECT head.sensor AS sensor, folded.least AS least, folded.first AS first, folded.notes AS notes, head.seq AS seq
FROM reading_snapshot AS head INNER
JOIN LATERAL (
SELECT (
SELECT min(tail.least) AS min_1
FROM reading_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.sensor = head.sensor AND tail.seq > head.osiris_origin
FOR SHARE) AS least, (
SELECT tail.first
FROM reading_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.sensor = head.sensor AND tail.seq > head.osiris_origin AND tail.first IS NOT NULL
ORDER BY tail.seq
LIMIT 1
FOR SHARE) AS first, coalesce(concat('[', 'null', ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.notes AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_1
FROM reading_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.sensor = head.sensor AND tail.seq > head.osiris_origin AND tail.notes IS NOT NULL
FOR SHARE), ']'), '[null,null,-1]') AS notes) AS folded ON true = 1
WHERE head.seq > head.osiris_origin
FOR UPDATE OF head NOWAIT) AS reading
WHERE reading.sensor = :k0
FOR UPDATE NOWAIT
-- binds: k0 Uuid()

-- reading: all
SELECT reading.sensor, reading.least, reading.first, reading.notes, reading.seq
FROM (
SELECT head.sensor AS sensor, folded.least AS least, folded.first AS first, folded.notes AS notes, head.seq AS seq
FROM reading_snapshot AS head INNER
JOIN LATERAL (
SELECT (
SELECT min(tail.least) AS min_1
FROM reading_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.sensor = head.sensor AND tail.seq > head.osiris_origin
FOR SHARE) AS least, (
SELECT tail.first
FROM reading_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.sensor = head.sensor AND tail.seq > head.osiris_origin AND tail.first IS NOT NULL
ORDER BY tail.seq
LIMIT 1
FOR SHARE) AS first, coalesce(concat('[', 'null', ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.notes AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_1
FROM reading_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.sensor = head.sensor AND tail.seq > head.osiris_origin AND tail.notes IS NOT NULL
FOR SHARE), ']'), '[null,null,-1]') AS notes) AS folded ON true = 1
WHERE head.seq > head.osiris_origin
FOR UPDATE OF head SKIP LOCKED) AS reading
FOR UPDATE SKIP LOCKED

-- visit: one
SELECT visit.page, visit.day, visit.hits, visit.last, visit.size, visit.seq
FROM (
SELECT head.page AS page, head.day AS day, folded.hits AS hits, folded.last AS last, folded.size AS size, head.seq AS
    seq
FROM visit_snapshot AS head INNER
JOIN LATERAL (
SELECT coalesce(coalesce((
SELECT CASE WHEN (sum(archived.hits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN
    CAST(sum(archived.hits) AS SIGNED INTEGER) WHEN (sum(archived.hits) IS NOT NULL) THEN 9223372036854775807 +
    CAST(abs(sign(sum(archived.hits))) AS SIGNED INTEGER) END AS anon_1
FROM visit_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin
FOR SHARE), 0), 0) + coalesce((
SELECT CASE WHEN (sum(tail.hits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.hits) AS
    SIGNED INTEGER) WHEN (sum(tail.hits) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.hits))) AS
    SIGNED INTEGER) END AS anon_2
FROM visit_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin
FOR SHARE), 0) AS hits, CASE WHEN (coalesce((
SELECT archived.seq
FROM visit_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin AND (archived.last
    IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') > 0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE), 0) > coalesce((
SELECT tail.seq
FROM visit_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin AND (tail.last IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE), 0)) THEN (
SELECT archived.last
FROM visit_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin AND (archived.last
    IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') > 0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE) ELSE (
SELECT tail.last
FROM visit_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin AND (tail.last IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) END AS last, CAST(coalesce(coalesce((
SELECT sum(archived.size) AS sum_1
FROM visit_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin
FOR SHARE), 0), 0) + coalesce((
SELECT sum(tail.size) AS sum_2
FROM visit_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin
FOR SHARE), 0) AS DOUBLE) / CAST(nullif(coalesce((
SELECT count(archived.size) AS count_1
FROM visit_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin
FOR SHARE), 0) + (
SELECT count(tail.size) AS count_2
FROM visit_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin
FOR SHARE), 0) AS DOUBLE) AS size) AS folded ON true = 1
WHERE head.seq > head.osiris_origin
FOR UPDATE OF head NOWAIT) AS visit
WHERE visit.page = :k0 AND visit.day = :k1
FOR UPDATE NOWAIT
-- binds: k0 String(), k1 Date()

-- visit: all
SELECT visit.page, visit.day, visit.hits, visit.last, visit.size, visit.seq
FROM (
SELECT head.page AS page, head.day AS day, folded.hits AS hits, folded.last AS last, folded.size AS size, head.seq AS
    seq
FROM visit_snapshot AS head INNER
JOIN LATERAL (
SELECT coalesce(coalesce((
SELECT CASE WHEN (sum(archived.hits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN
    CAST(sum(archived.hits) AS SIGNED INTEGER) WHEN (sum(archived.hits) IS NOT NULL) THEN 9223372036854775807 +
    CAST(abs(sign(sum(archived.hits))) AS SIGNED INTEGER) END AS anon_1
FROM visit_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin
FOR SHARE), 0), 0) + coalesce((
SELECT CASE WHEN (sum(tail.hits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.hits) AS
    SIGNED INTEGER) WHEN (sum(tail.hits) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.hits))) AS
    SIGNED INTEGER) END AS anon_2
FROM visit_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin
FOR SHARE), 0) AS hits, CASE WHEN (coalesce((
SELECT archived.seq
FROM visit_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin AND (archived.last
    IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') > 0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE), 0) > coalesce((
SELECT tail.seq
FROM visit_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin AND (tail.last IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE), 0)) THEN (
SELECT archived.last
FROM visit_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin AND (archived.last
    IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') > 0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE) ELSE (
SELECT tail.last
FROM visit_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin AND (tail.last IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) END AS last, CAST(coalesce(coalesce((
SELECT sum(archived.size) AS sum_1
FROM visit_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin
FOR SHARE), 0), 0) + coalesce((
SELECT sum(tail.size) AS sum_2
FROM visit_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin
FOR SHARE), 0) AS DOUBLE) / CAST(nullif(coalesce((
SELECT count(archived.size) AS count_1
FROM visit_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin
FOR SHARE), 0) + (
SELECT count(tail.size) AS count_2
FROM visit_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin
FOR SHARE), 0) AS DOUBLE) AS size) AS folded ON true = 1
WHERE head.seq > head.osiris_origin
FOR UPDATE OF head SKIP LOCKED) AS visit
FOR UPDATE SKIP LOCKED

