-- account: now
SELECT account.id, account.name, account.balance, account.moves, account.best, account.mean, account.seq
FROM (
SELECT head.id AS id, folded.name AS name, folded.balance AS balance, folded.moves AS moves, folded.best AS best,
    folded.mean AS mean, head.seq AS seq
FROM account_snapshot AS head INNER
JOIN LATERAL (
SELECT CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.name ELSE (
SELECT tail.name
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND (tail.name IS NOT NULL OR tail.osiris_cleared IS NOT
    NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END AS name, CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.balance ELSE coalesce((
SELECT sum(tail.balance) AS sum_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin), 0) END AS balance, CASE WHEN (head.osiris_fingerprint =
    9040296020539021685) THEN head.moves ELSE (
SELECT count(tail.moves) AS count_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin) END AS moves, CASE WHEN (head.osiris_fingerprint =
    9040296020539021685) THEN head.best ELSE (
SELECT max(tail.best) AS max_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin) END AS best, CASE WHEN (head.osiris_fingerprint =
    9040296020539021685) THEN CAST(head.mean AS DOUBLE) / CAST(nullif(head.osiris_count_mean, 0) AS DOUBLE) ELSE
    CAST(coalesce((
SELECT CASE WHEN (sum(tail.mean) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.mean) AS
    SIGNED INTEGER) WHEN (sum(tail.mean) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.mean))) AS
    SIGNED INTEGER) END AS anon_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin), 0) AS DOUBLE) / CAST(nullif((
SELECT count(tail.mean) AS count_2
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin), 0) AS DOUBLE) END AS mean) AS folded ON true = 1
WHERE head.seq > head.osiris_origin) AS account

-- account: as of a moment
SELECT account_1.id, account_1.name, account_1.balance, account_1.moves, account_1.best, account_1.mean, account_1.seq
FROM (
SELECT head.id AS id, folded.name AS name, folded.balance AS balance, folded.moves AS moves, folded.best AS best,
    folded.mean AS mean, head.seq AS seq
FROM (
SELECT placed.id AS id, placed.osiris_place AS seq, folded.osiris_origin AS osiris_origin, folded.osiris_folded AS
    osiris_folded, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND placed.osiris_origin <=
    placed.osiris_place) THEN placed.osiris_fingerprint ELSE 0 END AS osiris_fingerprint, placed.name AS name,
    placed.balance AS balance, placed.moves AS moves, placed.best AS best, placed.mean AS mean,
    placed.osiris_count_mean AS osiris_count_mean
FROM (
SELECT `stored`.osiris_origin AS osiris_origin, `stored`.osiris_folded AS osiris_folded, `stored`.osiris_fingerprint
    AS osiris_fingerprint, `stored`.id AS id, `stored`.name AS name, `stored`.balance AS balance, `stored`.moves AS
    moves, `stored`.best AS best, `stored`.mean AS mean, `stored`.osiris_count_mean AS osiris_count_mean,
    folded.osiris_place AS osiris_place
FROM account_snapshot AS `stored` INNER
JOIN LATERAL (
SELECT coalesce((
SELECT account_event_1.seq
FROM account_event AS account_event_1
WHERE account_event_1.id = `stored`.id AND account_event_1.seq > 0 AND account_event_1.recorded_at <= :as_of_1
ORDER BY account_event_1.seq DESC
LIMIT 1), 0) AS osiris_place) AS folded ON true = 1
WHERE `stored`.seq > 0) AS placed INNER
JOIN LATERAL (
SELECT CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN placed.osiris_origin ELSE coalesce((
SELECT account_event_2.seq
FROM account_event AS account_event_2
WHERE account_event_2.id = placed.id AND account_event_2.seq > 0 AND account_event_2.seq <= placed.osiris_place AND
    account_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY account_event_2.seq DESC
LIMIT 1), 0) END AS osiris_origin, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND placed.osiris_origin <=
    placed.osiris_place) THEN placed.osiris_folded ELSE CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN
    placed.osiris_origin ELSE coalesce((
SELECT account_event_2.seq
FROM account_event AS account_event_2
WHERE account_event_2.id = placed.id AND account_event_2.seq > 0 AND account_event_2.seq <= placed.osiris_place AND
    account_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY account_event_2.seq DESC
LIMIT 1), 0) END END AS osiris_folded) AS folded ON true = 1
WHERE placed.osiris_place > 0) AS head INNER
JOIN LATERAL (
SELECT CASE WHEN ((
SELECT tail.seq
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) IS NOT NULL) THEN (
SELECT tail.name
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) ELSE CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.name END END AS name, coalesce(CASE
    WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.balance END, 0) + coalesce((
SELECT sum(tail.balance) AS sum_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS balance, coalesce(CASE WHEN
    (head.osiris_fingerprint = 9040296020539021685) THEN head.moves END, 0) + (
SELECT count(tail.moves) AS count_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq) AS moves, greatest(coalesce(CASE WHEN
    (head.osiris_fingerprint = 9040296020539021685) THEN head.best END, (
SELECT max(tail.best) AS max_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq)), coalesce((
SELECT max(tail.best) AS max_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), CASE WHEN (head.osiris_fingerprint =
    9040296020539021685) THEN head.best END)) AS best, CAST(coalesce(CASE WHEN (head.osiris_fingerprint =
    9040296020539021685) THEN head.mean END, 0) + coalesce((
SELECT CASE WHEN (sum(tail.mean) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.mean) AS
    SIGNED INTEGER) WHEN (sum(tail.mean) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.mean))) AS
    SIGNED INTEGER) END AS anon_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS DOUBLE) /
    CAST(nullif(coalesce(CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.osiris_count_mean END, 0)
    + (
SELECT count(tail.mean) AS count_2
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS DOUBLE) AS mean) AS folded ON true
    = 1
WHERE head.seq > head.osiris_origin) AS account_1
-- binds: as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc),
--   osiris_cleared_1 Text() = '*', osiris_cleared_1 Text() = '*'

-- account: events
SELECT account_event.id, account_event.seq, account_event.position, account_event.osiris_xid,
    account_event.recorded_at, account_event.name, account_event.balance, account_event.moves, account_event.best,
    account_event.mean, account_event.osiris_cleared, account_event.event_id, account_event.event_type,
    account_event.event_meta
FROM account_event

-- account: as of a seq
SELECT 1

-- item: now
SELECT item.id, item.name, item.stock, item.moves, item.best, item.first, item.seq
FROM (
SELECT head.id AS id, folded.name AS name, folded.stock AS stock, folded.moves AS moves, folded.best AS best,
    folded.first AS first, head.seq AS seq
FROM item_snapshot AS head INNER
JOIN LATERAL (
SELECT CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.name ELSE (
SELECT tail.name
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND (tail.name IS NOT NULL OR tail.osiris_cleared IS NOT
    NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END AS name, CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.stock ELSE coalesce((
SELECT CASE WHEN (sum(tail.stock) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.stock) AS
    SIGNED INTEGER) WHEN (sum(tail.stock) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.stock))) AS
    SIGNED INTEGER) END AS anon_1
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin), 0) END AS stock, CASE WHEN (head.osiris_fingerprint =
    6972388170373529526) THEN head.moves ELSE (
SELECT count(tail.moves) AS count_1
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin) END AS moves, CASE WHEN (head.osiris_fingerprint =
    6972388170373529526) THEN head.best ELSE (
SELECT max(tail.best) AS max_1
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin) END AS best, CASE WHEN (head.osiris_fingerprint =
    6972388170373529526) THEN head.first ELSE (
SELECT tail.first
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.first IS NOT NULL
ORDER BY tail.seq
LIMIT 1) END AS first) AS folded ON true = 1
WHERE head.seq > head.osiris_origin) AS item

-- item: as of a moment
SELECT item_1.id, item_1.name, item_1.stock, item_1.moves, item_1.best, item_1.first, item_1.seq
FROM (
SELECT head.id AS id, folded.name AS name, folded.stock AS stock, folded.moves AS moves, folded.best AS best,
    folded.first AS first, head.seq AS seq
FROM (
SELECT placed.id AS id, placed.osiris_place AS seq, folded.osiris_origin AS osiris_origin, folded.osiris_folded AS
    osiris_folded, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND placed.osiris_origin <=
    placed.osiris_place) THEN placed.osiris_fingerprint ELSE 0 END AS osiris_fingerprint, placed.name AS name,
    placed.stock AS stock, placed.moves AS moves, placed.best AS best, placed.first AS first
FROM (
SELECT `stored`.osiris_origin AS osiris_origin, `stored`.osiris_folded AS osiris_folded, `stored`.osiris_fingerprint
    AS osiris_fingerprint, `stored`.id AS id, `stored`.name AS name, `stored`.stock AS stock, `stored`.moves AS moves,
    `stored`.best AS best, `stored`.first AS first, folded.osiris_place AS osiris_place
FROM item_snapshot AS `stored` INNER
JOIN LATERAL (
SELECT coalesce((
SELECT item_event_1.seq
FROM item_event AS item_event_1
WHERE item_event_1.id = `stored`.id AND item_event_1.seq > 0 AND item_event_1.recorded_at <= :as_of_1
ORDER BY item_event_1.seq DESC
LIMIT 1), 0) AS osiris_place) AS folded ON true = 1
WHERE `stored`.seq > 0) AS placed INNER
JOIN LATERAL (
SELECT CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN placed.osiris_origin ELSE coalesce((
SELECT item_event_2.seq
FROM item_event AS item_event_2
WHERE item_event_2.id = placed.id AND item_event_2.seq > 0 AND item_event_2.seq <= placed.osiris_place AND
    item_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY item_event_2.seq DESC
LIMIT 1), 0) END AS osiris_origin, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND placed.osiris_origin <=
    placed.osiris_place) THEN placed.osiris_folded ELSE CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN
    placed.osiris_origin ELSE coalesce((
SELECT item_event_2.seq
FROM item_event AS item_event_2
WHERE item_event_2.id = placed.id AND item_event_2.seq > 0 AND item_event_2.seq <= placed.osiris_place AND
    item_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY item_event_2.seq DESC
LIMIT 1), 0) END END AS osiris_folded) AS folded ON true = 1
WHERE placed.osiris_place > 0) AS head INNER
JOIN LATERAL (
SELECT CASE WHEN ((
SELECT tail.seq
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) IS NOT NULL) THEN (
SELECT tail.name
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) ELSE CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.name END END AS name, coalesce(CASE
    WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.stock END, 0) + coalesce((
SELECT CASE WHEN (sum(tail.stock) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.stock) AS
    SIGNED INTEGER) WHEN (sum(tail.stock) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.stock))) AS
    SIGNED INTEGER) END AS anon_1
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS stock, coalesce(CASE WHEN
    (head.osiris_fingerprint = 6972388170373529526) THEN head.moves END, 0) + (
SELECT count(tail.moves) AS count_1
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq) AS moves, greatest(coalesce(CASE WHEN
    (head.osiris_fingerprint = 6972388170373529526) THEN head.best END, (
SELECT max(tail.best) AS max_1
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq)), coalesce((
SELECT max(tail.best) AS max_1
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), CASE WHEN (head.osiris_fingerprint =
    6972388170373529526) THEN head.best END)) AS best, coalesce(CASE WHEN (head.osiris_fingerprint =
    6972388170373529526) THEN head.first END, (
SELECT tail.first
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.first IS NOT NULL
ORDER BY tail.seq
LIMIT 1)) AS first) AS folded ON true = 1
WHERE head.seq > head.osiris_origin) AS item_1
-- binds: as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc),
--   osiris_cleared_1 Text() = '*', osiris_cleared_1 Text() = '*'

-- item: events
SELECT item_event.id, item_event.seq, item_event.position, item_event.osiris_xid, item_event.recorded_at,
    item_event.name, item_event.stock, item_event.moves, item_event.best, item_event.first, item_event.osiris_cleared,
    item_event.event_id, item_event.event_type, item_event.event_meta
FROM item_event

-- employee: now
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
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',name,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND (tail.name IS
    NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.name
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',name,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.name
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND (tail.name IS
    NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END END AS name, CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.salary ELSE
    coalesce(coalesce((
SELECT sum(archived.salary) AS sum_1
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin), 0), 0)
    + coalesce((
SELECT sum(tail.salary) AS sum_2
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin), 0) END AS salary,
    CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN concat('[',
    coalesce(json_quote(CAST(head.osiris_state_colours AS CHAR)), 'null'), ']') ELSE coalesce(concat('[', 'null', ',',
    (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',',
    coalesce(json_quote(CAST(archived.colours AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS
    concat_1
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    archived.colours IS NOT NULL), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.colours AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_2
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND tail.colours IS
    NOT NULL), ']'), '[null,null,-1]') END AS osiris_handed_colours, CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN concat('[', coalesce(json_quote(CAST(head.osiris_state_tags AS CHAR)), 'null'), ']')
    ELSE coalesce(concat('[', 'null', ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',', coalesce(json_quote(CAST(archived.tags
    AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_3
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    archived.tags IS NOT NULL), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.tags AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_4
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND tail.tags IS NOT
    NULL), ']'), '[null,null,-1]') END AS osiris_handed_tags) AS folded ON true = 1
WHERE head.seq > head.osiris_origin) AS employee

-- employee: as of a moment
SELECT employee_1.company, employee_1.number, employee_1.name, employee_1.tags, employee_1.colours, employee_1.salary,
    employee_1.seq
FROM (
SELECT head.company AS company, head.number AS number, folded.name AS name, folded.tags AS tags, folded.colours AS
    colours, folded.salary AS salary, head.seq AS seq
FROM (
SELECT placed.company AS company, placed.number AS number, placed.osiris_place AS seq, folded.osiris_origin AS
    osiris_origin, folded.osiris_folded AS osiris_folded, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND
    placed.osiris_origin <= placed.osiris_place) THEN placed.osiris_fingerprint ELSE 0 END AS osiris_fingerprint,
    placed.name AS name, placed.tags AS tags, placed.colours AS colours, placed.salary AS salary
FROM (
SELECT `stored`.osiris_origin AS osiris_origin, `stored`.osiris_folded AS osiris_folded, `stored`.osiris_fingerprint
    AS osiris_fingerprint, `stored`.company AS company, `stored`.number AS number, `stored`.name AS name,
    `stored`.tags AS tags, `stored`.colours AS colours, `stored`.salary AS salary, folded.osiris_place AS osiris_place
FROM employee_snapshot AS `stored` INNER
JOIN LATERAL (
SELECT greatest(coalesce((
SELECT employee_event_1.seq
FROM employee_event AS employee_event_1
WHERE employee_event_1.company = `stored`.company AND employee_event_1.number = `stored`.number AND
    employee_event_1.seq > 0 AND employee_event_1.recorded_at <= :as_of_1
ORDER BY employee_event_1.seq DESC
LIMIT 1), 0), coalesce((
SELECT employee_event_archive_1.seq
FROM employee_event_archive AS employee_event_archive_1
WHERE employee_event_archive_1.company = `stored`.company AND employee_event_archive_1.number = `stored`.number AND
    employee_event_archive_1.seq > 0 AND employee_event_archive_1.recorded_at <= :as_of_1
ORDER BY employee_event_archive_1.seq DESC
LIMIT 1), 0)) AS osiris_place) AS folded ON true = 1
WHERE `stored`.seq > 0) AS placed INNER
JOIN LATERAL (
SELECT CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN placed.osiris_origin ELSE greatest(coalesce((
SELECT employee_event_2.seq
FROM employee_event AS employee_event_2
WHERE employee_event_2.company = placed.company AND employee_event_2.number = placed.number AND employee_event_2.seq >
    0 AND employee_event_2.seq <= placed.osiris_place AND employee_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY employee_event_2.seq DESC
LIMIT 1), 0), coalesce((
SELECT employee_event_archive_2.seq
FROM employee_event_archive AS employee_event_archive_2
WHERE employee_event_archive_2.company = placed.company AND employee_event_archive_2.number = placed.number AND
    employee_event_archive_2.seq > 0 AND employee_event_archive_2.seq <= placed.osiris_place AND
    employee_event_archive_2.osiris_cleared = :osiris_cleared_2
ORDER BY employee_event_archive_2.seq DESC
LIMIT 1), 0)) END AS osiris_origin, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND placed.osiris_origin <=
    placed.osiris_place) THEN placed.osiris_folded ELSE CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN
    placed.osiris_origin ELSE greatest(coalesce((
SELECT employee_event_2.seq
FROM employee_event AS employee_event_2
WHERE employee_event_2.company = placed.company AND employee_event_2.number = placed.number AND employee_event_2.seq >
    0 AND employee_event_2.seq <= placed.osiris_place AND employee_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY employee_event_2.seq DESC
LIMIT 1), 0), coalesce((
SELECT employee_event_archive_2.seq
FROM employee_event_archive AS employee_event_archive_2
WHERE employee_event_archive_2.company = placed.company AND employee_event_archive_2.number = placed.number AND
    employee_event_archive_2.seq > 0 AND employee_event_archive_2.seq <= placed.osiris_place AND
    employee_event_archive_2.osiris_cleared = :osiris_cleared_2
ORDER BY employee_event_archive_2.seq DESC
LIMIT 1), 0)) END END AS osiris_folded) AS folded ON true = 1
WHERE placed.osiris_place > 0) AS head INNER
JOIN LATERAL (
SELECT CASE WHEN (coalesce((
SELECT tail.seq
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), (
SELECT archived.seq
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND
    instr(archived.osiris_cleared, ',name,') > 0)
ORDER BY archived.seq DESC
LIMIT 1)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND
    instr(archived.osiris_cleared, ',name,') > 0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.name
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND
    instr(archived.osiris_cleared, ',name,') > 0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.name
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END ELSE CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.name END END AS name,
    coalesce(concat('[', coalesce(CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.tags END,
    'null'), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',', coalesce(json_quote(CAST(archived.tags
    AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_1
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND archived.tags IS NOT NULL), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.tags AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_2
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.tags IS
    NOT NULL), ']'), '[null,null,-1]') AS tags, coalesce(concat('[', coalesce(CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.colours END, 'null'), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',',
    coalesce(json_quote(CAST(archived.colours AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS
    concat_3
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND archived.colours IS NOT NULL), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.colours AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_4
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.colours
    IS NOT NULL), ']'), '[null,null,-1]') AS colours, coalesce(coalesce(CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.salary END, 0) + coalesce((
SELECT sum(archived.salary) AS sum_1
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq), 0), 0) + coalesce((
SELECT sum(tail.salary) AS sum_2
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS salary)
    AS folded ON true = 1
WHERE head.seq > head.osiris_origin) AS employee_1
-- binds: as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc),
--   as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc),
--   osiris_cleared_1 Text() = '*', osiris_cleared_2 Text() = '*', osiris_cleared_1 Text() = '*', osiris_cleared_2
--   Text() = '*'

-- employee: events
SELECT employee_event.company, employee_event.number, employee_event.seq, employee_event.position,
    employee_event.osiris_xid, employee_event.recorded_at, employee_event.name, employee_event.tags,
    employee_event.colours, employee_event.salary, employee_event.osiris_cleared, employee_event.event_id,
    employee_event.event_type, employee_event.event_meta
FROM employee_event

-- employee: as of a seq
SELECT 1

-- employee: time travel
SELECT head.company AS company, head.number AS number, folded.name, CASE WHEN (char_length(concat('Employee.tags:
    Python folds its past, SQL cannot compute with it: ', CAST(head.company AS CHAR), ' ', CAST(head.number AS CHAR),
    ' ')) + 9223372036854775807 IS NULL) THEN NULL END AS tags, folded.osiris_handed_tags, CASE WHEN
    (char_length(concat('Employee.colours: Python folds its past, SQL cannot compute with it: ', CAST(head.company AS
    CHAR), ' ', CAST(head.number AS CHAR), ' ')) + 9223372036854775807 IS NULL) THEN NULL END AS colours,
    folded.osiris_handed_colours, folded.salary, head.seq AS seq
FROM (
SELECT placed.company AS company, placed.number AS number, placed.osiris_place AS seq, folded.osiris_origin AS
    osiris_origin, folded.osiris_folded AS osiris_folded, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND
    placed.osiris_origin <= placed.osiris_place) THEN placed.osiris_fingerprint ELSE 0 END AS osiris_fingerprint,
    placed.name AS name, placed.tags AS tags, placed.colours AS colours, placed.salary AS salary
FROM (
SELECT `stored`.osiris_origin AS osiris_origin, `stored`.osiris_folded AS osiris_folded, `stored`.osiris_fingerprint
    AS osiris_fingerprint, `stored`.company AS company, `stored`.number AS number, `stored`.name AS name,
    `stored`.tags AS tags, `stored`.colours AS colours, `stored`.salary AS salary, folded.osiris_place AS osiris_place
FROM employee_snapshot AS `stored` INNER
JOIN LATERAL (
SELECT greatest(coalesce((
SELECT employee_event_1.seq
FROM employee_event AS employee_event_1
WHERE employee_event_1.company = `stored`.company AND employee_event_1.number = `stored`.number AND
    employee_event_1.seq > 0 AND employee_event_1.recorded_at <= :as_of_1
ORDER BY employee_event_1.seq DESC
LIMIT 1), 0), coalesce((
SELECT employee_event_archive_1.seq
FROM employee_event_archive AS employee_event_archive_1
WHERE employee_event_archive_1.company = `stored`.company AND employee_event_archive_1.number = `stored`.number AND
    employee_event_archive_1.seq > 0 AND employee_event_archive_1.recorded_at <= :as_of_1
ORDER BY employee_event_archive_1.seq DESC
LIMIT 1), 0)) AS osiris_place) AS folded ON true = 1
WHERE `stored`.seq > 0) AS placed INNER
JOIN LATERAL (
SELECT CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN placed.osiris_origin ELSE greatest(coalesce((
SELECT employee_event_2.seq
FROM employee_event AS employee_event_2
WHERE employee_event_2.company = placed.company AND employee_event_2.number = placed.number AND employee_event_2.seq >
    0 AND employee_event_2.seq <= placed.osiris_place AND employee_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY employee_event_2.seq DESC
LIMIT 1), 0), coalesce((
SELECT employee_event_archive_2.seq
FROM employee_event_archive AS employee_event_archive_2
WHERE employee_event_archive_2.company = placed.company AND employee_event_archive_2.number = placed.number AND
    employee_event_archive_2.seq > 0 AND employee_event_archive_2.seq <= placed.osiris_place AND
    employee_event_archive_2.osiris_cleared = :osiris_cleared_2
ORDER BY employee_event_archive_2.seq DESC
LIMIT 1), 0)) END AS osiris_origin, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND placed.osiris_origin <=
    placed.osiris_place) THEN placed.osiris_folded ELSE CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN
    placed.osiris_origin ELSE greatest(coalesce((
SELECT employee_event_2.seq
FROM employee_event AS employee_event_2
WHERE employee_event_2.company = placed.company AND employee_event_2.number = placed.number AND employee_event_2.seq >
    0 AND employee_event_2.seq <= placed.osiris_place AND employee_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY employee_event_2.seq DESC
LIMIT 1), 0), coalesce((
SELECT employee_event_archive_2.seq
FROM employee_event_archive AS employee_event_archive_2
WHERE employee_event_archive_2.company = placed.company AND employee_event_archive_2.number = placed.number AND
    employee_event_archive_2.seq > 0 AND employee_event_archive_2.seq <= placed.osiris_place AND
    employee_event_archive_2.osiris_cleared = :osiris_cleared_2
ORDER BY employee_event_archive_2.seq DESC
LIMIT 1), 0)) END END AS osiris_folded) AS folded ON true = 1
WHERE placed.osiris_place > 0) AS head INNER
JOIN LATERAL (
SELECT CASE WHEN (coalesce((
SELECT tail.seq
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), (
SELECT archived.seq
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND
    instr(archived.osiris_cleared, ',name,') > 0)
ORDER BY archived.seq DESC
LIMIT 1)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND
    instr(archived.osiris_cleared, ',name,') > 0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.name
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND
    instr(archived.osiris_cleared, ',name,') > 0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.name
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END ELSE CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.name END END AS name,
    coalesce(concat('[', coalesce(CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.tags END,
    'null'), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',', coalesce(json_quote(CAST(archived.tags
    AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_1
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND archived.tags IS NOT NULL), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.tags AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_2
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.tags IS
    NOT NULL), ']'), '[null,null,-1]') AS osiris_handed_tags, coalesce(concat('[', coalesce(CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.colours END, 'null'), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',',
    coalesce(json_quote(CAST(archived.colours AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS
    concat_3
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND archived.colours IS NOT NULL), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.colours AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_4
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.colours
    IS NOT NULL), ']'), '[null,null,-1]') AS osiris_handed_colours, coalesce(coalesce(CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.salary END, 0) + coalesce((
SELECT sum(archived.salary) AS sum_1
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq), 0), 0) + coalesce((
SELECT sum(tail.salary) AS sum_2
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS salary)
    AS folded ON true = 1
WHERE head.seq > head.osiris_origin
-- binds: as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc),
--   as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc),
--   osiris_cleared_1 Text() = '*', osiris_cleared_2 Text() = '*', osiris_cleared_1 Text() = '*', osiris_cleared_2
--   Text() = '*'

-- employee: log
SELECT log.company, log.number, log.seq, log.position, log.osiris_xid, log.recorded_at, log.name, log.tags,
    log.colours, log.salary, log.osiris_cleared, log.event_id, log.event_type, log.event_meta
FROM (
SELECT employee_event.company AS company, employee_event.number AS number, employee_event.seq AS seq,
    employee_event.position AS position, employee_event.osiris_xid AS osiris_xid, employee_event.recorded_at AS
    recorded_at, employee_event.name AS name, employee_event.tags AS tags, employee_event.colours AS colours,
    employee_event.salary AS salary, employee_event.osiris_cleared AS osiris_cleared, employee_event.event_id AS
    event_id, employee_event.event_type AS event_type, employee_event.event_meta AS event_meta
FROM employee_event
UNION ALL
SELECT employee_event_archive.company AS company, employee_event_archive.number AS number, employee_event_archive.seq
    AS seq, employee_event_archive.position AS position, employee_event_archive.osiris_xid AS osiris_xid,
    employee_event_archive.recorded_at AS recorded_at, employee_event_archive.name AS name,
    employee_event_archive.tags AS tags, employee_event_archive.colours AS colours, employee_event_archive.salary AS
    salary, employee_event_archive.osiris_cleared AS osiris_cleared, employee_event_archive.event_id AS event_id,
    employee_event_archive.event_type AS event_type, employee_event_archive.event_meta AS event_meta
FROM employee_event_archive) AS log

-- invoice: now
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
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1), (
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.customer
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.customer
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1) END ELSE CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.customer END END AS customer,
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
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END), 0), 0) + coalesce((
SELECT sum(tail.total) AS sum_2
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END), 0) AS total, coalesce(coalesce(CASE WHEN (head.osiris_fingerprint
    = 5850422120975743139) THEN head.paid END, true) = 1 AND coalesce((
SELECT min(archived.paid) AS min_1
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END), true) = 1, true) = 1 AND coalesce((
SELECT min(tail.paid) AS min_2
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END), true) = 1 AS paid, CASE WHEN (coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), (
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (archived.due IS NOT NULL OR archived.osiris_cleared IS NOT
    NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (archived.due IS NOT NULL OR archived.osiris_cleared IS NOT
    NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.due
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (archived.due IS NOT NULL OR archived.osiris_cleared IS NOT
    NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.due
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END ELSE CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.due END END AS due) AS folded ON
    true = 1
WHERE head.seq > head.osiris_origin) AS invoice

-- invoice: as of a moment
SELECT invoice_1.id, invoice_1.customer, invoice_1.total, invoice_1.paid, invoice_1.due, invoice_1.seq
FROM (
SELECT head.id AS id, folded.customer AS customer, folded.total AS total, folded.paid AS paid, folded.due AS due,
    head.seq AS seq
FROM (
SELECT placed.id AS id, placed.osiris_place AS seq, folded.osiris_origin AS osiris_origin, folded.osiris_folded AS
    osiris_folded, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND placed.osiris_origin <=
    placed.osiris_place) THEN placed.osiris_fingerprint ELSE 0 END AS osiris_fingerprint, placed.customer AS customer,
    placed.total AS total, placed.paid AS paid, placed.due AS due
FROM (
SELECT `stored`.osiris_origin AS osiris_origin, `stored`.osiris_folded AS osiris_folded, `stored`.osiris_fingerprint
    AS osiris_fingerprint, `stored`.id AS id, `stored`.customer AS customer, `stored`.total AS total, `stored`.paid AS
    paid, `stored`.due AS due, folded.osiris_place AS osiris_place
FROM invoice_snapshot AS `stored` INNER
JOIN LATERAL (
SELECT greatest(coalesce((
SELECT invoice_event_1.seq
FROM invoice_event AS invoice_event_1
WHERE invoice_event_1.id = `stored`.id AND invoice_event_1.seq > 0 AND invoice_event_1.recorded_at <= :as_of_1
ORDER BY invoice_event_1.seq DESC
LIMIT 1), 0), coalesce((
SELECT invoice_event_archive_1.seq
FROM invoice_event_archive AS invoice_event_archive_1
WHERE invoice_event_archive_1.id = `stored`.id AND invoice_event_archive_1.seq > 0 AND
    invoice_event_archive_1.recorded_at <= :as_of_1
ORDER BY invoice_event_archive_1.seq DESC
LIMIT 1), 0)) AS osiris_place) AS folded ON true = 1
WHERE `stored`.seq > 0) AS placed INNER
JOIN LATERAL (
SELECT CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN placed.osiris_origin ELSE greatest(coalesce((
SELECT invoice_event_2.seq
FROM invoice_event AS invoice_event_2
WHERE invoice_event_2.id = placed.id AND invoice_event_2.seq > 0 AND invoice_event_2.seq <= placed.osiris_place AND
    invoice_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY invoice_event_2.seq DESC
LIMIT 1), 0), coalesce((
SELECT invoice_event_archive_2.seq
FROM invoice_event_archive AS invoice_event_archive_2
WHERE invoice_event_archive_2.id = placed.id AND invoice_event_archive_2.seq > 0 AND invoice_event_archive_2.seq <=
    placed.osiris_place AND invoice_event_archive_2.osiris_cleared = :osiris_cleared_2
ORDER BY invoice_event_archive_2.seq DESC
LIMIT 1), 0)) END AS osiris_origin, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND placed.osiris_origin <=
    placed.osiris_place) THEN placed.osiris_folded ELSE CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN
    placed.osiris_origin ELSE greatest(coalesce((
SELECT invoice_event_2.seq
FROM invoice_event AS invoice_event_2
WHERE invoice_event_2.id = placed.id AND invoice_event_2.seq > 0 AND invoice_event_2.seq <= placed.osiris_place AND
    invoice_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY invoice_event_2.seq DESC
LIMIT 1), 0), coalesce((
SELECT invoice_event_archive_2.seq
FROM invoice_event_archive AS invoice_event_archive_2
WHERE invoice_event_archive_2.id = placed.id AND invoice_event_archive_2.seq > 0 AND invoice_event_archive_2.seq <=
    placed.osiris_place AND invoice_event_archive_2.osiris_cleared = :osiris_cleared_2
ORDER BY invoice_event_archive_2.seq DESC
LIMIT 1), 0)) END END AS osiris_folded) AS folded ON true = 1
WHERE placed.osiris_place > 0) AS head INNER
JOIN LATERAL (
SELECT CASE WHEN (coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1), (
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.customer
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.customer
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1) END ELSE CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.customer END END AS customer,
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
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq), 0), 0) + coalesce((
SELECT sum(tail.total) AS sum_2
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS total, coalesce(coalesce(CASE WHEN
    (head.osiris_fingerprint = 5850422120975743139) THEN head.paid END, true) = 1 AND coalesce((
SELECT min(archived.paid) AS min_1
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq), true) = 1, true) = 1 AND coalesce((
SELECT min(tail.paid) AS min_2
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), true) = 1 AS paid, CASE WHEN (coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.due IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), (
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND (archived.due IS NOT NULL OR
    archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND (archived.due IS NOT NULL OR
    archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.due IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.due
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND (archived.due IS NOT NULL OR
    archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.due
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.due IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END ELSE CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.due END END AS due) AS folded ON
    true = 1
WHERE head.seq > head.osiris_origin) AS invoice_1
-- binds: as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc),
--   as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc),
--   osiris_cleared_1 Text() = '*', osiris_cleared_2 Text() = '*', osiris_cleared_1 Text() = '*', osiris_cleared_2
--   Text() = '*'

-- invoice: events
SELECT invoice_event.id, invoice_event.seq, invoice_event.position, invoice_event.osiris_xid,
    invoice_event.recorded_at, invoice_event.customer, invoice_event.total, invoice_event.paid, invoice_event.due,
    invoice_event.day, invoice_event.osiris_cleared, invoice_event.event_id, invoice_event.event_type,
    invoice_event.event_meta
FROM invoice_event

-- invoice: log
SELECT log.id, log.seq, log.position, log.osiris_xid, log.recorded_at, log.customer, log.total, log.paid, log.due,
    log.day, log.osiris_cleared, log.event_id, log.event_type, log.event_meta
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, invoice_event.due AS due, invoice_event.day AS day,
    invoice_event.osiris_cleared AS osiris_cleared, invoice_event.event_id AS event_id, invoice_event.event_type AS
    event_type, invoice_event.event_meta AS event_meta
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS invoice_event
UNION ALL
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, invoice_event_archive.due AS due, invoice_event_archive.day AS day, invoice_event_archive.osiris_cleared AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS invoice_event_archive) AS log

-- invoice: invoice_event as read
SELECT invoice_event.id, invoice_event.seq, invoice_event.position, invoice_event.osiris_xid,
    invoice_event.recorded_at, invoice_event.customer, invoice_event.total, invoice_event.paid,
    coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due, invoice_event.day,
    replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared, invoice_event.event_id,
    invoice_event.event_type, invoice_event.event_meta
FROM invoice_event

-- invoice: invoice_event_archive as read
SELECT invoice_event_archive.id, invoice_event_archive.seq, invoice_event_archive.position,
    invoice_event_archive.osiris_xid, invoice_event_archive.recorded_at, invoice_event_archive.customer,
    invoice_event_archive.total, invoice_event_archive.paid, coalesce(invoice_event_archive.due,
    CAST(invoice_event_archive.day AS DATE)) AS due, invoice_event_archive.day,
    replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS osiris_cleared, invoice_event_archive.event_id,
    invoice_event_archive.event_type, invoice_event_archive.event_meta
FROM invoice_event_archive

-- patient: now
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
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) IS NOT NULL) THEN (
SELECT tail.name
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) ELSE CASE WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.name END END, '|',
    replace(CAST(head.hospital AS CHAR), '~', '~0'), '~1', replace(CAST(head.number AS CHAR), '~', '~0')) AS name,
    coalesce(CASE WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.visits END, 0) + coalesce((
SELECT CASE WHEN (sum(tail.visits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.visits) AS
    SIGNED INTEGER) WHEN (sum(tail.visits) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.visits))) AS
    SIGNED INTEGER) END AS anon_1
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END), 0) AS visits) AS folded ON true = 1
WHERE head.seq > head.osiris_origin) AS patient

-- patient: as of a moment
SELECT patient_1.hospital, patient_1.number, patient_1.name, patient_1.visits, patient_1.seq
FROM (
SELECT head.hospital AS hospital, head.number AS number, folded.name AS name, folded.visits AS visits, head.seq AS seq
FROM (
SELECT placed.hospital AS hospital, placed.number AS number, placed.osiris_place AS seq, folded.osiris_origin AS
    osiris_origin, folded.osiris_folded AS osiris_folded, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND
    placed.osiris_origin <= placed.osiris_place) THEN placed.osiris_fingerprint ELSE 0 END AS osiris_fingerprint,
    placed.name AS name, placed.visits AS visits
FROM (
SELECT `stored`.osiris_origin AS osiris_origin, `stored`.osiris_folded AS osiris_folded, `stored`.osiris_fingerprint
    AS osiris_fingerprint, `stored`.hospital AS hospital, `stored`.number AS number, `stored`.name AS name,
    `stored`.visits AS visits, folded.osiris_place AS osiris_place
FROM ward.patient_snapshot AS `stored` INNER
JOIN LATERAL (
SELECT coalesce((
SELECT patient_event_1.seq
FROM ward.patient_event AS patient_event_1
WHERE patient_event_1.hospital = `stored`.hospital AND patient_event_1.number = `stored`.number AND
    patient_event_1.seq > 0 AND patient_event_1.recorded_at <= :as_of_1
ORDER BY patient_event_1.seq DESC
LIMIT 1), 0) AS osiris_place) AS folded ON true = 1
WHERE `stored`.seq > 0) AS placed INNER
JOIN LATERAL (
SELECT CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN placed.osiris_origin ELSE coalesce((
SELECT patient_event_2.seq
FROM ward.patient_event AS patient_event_2
WHERE patient_event_2.hospital = placed.hospital AND patient_event_2.number = placed.number AND patient_event_2.seq >
    0 AND patient_event_2.seq <= placed.osiris_place AND patient_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY patient_event_2.seq DESC
LIMIT 1), 0) END AS osiris_origin, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND placed.osiris_origin <=
    placed.osiris_place) THEN placed.osiris_folded ELSE CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN
    placed.osiris_origin ELSE coalesce((
SELECT patient_event_2.seq
FROM ward.patient_event AS patient_event_2
WHERE patient_event_2.hospital = placed.hospital AND patient_event_2.number = placed.number AND patient_event_2.seq >
    0 AND patient_event_2.seq <= placed.osiris_place AND patient_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY patient_event_2.seq DESC
LIMIT 1), 0) END END AS osiris_folded) AS folded ON true = 1
WHERE placed.osiris_place > 0) AS head INNER
JOIN LATERAL (
SELECT concat((
SELECT context_key.`key`
FROM ward.patient_key AS context_key
WHERE context_key.hospital = head.hospital AND context_key.number = head.number), '|', CASE WHEN ((
SELECT tail.seq
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name IS
    NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) IS NOT NULL) THEN (
SELECT tail.name
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name IS
    NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) ELSE CASE WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.name END END, '|',
    replace(CAST(head.hospital AS CHAR), '~', '~0'), '~1', replace(CAST(head.number AS CHAR), '~', '~0')) AS name,
    coalesce(CASE WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.visits END, 0) + coalesce((
SELECT CASE WHEN (sum(tail.visits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.visits) AS
    SIGNED INTEGER) WHEN (sum(tail.visits) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.visits))) AS
    SIGNED INTEGER) END AS anon_1
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS visits)
    AS folded ON true = 1
WHERE head.seq > head.osiris_origin) AS patient_1
-- binds: as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc),
--   osiris_cleared_1 Text() = '*', osiris_cleared_1 Text() = '*'

-- patient: events
SELECT ward.patient_event.hospital, ward.patient_event.number, ward.patient_event.seq, ward.patient_event.position,
    ward.patient_event.osiris_xid, ward.patient_event.recorded_at, ward.patient_event.name, ward.patient_event.visits,
    ward.patient_event.osiris_cleared, ward.patient_event.event_id, ward.patient_event.event_type,
    ward.patient_event.event_meta
FROM ward.patient_event

-- reading: now
SELECT reading.sensor, reading.least, reading.first, reading.notes, reading.seq
FROM (
SELECT head.sensor AS sensor, folded.least AS least, folded.first AS first, folded.notes AS notes, head.seq AS seq
FROM reading_snapshot AS head INNER
JOIN LATERAL (
SELECT (
SELECT min(tail.least) AS min_1
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > head.osiris_origin) AS least, (
SELECT tail.first
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > head.osiris_origin AND tail.first IS NOT NULL
ORDER BY tail.seq
LIMIT 1) AS first, coalesce(concat('[', 'null', ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.notes AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_1
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > head.osiris_origin AND tail.notes IS NOT NULL), ']'), '[null,null,-1]')
    AS notes) AS folded ON true = 1
WHERE head.seq > head.osiris_origin) AS reading

-- reading: as of a moment
SELECT reading_1.sensor, reading_1.least, reading_1.first, reading_1.notes, reading_1.seq
FROM (
SELECT head.sensor AS sensor, folded.least AS least, folded.first AS first, folded.notes AS notes, head.seq AS seq
FROM (
SELECT placed.sensor AS sensor, placed.osiris_place AS seq, folded.osiris_origin AS osiris_origin,
    folded.osiris_folded AS osiris_folded, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND
    placed.osiris_origin <= placed.osiris_place) THEN placed.osiris_fingerprint ELSE 0 END AS osiris_fingerprint,
    placed.least AS least, placed.first AS first, placed.notes AS notes
FROM (
SELECT `stored`.osiris_origin AS osiris_origin, `stored`.osiris_folded AS osiris_folded, `stored`.osiris_fingerprint
    AS osiris_fingerprint, `stored`.sensor AS sensor, `stored`.least AS least, `stored`.first AS first, `stored`.notes
    AS notes, folded.osiris_place AS osiris_place
FROM reading_snapshot AS `stored` INNER
JOIN LATERAL (
SELECT coalesce((
SELECT reading_event_1.seq
FROM reading_event AS reading_event_1
WHERE reading_event_1.sensor = `stored`.sensor AND reading_event_1.seq > 0 AND reading_event_1.recorded_at <= :as_of_1
ORDER BY reading_event_1.seq DESC
LIMIT 1), 0) AS osiris_place) AS folded ON true = 1
WHERE `stored`.seq > 0) AS placed INNER
JOIN LATERAL (
SELECT CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN placed.osiris_origin ELSE coalesce((
SELECT reading_event_2.seq
FROM reading_event AS reading_event_2
WHERE reading_event_2.sensor = placed.sensor AND reading_event_2.seq > 0 AND reading_event_2.seq <=
    placed.osiris_place AND reading_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY reading_event_2.seq DESC
LIMIT 1), 0) END AS osiris_origin, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND placed.osiris_origin <=
    placed.osiris_place) THEN placed.osiris_folded ELSE CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN
    placed.osiris_origin ELSE coalesce((
SELECT reading_event_2.seq
FROM reading_event AS reading_event_2
WHERE reading_event_2.sensor = placed.sensor AND reading_event_2.seq > 0 AND reading_event_2.seq <=
    placed.osiris_place AND reading_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY reading_event_2.seq DESC
LIMIT 1), 0) END END AS osiris_folded) AS folded ON true = 1
WHERE placed.osiris_place > 0) AS head INNER
JOIN LATERAL (
SELECT least(coalesce(CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN head.least END, (
SELECT min(tail.least) AS min_1
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq)), coalesce((
SELECT min(tail.least) AS min_1
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), CASE WHEN (head.osiris_fingerprint =
    6388899372266228392) THEN head.least END)) AS least, coalesce(CASE WHEN (head.osiris_fingerprint =
    6388899372266228392) THEN head.first END, (
SELECT tail.first
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.first IS NOT NULL
ORDER BY tail.seq
LIMIT 1)) AS first, coalesce(concat('[', coalesce(CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.notes END, 'null'), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.notes AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_1
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.notes IS NOT NULL), ']'),
    '[null,null,-1]') AS notes) AS folded ON true = 1
WHERE head.seq > head.osiris_origin) AS reading_1
-- binds: as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc),
--   osiris_cleared_1 Text() = '*', osiris_cleared_1 Text() = '*'

-- reading: events
SELECT reading_event.sensor, reading_event.seq, reading_event.position, reading_event.osiris_xid,
    reading_event.recorded_at, reading_event.least, reading_event.first, reading_event.notes,
    reading_event.osiris_cleared, reading_event.event_id, reading_event.event_type, reading_event.event_meta
FROM reading_event

-- visit: now
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
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin), 0), 0) +
    coalesce((
SELECT CASE WHEN (sum(tail.hits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.hits) AS
    SIGNED INTEGER) WHEN (sum(tail.hits) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.hits))) AS
    SIGNED INTEGER) END AS anon_2
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin), 0) AS hits, CASE WHEN
    (coalesce((
SELECT archived.seq
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin AND (archived.last
    IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') > 0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin AND (tail.last IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.last
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin AND (archived.last
    IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') > 0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.last
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin AND (tail.last IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END AS last, CAST(coalesce(coalesce((
SELECT sum(archived.size) AS sum_1
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin), 0), 0) +
    coalesce((
SELECT sum(tail.size) AS sum_2
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin), 0) AS DOUBLE) /
    CAST(nullif(coalesce((
SELECT count(archived.size) AS count_1
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin), 0) + (
SELECT count(tail.size) AS count_2
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin), 0) AS DOUBLE) AS size) AS
    folded ON true = 1
WHERE head.seq > head.osiris_origin) AS visit

-- visit: as of a moment
SELECT visit_1.page, visit_1.day, visit_1.hits, visit_1.last, visit_1.size, visit_1.seq
FROM (
SELECT head.page AS page, head.day AS day, folded.hits AS hits, folded.last AS last, folded.size AS size, head.seq AS
    seq
FROM (
SELECT placed.page AS page, placed.day AS day, placed.osiris_place AS seq, folded.osiris_origin AS osiris_origin,
    folded.osiris_folded AS osiris_folded, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND
    placed.osiris_origin <= placed.osiris_place) THEN placed.osiris_fingerprint ELSE 0 END AS osiris_fingerprint,
    placed.hits AS hits, placed.last AS last, placed.size AS size, placed.osiris_count_size AS osiris_count_size
FROM (
SELECT `stored`.osiris_origin AS osiris_origin, `stored`.osiris_folded AS osiris_folded, `stored`.osiris_fingerprint
    AS osiris_fingerprint, `stored`.page AS page, `stored`.day AS day, `stored`.hits AS hits, `stored`.last AS last,
    `stored`.size AS size, `stored`.osiris_count_size AS osiris_count_size, folded.osiris_place AS osiris_place
FROM visit_snapshot AS `stored` INNER
JOIN LATERAL (
SELECT greatest(coalesce((
SELECT visit_event_1.seq
FROM visit_event AS visit_event_1
WHERE visit_event_1.page = `stored`.page AND visit_event_1.day = `stored`.day AND visit_event_1.seq > 0 AND
    visit_event_1.recorded_at <= :as_of_1
ORDER BY visit_event_1.seq DESC
LIMIT 1), 0), coalesce((
SELECT visit_event_archive_1.seq
FROM visit_event_archive AS visit_event_archive_1
WHERE visit_event_archive_1.page = `stored`.page AND visit_event_archive_1.day = `stored`.day AND
    visit_event_archive_1.seq > 0 AND visit_event_archive_1.recorded_at <= :as_of_1
ORDER BY visit_event_archive_1.seq DESC
LIMIT 1), 0)) AS osiris_place) AS folded ON true = 1
WHERE `stored`.seq > 0) AS placed INNER
JOIN LATERAL (
SELECT CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN placed.osiris_origin ELSE greatest(coalesce((
SELECT visit_event_2.seq
FROM visit_event AS visit_event_2
WHERE visit_event_2.page = placed.page AND visit_event_2.day = placed.day AND visit_event_2.seq > 0 AND
    visit_event_2.seq <= placed.osiris_place AND visit_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY visit_event_2.seq DESC
LIMIT 1), 0), coalesce((
SELECT visit_event_archive_2.seq
FROM visit_event_archive AS visit_event_archive_2
WHERE visit_event_archive_2.page = placed.page AND visit_event_archive_2.day = placed.day AND
    visit_event_archive_2.seq > 0 AND visit_event_archive_2.seq <= placed.osiris_place AND
    visit_event_archive_2.osiris_cleared = :osiris_cleared_2
ORDER BY visit_event_archive_2.seq DESC
LIMIT 1), 0)) END AS osiris_origin, CASE WHEN (placed.osiris_folded <= placed.osiris_place AND placed.osiris_origin <=
    placed.osiris_place) THEN placed.osiris_folded ELSE CASE WHEN (placed.osiris_origin <= placed.osiris_place) THEN
    placed.osiris_origin ELSE greatest(coalesce((
SELECT visit_event_2.seq
FROM visit_event AS visit_event_2
WHERE visit_event_2.page = placed.page AND visit_event_2.day = placed.day AND visit_event_2.seq > 0 AND
    visit_event_2.seq <= placed.osiris_place AND visit_event_2.osiris_cleared = :osiris_cleared_1
ORDER BY visit_event_2.seq DESC
LIMIT 1), 0), coalesce((
SELECT visit_event_archive_2.seq
FROM visit_event_archive AS visit_event_archive_2
WHERE visit_event_archive_2.page = placed.page AND visit_event_archive_2.day = placed.day AND
    visit_event_archive_2.seq > 0 AND visit_event_archive_2.seq <= placed.osiris_place AND
    visit_event_archive_2.osiris_cleared = :osiris_cleared_2
ORDER BY visit_event_archive_2.seq DESC
LIMIT 1), 0)) END END AS osiris_folded) AS folded ON true = 1
WHERE placed.osiris_place > 0) AS head INNER
JOIN LATERAL (
SELECT coalesce(coalesce(CASE WHEN (head.osiris_fingerprint = 2528154376666229541) THEN head.hits END, 0) + coalesce((
SELECT CASE WHEN (sum(archived.hits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN
    CAST(sum(archived.hits) AS SIGNED INTEGER) WHEN (sum(archived.hits) IS NOT NULL) THEN 9223372036854775807 +
    CAST(abs(sign(sum(archived.hits))) AS SIGNED INTEGER) END AS anon_1
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq), 0), 0) +
    coalesce((
SELECT CASE WHEN (sum(tail.hits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.hits) AS
    SIGNED INTEGER) WHEN (sum(tail.hits) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.hits))) AS
    SIGNED INTEGER) END AS anon_2
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS hits,
    CASE WHEN (coalesce((
SELECT tail.seq
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.last
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), (
SELECT archived.seq
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND
    (archived.last IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND
    (archived.last IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.last
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.last
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND
    (archived.last IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.last
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.last
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END ELSE CASE WHEN (head.osiris_fingerprint = 2528154376666229541) THEN head.last END END AS last,
    CAST(coalesce(coalesce(CASE WHEN (head.osiris_fingerprint = 2528154376666229541) THEN head.size END, 0) +
    coalesce((
SELECT sum(archived.size) AS sum_1
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq), 0), 0) +
    coalesce((
SELECT sum(tail.size) AS sum_2
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS DOUBLE)
    / CAST(nullif(coalesce(coalesce(CASE WHEN (head.osiris_fingerprint = 2528154376666229541) THEN
    head.osiris_count_size END, 0) + (
SELECT count(archived.size) AS count_1
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq), 0) + (
SELECT count(tail.size) AS count_2
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS DOUBLE)
    AS size) AS folded ON true = 1
WHERE head.seq > head.osiris_origin) AS visit_1
-- binds: as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc),
--   as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc),
--   osiris_cleared_1 Text() = '*', osiris_cleared_2 Text() = '*', osiris_cleared_1 Text() = '*', osiris_cleared_2
--   Text() = '*'

-- visit: events
SELECT visit_event.page, visit_event.day, visit_event.seq, visit_event.position, visit_event.osiris_xid,
    visit_event.recorded_at, visit_event.hits, visit_event.last, visit_event.size, visit_event.osiris_cleared,
    visit_event.event_id, visit_event.event_type, visit_event.event_meta
FROM visit_event

-- visit: as of a seq
SELECT 1

-- visit: log
SELECT log.page, log.day, log.seq, log.position, log.osiris_xid, log.recorded_at, log.hits, log.last, log.size,
    log.osiris_cleared, log.event_id, log.event_type, log.event_meta
FROM (
SELECT visit_event.page AS page, visit_event.day AS day, visit_event.seq AS seq, visit_event.position AS position,
    visit_event.osiris_xid AS osiris_xid, visit_event.recorded_at AS recorded_at, visit_event.hits AS hits,
    visit_event.last AS last, visit_event.size AS size, visit_event.osiris_cleared AS osiris_cleared,
    visit_event.event_id AS event_id, visit_event.event_type AS event_type, visit_event.event_meta AS event_meta
FROM visit_event
UNION ALL
SELECT visit_event_archive.page AS page, visit_event_archive.day AS day, visit_event_archive.seq AS seq,
    visit_event_archive.position AS position, visit_event_archive.osiris_xid AS osiris_xid,
    visit_event_archive.recorded_at AS recorded_at, visit_event_archive.hits AS hits, visit_event_archive.last AS
    last, visit_event_archive.size AS size, visit_event_archive.osiris_cleared AS osiris_cleared,
    visit_event_archive.event_id AS event_id, visit_event_archive.event_type AS event_type,
    visit_event_archive.event_meta AS event_meta
FROM visit_event_archive) AS log

