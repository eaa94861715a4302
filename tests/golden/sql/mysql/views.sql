-- owners: now
SELECT owners.name, owners.balance, owners.id, owners.best
FROM (
SELECT grouped.osiris_key_name AS name, grouped.osiris_0_balance AS balance, (
SELECT picked.id
FROM account_event AS picked
WHERE picked.position = grouped.osiris_1_id AND picked.seq > 0) AS id, grouped.osiris_2_best AS best
FROM (
SELECT tail.osiris_key_name AS osiris_key_name, coalesce(sum(tail.balance), 0) AS osiris_0_balance, max(CASE WHEN
    (tail.id IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',id,') > 0) THEN tail.seq
    END) AS osiris_1_id, max(tail.best) AS osiris_2_best
FROM (
SELECT account_event_1.name AS osiris_key_name, account_event_1.position AS seq, account_event_1.osiris_cleared AS
    osiris_cleared, account_event_1.balance AS balance, account_event_1.best AS best, account_event_1.id AS id
FROM account_event AS account_event_1
WHERE account_event_1.seq > 0 AND NOT (account_event_1.osiris_cleared IS NOT NULL AND account_event_1.osiris_cleared =
    :osiris_cleared_1) AND account_event_1.name IS NOT NULL) AS tail
GROUP BY tail.osiris_key_name) AS grouped) AS owners
-- binds: osiris_cleared_1 Text() = '*'

-- owners: as of a moment
SELECT owners_1.name, owners_1.balance, owners_1.id, owners_1.best
FROM (
SELECT grouped.osiris_key_name AS name, grouped.osiris_0_balance AS balance, (
SELECT picked.id
FROM account_event AS picked
WHERE picked.position = grouped.osiris_1_id AND picked.seq > 0) AS id, grouped.osiris_2_best AS best
FROM (
SELECT tail.osiris_key_name AS osiris_key_name, coalesce(sum(tail.balance), 0) AS osiris_0_balance, max(CASE WHEN
    (tail.id IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',id,') > 0) THEN tail.seq
    END) AS osiris_1_id, max(tail.best) AS osiris_2_best
FROM (
SELECT account_event_1.name AS osiris_key_name, account_event_1.position AS seq, account_event_1.osiris_cleared AS
    osiris_cleared, account_event_1.balance AS balance, account_event_1.best AS best, account_event_1.id AS id
FROM account_event AS account_event_1
WHERE account_event_1.seq > 0 AND NOT (account_event_1.osiris_cleared IS NOT NULL AND account_event_1.osiris_cleared =
    :osiris_cleared_1) AND account_event_1.name IS NOT NULL AND (EXISTS (
SELECT account_event_2.seq
FROM account_event AS account_event_2
WHERE account_event_2.id = account_event_1.id AND account_event_2.seq >= account_event_1.seq AND
    account_event_2.recorded_at <= :as_of_1))) AS tail
GROUP BY tail.osiris_key_name) AS grouped) AS owners_1
-- binds: osiris_cleared_1 Text() = '*', as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0,
--   tzinfo=datetime.timezone.utc)

-- owners: as of a seq
SELECT owners_1.name, owners_1.balance, owners_1.id, owners_1.best
FROM (
SELECT grouped.osiris_key_name AS name, grouped.osiris_0_balance AS balance, (
SELECT picked.id
FROM account_event AS picked
WHERE picked.position = grouped.osiris_1_id AND picked.seq > 0) AS id, grouped.osiris_2_best AS best
FROM (
SELECT tail.osiris_key_name AS osiris_key_name, coalesce(sum(tail.balance), 0) AS osiris_0_balance, max(CASE WHEN
    (tail.id IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',id,') > 0) THEN tail.seq
    END) AS osiris_1_id, max(tail.best) AS osiris_2_best
FROM (
SELECT account_event_1.name AS osiris_key_name, account_event_1.position AS seq, account_event_1.osiris_cleared AS
    osiris_cleared, account_event_1.balance AS balance, account_event_1.best AS best, account_event_1.id AS id
FROM account_event AS account_event_1
WHERE account_event_1.seq > 0 AND NOT (account_event_1.osiris_cleared IS NOT NULL AND account_event_1.osiris_cleared =
    :osiris_cleared_1) AND account_event_1.name IS NOT NULL AND account_event_1.seq <= :as_of_1) AS tail
GROUP BY tail.osiris_key_name) AS grouped) AS owners_1
-- binds: osiris_cleared_1 Text() = '*', as_of_1 BigInteger() = 3

-- customers: now
SELECT customers.customer, customers.total, customers.due, customers.invoices
FROM (
SELECT sides.osiris_key_customer AS customer, coalesce(sides.osiris_0_0, 0) + coalesce(sides.osiris_1_0, 0) AS total,
    CASE WHEN (sides.osiris_touched_1 = 1) THEN sides.osiris_1_1 ELSE sides.osiris_0_1 END AS due,
    coalesce(sides.osiris_0_2, 0) + coalesce(sides.osiris_1_2, 0) AS invoices
FROM (
SELECT `both`.osiris_key_customer AS osiris_key_customer, max(CASE WHEN (`both`.osiris_side = 0) THEN
    `both`.osiris_of_0 END) AS osiris_0_0, max(CASE WHEN (`both`.osiris_side = 1) THEN `both`.osiris_of_0 END) AS
    osiris_1_0, max(CASE WHEN (`both`.osiris_side = 0) THEN `both`.osiris_of_1 END) AS osiris_0_1, max(CASE WHEN
    (`both`.osiris_side = 1) THEN `both`.osiris_of_1 END) AS osiris_1_1, max(CASE WHEN (`both`.osiris_side = 0) THEN
    `both`.osiris_of_2 END) AS osiris_0_2, max(CASE WHEN (`both`.osiris_side = 1) THEN `both`.osiris_of_2 END) AS
    osiris_1_2, max(`both`.osiris_touched_1) AS osiris_touched_1
FROM (
SELECT `stored`.customer AS osiris_key_customer, `stored`.total AS osiris_of_0, `stored`.due AS osiris_of_1,
    `stored`.invoices AS osiris_of_2, 0 AS osiris_touched_1, 0 AS osiris_side
FROM customers_snapshot AS `stored`
WHERE (
SELECT invoice_event_views_1.osiris_folded
FROM invoice_event_views AS invoice_event_views_1
WHERE invoice_event_views_1.view = 'customers' AND invoice_event_views_1.osiris_fingerprint = 6818423684318736521) IS
    NOT NULL
UNION ALL
SELECT grouped.osiris_key_customer AS osiris_key_customer, grouped.osiris_0_total AS osiris_of_0, coalesce((
SELECT picked.due
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS picked
WHERE picked.position = grouped.osiris_1_due AND picked.seq > 0), (
SELECT picked.due
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS picked
WHERE picked.position = grouped.osiris_1_due AND picked.seq > 0)) AS osiris_of_1, grouped.osiris_2_id AS osiris_of_2,
    grouped.osiris_touched_1 AS osiris_touched_1, 1 AS osiris_side
FROM (
SELECT tail.osiris_key_customer AS osiris_key_customer, coalesce(sum(tail.total), 0) AS osiris_0_total, max(CASE WHEN
    (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0) THEN
    tail.seq END) AS osiris_1_due, count(tail.id) AS osiris_2_id, max(CASE WHEN (tail.due IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0) THEN 1 ELSE 0 END) AS
    osiris_touched_1
FROM (
SELECT invoice_event_1.customer AS osiris_key_customer, invoice_event_1.position AS seq,
    invoice_event_1.osiris_cleared AS osiris_cleared, invoice_event_1.due AS due, invoice_event_1.id AS id,
    invoice_event_1.total AS total
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS invoice_event_1
WHERE invoice_event_1.seq > 0 AND NOT (invoice_event_1.osiris_cleared IS NOT NULL AND invoice_event_1.osiris_cleared =
    :osiris_cleared_1) AND invoice_event_1.customer IS NOT NULL AND invoice_event_1.position > coalesce((
SELECT invoice_event_views_2.osiris_folded
FROM invoice_event_views AS invoice_event_views_2
WHERE invoice_event_views_2.view = 'customers' AND invoice_event_views_2.osiris_fingerprint = 6818423684318736521),
    -1)
UNION ALL
SELECT invoice_event_archive_1.customer AS osiris_key_customer, invoice_event_archive_1.position AS seq,
    invoice_event_archive_1.osiris_cleared AS osiris_cleared, invoice_event_archive_1.due AS due,
    invoice_event_archive_1.id AS id, invoice_event_archive_1.total AS total
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS invoice_event_archive_1
WHERE invoice_event_archive_1.seq > 0 AND NOT (invoice_event_archive_1.osiris_cleared IS NOT NULL AND
    invoice_event_archive_1.osiris_cleared = :osiris_cleared_2) AND invoice_event_archive_1.customer IS NOT NULL AND
    invoice_event_archive_1.position > coalesce((
SELECT invoice_event_views_3.osiris_folded
FROM invoice_event_views AS invoice_event_views_3
WHERE invoice_event_views_3.view = 'customers' AND invoice_event_views_3.osiris_fingerprint = 6818423684318736521),
    -1)) AS tail
GROUP BY tail.osiris_key_customer) AS grouped) AS `both`
GROUP BY `both`.osiris_key_customer) AS sides) AS customers
-- binds: osiris_cleared_1 Text() = '*', osiris_cleared_2 Text() = '*'

-- customers: as of a moment
SELECT customers_1.customer, customers_1.total, customers_1.due, customers_1.invoices
FROM (
SELECT grouped.osiris_key_customer AS customer, grouped.osiris_0_total AS total, coalesce((
SELECT picked.due
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS picked
WHERE picked.position = grouped.osiris_1_due AND picked.seq > 0), (
SELECT picked.due
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS picked
WHERE picked.position = grouped.osiris_1_due AND picked.seq > 0)) AS due, grouped.osiris_2_id AS invoices
FROM (
SELECT tail.osiris_key_customer AS osiris_key_customer, coalesce(sum(tail.total), 0) AS osiris_0_total, max(CASE WHEN
    (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0) THEN
    tail.seq END) AS osiris_1_due, count(tail.id) AS osiris_2_id, max(CASE WHEN (tail.due IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0) THEN 1 ELSE 0 END) AS
    osiris_touched_1
FROM (
SELECT invoice_event_1.customer AS osiris_key_customer, invoice_event_1.position AS seq,
    invoice_event_1.osiris_cleared AS osiris_cleared, invoice_event_1.due AS due, invoice_event_1.id AS id,
    invoice_event_1.total AS total
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS invoice_event_1
WHERE invoice_event_1.seq > 0 AND NOT (invoice_event_1.osiris_cleared IS NOT NULL AND invoice_event_1.osiris_cleared =
    :osiris_cleared_1) AND invoice_event_1.customer IS NOT NULL AND ((EXISTS (
SELECT invoice_event_2.seq
FROM invoice_event AS invoice_event_2
WHERE invoice_event_2.id = invoice_event_1.id AND invoice_event_2.seq >= invoice_event_1.seq AND
    invoice_event_2.recorded_at <= :as_of_1)) OR (EXISTS (
SELECT invoice_event_archive_1.seq
FROM invoice_event_archive AS invoice_event_archive_1
WHERE invoice_event_archive_1.id = invoice_event_1.id AND invoice_event_archive_1.seq >= invoice_event_1.seq AND
    invoice_event_archive_1.recorded_at <= :as_of_1)))
UNION ALL
SELECT invoice_event_archive_2.customer AS osiris_key_customer, invoice_event_archive_2.position AS seq,
    invoice_event_archive_2.osiris_cleared AS osiris_cleared, invoice_event_archive_2.due AS due,
    invoice_event_archive_2.id AS id, invoice_event_archive_2.total AS total
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS invoice_event_archive_2
WHERE invoice_event_archive_2.seq > 0 AND NOT (invoice_event_archive_2.osiris_cleared IS NOT NULL AND
    invoice_event_archive_2.osiris_cleared = :osiris_cleared_2) AND invoice_event_archive_2.customer IS NOT NULL AND
    ((EXISTS (
SELECT invoice_event_3.seq
FROM invoice_event AS invoice_event_3
WHERE invoice_event_3.id = invoice_event_archive_2.id AND invoice_event_3.seq >= invoice_event_archive_2.seq AND
    invoice_event_3.recorded_at <= :as_of_1)) OR (EXISTS (
SELECT invoice_event_archive_3.seq
FROM invoice_event_archive AS invoice_event_archive_3
WHERE invoice_event_archive_3.id = invoice_event_archive_2.id AND invoice_event_archive_3.seq >=
    invoice_event_archive_2.seq AND invoice_event_archive_3.recorded_at <= :as_of_1)))) AS tail
GROUP BY tail.osiris_key_customer) AS grouped) AS customers_1
-- binds: osiris_cleared_1 Text() = '*', as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0,
--   tzinfo=datetime.timezone.utc), as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0,
--   tzinfo=datetime.timezone.utc), osiris_cleared_2 Text() = '*', as_of_1 UTCDateTime(timezone=True) =
--   datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc), as_of_1 UTCDateTime(timezone=True) =
--   datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)

-- customers: as of a seq
SELECT customers_1.customer, customers_1.total, customers_1.due, customers_1.invoices
FROM (
SELECT grouped.osiris_key_customer AS customer, grouped.osiris_0_total AS total, coalesce((
SELECT picked.due
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS picked
WHERE picked.position = grouped.osiris_1_due AND picked.seq > 0), (
SELECT picked.due
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS picked
WHERE picked.position = grouped.osiris_1_due AND picked.seq > 0)) AS due, grouped.osiris_2_id AS invoices
FROM (
SELECT tail.osiris_key_customer AS osiris_key_customer, coalesce(sum(tail.total), 0) AS osiris_0_total, max(CASE WHEN
    (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0) THEN
    tail.seq END) AS osiris_1_due, count(tail.id) AS osiris_2_id, max(CASE WHEN (tail.due IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0) THEN 1 ELSE 0 END) AS
    osiris_touched_1
FROM (
SELECT invoice_event_1.customer AS osiris_key_customer, invoice_event_1.position AS seq,
    invoice_event_1.osiris_cleared AS osiris_cleared, invoice_event_1.due AS due, invoice_event_1.id AS id,
    invoice_event_1.total AS total
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS invoice_event_1
WHERE invoice_event_1.seq > 0 AND NOT (invoice_event_1.osiris_cleared IS NOT NULL AND invoice_event_1.osiris_cleared =
    :osiris_cleared_1) AND invoice_event_1.customer IS NOT NULL AND invoice_event_1.seq <= :as_of_1
UNION ALL
SELECT invoice_event_archive_1.customer AS osiris_key_customer, invoice_event_archive_1.position AS seq,
    invoice_event_archive_1.osiris_cleared AS osiris_cleared, invoice_event_archive_1.due AS due,
    invoice_event_archive_1.id AS id, invoice_event_archive_1.total AS total
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS invoice_event_archive_1
WHERE invoice_event_archive_1.seq > 0 AND NOT (invoice_event_archive_1.osiris_cleared IS NOT NULL AND
    invoice_event_archive_1.osiris_cleared = :osiris_cleared_2) AND invoice_event_archive_1.customer IS NOT NULL AND
    invoice_event_archive_1.seq <= :as_of_1) AS tail
GROUP BY tail.osiris_key_customer) AS grouped) AS customers_1
-- binds: osiris_cleared_1 Text() = '*', as_of_1 BigInteger() = 3, osiris_cleared_2 Text() = '*', as_of_1 BigInteger()
--   = 3

-- customers: verify
SELECT sides.osiris_key_customer AS customer, sides.osiris_0_0 AS osiris_stored_total, sides.osiris_0_1 AS
    osiris_stored_due, sides.osiris_0_2 AS osiris_stored_invoices, sides.osiris_1_0 AS osiris_folded_total,
    sides.osiris_1_1 AS osiris_folded_due, sides.osiris_1_2 AS osiris_folded_invoices
FROM (
SELECT `both`.osiris_key_customer AS osiris_key_customer, max(CASE WHEN (`both`.osiris_side = 0) THEN
    `both`.osiris_of_0 END) AS osiris_0_0, max(CASE WHEN (`both`.osiris_side = 1) THEN `both`.osiris_of_0 END) AS
    osiris_1_0, max(CASE WHEN (`both`.osiris_side = 0) THEN `both`.osiris_of_1 END) AS osiris_0_1, max(CASE WHEN
    (`both`.osiris_side = 1) THEN `both`.osiris_of_1 END) AS osiris_1_1, max(CASE WHEN (`both`.osiris_side = 0) THEN
    `both`.osiris_of_2 END) AS osiris_0_2, max(CASE WHEN (`both`.osiris_side = 1) THEN `both`.osiris_of_2 END) AS
    osiris_1_2, max(`both`.osiris_touched_1) AS osiris_touched_1
FROM (
SELECT `stored`.customer AS osiris_key_customer, `stored`.total AS osiris_of_0, `stored`.due AS osiris_of_1,
    `stored`.invoices AS osiris_of_2, 0 AS osiris_touched_1, 0 AS osiris_side
FROM customers_snapshot AS `stored`
WHERE (
SELECT invoice_event_views_1.osiris_folded
FROM invoice_event_views AS invoice_event_views_1
WHERE invoice_event_views_1.view = 'customers' AND invoice_event_views_1.osiris_fingerprint = 6818423684318736521) IS
    NOT NULL
UNION ALL
SELECT grouped.osiris_key_customer AS osiris_key_customer, grouped.osiris_0_total AS osiris_of_0, coalesce((
SELECT picked.due
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS picked
WHERE picked.position = grouped.osiris_1_due AND picked.seq > 0), (
SELECT picked.due
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS picked
WHERE picked.position = grouped.osiris_1_due AND picked.seq > 0)) AS osiris_of_1, grouped.osiris_2_id AS osiris_of_2,
    grouped.osiris_touched_1 AS osiris_touched_1, 1 AS osiris_side
FROM (
SELECT tail.osiris_key_customer AS osiris_key_customer, coalesce(sum(tail.total), 0) AS osiris_0_total, max(CASE WHEN
    (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0) THEN
    tail.seq END) AS osiris_1_due, count(tail.id) AS osiris_2_id, max(CASE WHEN (tail.due IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0) THEN 1 ELSE 0 END) AS
    osiris_touched_1
FROM (
SELECT invoice_event_1.customer AS osiris_key_customer, invoice_event_1.position AS seq,
    invoice_event_1.osiris_cleared AS osiris_cleared, invoice_event_1.due AS due, invoice_event_1.id AS id,
    invoice_event_1.total AS total
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS invoice_event_1
WHERE invoice_event_1.seq > 0 AND NOT (invoice_event_1.osiris_cleared IS NOT NULL AND invoice_event_1.osiris_cleared =
    :osiris_cleared_1) AND invoice_event_1.customer IS NOT NULL AND invoice_event_1.position <= (
SELECT invoice_event_views_2.osiris_folded
FROM invoice_event_views AS invoice_event_views_2
WHERE invoice_event_views_2.view = 'customers' AND invoice_event_views_2.osiris_fingerprint = 6818423684318736521)
UNION ALL
SELECT invoice_event_archive_1.customer AS osiris_key_customer, invoice_event_archive_1.position AS seq,
    invoice_event_archive_1.osiris_cleared AS osiris_cleared, invoice_event_archive_1.due AS due,
    invoice_event_archive_1.id AS id, invoice_event_archive_1.total AS total
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS invoice_event_archive_1
WHERE invoice_event_archive_1.seq > 0 AND NOT (invoice_event_archive_1.osiris_cleared IS NOT NULL AND
    invoice_event_archive_1.osiris_cleared = :osiris_cleared_2) AND invoice_event_archive_1.customer IS NOT NULL AND
    invoice_event_archive_1.position <= (
SELECT invoice_event_views_2.osiris_folded
FROM invoice_event_views AS invoice_event_views_2
WHERE invoice_event_views_2.view = 'customers' AND invoice_event_views_2.osiris_fingerprint = 6818423684318736521)) AS
    tail
GROUP BY tail.osiris_key_customer) AS grouped) AS `both`
GROUP BY `both`.osiris_key_customer) AS sides
-- binds: osiris_cleared_1 Text() = '*', osiris_cleared_2 Text() = '*'

-- customers: due
SELECT count(*) AS count_1
FROM (
SELECT anon_1.seq AS seq
FROM (
SELECT invoice_event.seq AS seq
FROM invoice_event
WHERE invoice_event.position > coalesce((
SELECT invoice_event_views_1.osiris_folded
FROM invoice_event_views AS invoice_event_views_1
WHERE invoice_event_views_1.view = 'customers' AND invoice_event_views_1.osiris_fingerprint = 6818423684318736521),
    -1) AND invoice_event.seq > 0
LIMIT 10) AS anon_1
UNION ALL
SELECT anon_2.seq AS seq
FROM (
SELECT invoice_event_archive.seq AS seq
FROM invoice_event_archive
WHERE invoice_event_archive.position > coalesce((
SELECT invoice_event_views_2.osiris_folded
FROM invoice_event_views AS invoice_event_views_2
WHERE invoice_event_views_2.view = 'customers' AND invoice_event_views_2.osiris_fingerprint = 6818423684318736521),
    -1) AND invoice_event_archive.seq > 0
LIMIT 10) AS anon_2) AS behind

-- customers: store
INSERT INTO customers_snapshot (customer, total, due, invoices)
SELECT grouped.osiris_key_customer AS customer, coalesce(customers_snapshot.total, 0) +
    coalesce(grouped.osiris_0_total, 0) AS total, CASE WHEN (grouped.osiris_touched_1 = 1) THEN coalesce((
SELECT picked.due
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS picked
WHERE picked.position = grouped.osiris_1_due AND picked.seq > 0), (
SELECT picked.due
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS picked
WHERE picked.position = grouped.osiris_1_due AND picked.seq > 0)) ELSE customers_snapshot.due END AS due,
    coalesce(customers_snapshot.invoices, 0) + coalesce(grouped.osiris_2_id, 0) AS invoices
FROM (
SELECT tail.osiris_key_customer AS osiris_key_customer, coalesce(sum(tail.total), 0) AS osiris_0_total, max(CASE WHEN
    (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0) THEN
    tail.seq END) AS osiris_1_due, count(tail.id) AS osiris_2_id, max(CASE WHEN (tail.due IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0) THEN 1 ELSE 0 END) AS
    osiris_touched_1
FROM (
SELECT invoice_event_1.customer AS osiris_key_customer, invoice_event_1.position AS seq,
    invoice_event_1.osiris_cleared AS osiris_cleared, invoice_event_1.due AS due, invoice_event_1.id AS id,
    invoice_event_1.total AS total
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS invoice_event_1
WHERE invoice_event_1.seq > 0 AND NOT (invoice_event_1.osiris_cleared IS NOT NULL AND invoice_event_1.osiris_cleared =
    :osiris_cleared_1) AND invoice_event_1.customer IS NOT NULL AND invoice_event_1.position > :since AND
    invoice_event_1.position <= :upto
UNION ALL
SELECT invoice_event_archive_1.customer AS osiris_key_customer, invoice_event_archive_1.position AS seq,
    invoice_event_archive_1.osiris_cleared AS osiris_cleared, invoice_event_archive_1.due AS due,
    invoice_event_archive_1.id AS id, invoice_event_archive_1.total AS total
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS invoice_event_archive_1
WHERE invoice_event_archive_1.seq > 0 AND NOT (invoice_event_archive_1.osiris_cleared IS NOT NULL AND
    invoice_event_archive_1.osiris_cleared = :osiris_cleared_2) AND invoice_event_archive_1.customer IS NOT NULL AND
    invoice_event_archive_1.position > :since AND invoice_event_archive_1.position <= :upto) AS tail
GROUP BY tail.osiris_key_customer) AS grouped
LEFT OUTER
JOIN customers_snapshot ON customers_snapshot.customer = grouped.osiris_key_customer
ON DUPLICATE KEY UPDATE total =
VALUES(total), due =
VALUES(due), invoices =
VALUES(invoices)
-- binds: osiris_cleared_1 Text() = '*', since BigInteger(), upto BigInteger(), osiris_cleared_2 Text() = '*', since
--   BigInteger(), upto BigInteger()

-- customers: place
INSERT INTO invoice_event_views (view, osiris_fingerprint, osiris_folded, osiris_writer)
VALUES (:view, :osiris_fingerprint, :osiris_folded, 0)
ON DUPLICATE KEY UPDATE osiris_fingerprint =
VALUES(osiris_fingerprint), osiris_folded =
VALUES(osiris_folded), osiris_writer =
VALUES(osiris_writer)
-- binds: view String(length=255) = 'customers', osiris_fingerprint BigInteger() = 6818423684318736521, osiris_folded
--   BigInteger() = 7

-- customers: folded to
SELECT (
SELECT invoice_event_views_1.osiris_folded
FROM invoice_event_views AS invoice_event_views_1
WHERE invoice_event_views_1.view = 'customers' AND invoice_event_views_1.osiris_fingerprint = 6818423684318736521) AS
    anon_1

-- names: now
SELECT names.company, names.name, names.tags, names.salary
FROM (
SELECT grouped.osiris_key_company AS company, grouped.osiris_key_name AS name, coalesce(concat('[', 'null', ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.tags AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_1
FROM (
SELECT employee_event_1.company AS osiris_key_company, employee_event_1.name AS osiris_key_name,
    employee_event_1.position AS seq, employee_event_1.osiris_cleared AS osiris_cleared, employee_event_1.salary AS
    salary, employee_event_1.tags AS tags
FROM employee_event AS employee_event_1
WHERE employee_event_1.seq > 0 AND NOT (employee_event_1.osiris_cleared IS NOT NULL AND
    employee_event_1.osiris_cleared = :osiris_cleared_1) AND employee_event_1.company IS NOT NULL AND
    employee_event_1.name IS NOT NULL
UNION ALL
SELECT employee_event_archive_1.company AS osiris_key_company, employee_event_archive_1.name AS osiris_key_name,
    employee_event_archive_1.position AS seq, employee_event_archive_1.osiris_cleared AS osiris_cleared,
    employee_event_archive_1.salary AS salary, employee_event_archive_1.tags AS tags
FROM employee_event_archive AS employee_event_archive_1
WHERE employee_event_archive_1.seq > 0 AND NOT (employee_event_archive_1.osiris_cleared IS NOT NULL AND
    employee_event_archive_1.osiris_cleared = :osiris_cleared_2) AND employee_event_archive_1.company IS NOT NULL AND
    employee_event_archive_1.name IS NOT NULL) AS tail
WHERE tail.osiris_key_company = grouped.osiris_key_company AND tail.osiris_key_name = grouped.osiris_key_name AND
    tail.tags IS NOT NULL), ']'), '[null,null,-1]') AS tags, grouped.osiris_1_salary AS salary
FROM (
SELECT tail.osiris_key_company AS osiris_key_company, tail.osiris_key_name AS osiris_key_name,
    coalesce(sum(tail.salary), 0) AS osiris_1_salary
FROM (
SELECT employee_event_2.company AS osiris_key_company, employee_event_2.name AS osiris_key_name,
    employee_event_2.position AS seq, employee_event_2.osiris_cleared AS osiris_cleared, employee_event_2.salary AS
    salary, employee_event_2.tags AS tags
FROM employee_event AS employee_event_2
WHERE employee_event_2.seq > 0 AND NOT (employee_event_2.osiris_cleared IS NOT NULL AND
    employee_event_2.osiris_cleared = :osiris_cleared_3) AND employee_event_2.company IS NOT NULL AND
    employee_event_2.name IS NOT NULL
UNION ALL
SELECT employee_event_archive_2.company AS osiris_key_company, employee_event_archive_2.name AS osiris_key_name,
    employee_event_archive_2.position AS seq, employee_event_archive_2.osiris_cleared AS osiris_cleared,
    employee_event_archive_2.salary AS salary, employee_event_archive_2.tags AS tags
FROM employee_event_archive AS employee_event_archive_2
WHERE employee_event_archive_2.seq > 0 AND NOT (employee_event_archive_2.osiris_cleared IS NOT NULL AND
    employee_event_archive_2.osiris_cleared = :osiris_cleared_4) AND employee_event_archive_2.company IS NOT NULL AND
    employee_event_archive_2.name IS NOT NULL) AS tail
GROUP BY tail.osiris_key_company, tail.osiris_key_name) AS grouped) AS names
-- binds: osiris_cleared_1 Text() = '*', osiris_cleared_2 Text() = '*', osiris_cleared_3 Text() = '*',
--   osiris_cleared_4 Text() = '*'

-- names: as of a moment
SELECT names_1.company, names_1.name, names_1.tags, names_1.salary
FROM (
SELECT grouped.osiris_key_company AS company, grouped.osiris_key_name AS name, coalesce(concat('[', 'null', ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.tags AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_1
FROM (
SELECT employee_event_1.company AS osiris_key_company, employee_event_1.name AS osiris_key_name,
    employee_event_1.position AS seq, employee_event_1.osiris_cleared AS osiris_cleared, employee_event_1.salary AS
    salary, employee_event_1.tags AS tags
FROM employee_event AS employee_event_1
WHERE employee_event_1.seq > 0 AND NOT (employee_event_1.osiris_cleared IS NOT NULL AND
    employee_event_1.osiris_cleared = :osiris_cleared_1) AND employee_event_1.company IS NOT NULL AND
    employee_event_1.name IS NOT NULL AND ((EXISTS (
SELECT employee_event_2.seq
FROM employee_event AS employee_event_2
WHERE employee_event_2.company = employee_event_1.company AND employee_event_2.number = employee_event_1.number AND
    employee_event_2.seq >= employee_event_1.seq AND employee_event_2.recorded_at <= :as_of_1)) OR (EXISTS (
SELECT employee_event_archive_1.seq
FROM employee_event_archive AS employee_event_archive_1
WHERE employee_event_archive_1.company = employee_event_1.company AND employee_event_archive_1.number =
    employee_event_1.number AND employee_event_archive_1.seq >= employee_event_1.seq AND
    employee_event_archive_1.recorded_at <= :as_of_1)))
UNION ALL
SELECT employee_event_archive_2.company AS osiris_key_company, employee_event_archive_2.name AS osiris_key_name,
    employee_event_archive_2.position AS seq, employee_event_archive_2.osiris_cleared AS osiris_cleared,
    employee_event_archive_2.salary AS salary, employee_event_archive_2.tags AS tags
FROM employee_event_archive AS employee_event_archive_2
WHERE employee_event_archive_2.seq > 0 AND NOT (employee_event_archive_2.osiris_cleared IS NOT NULL AND
    employee_event_archive_2.osiris_cleared = :osiris_cleared_2) AND employee_event_archive_2.company IS NOT NULL AND
    employee_event_archive_2.name IS NOT NULL AND ((EXISTS (
SELECT employee_event_3.seq
FROM employee_event AS employee_event_3
WHERE employee_event_3.company = employee_event_archive_2.company AND employee_event_3.number =
    employee_event_archive_2.number AND employee_event_3.seq >= employee_event_archive_2.seq AND
    employee_event_3.recorded_at <= :as_of_1)) OR (EXISTS (
SELECT employee_event_archive_3.seq
FROM employee_event_archive AS employee_event_archive_3
WHERE employee_event_archive_3.company = employee_event_archive_2.company AND employee_event_archive_3.number =
    employee_event_archive_2.number AND employee_event_archive_3.seq >= employee_event_archive_2.seq AND
    employee_event_archive_3.recorded_at <= :as_of_1)))) AS tail
WHERE tail.osiris_key_company = grouped.osiris_key_company AND tail.osiris_key_name = grouped.osiris_key_name AND
    tail.tags IS NOT NULL), ']'), '[null,null,-1]') AS tags, grouped.osiris_1_salary AS salary
FROM (
SELECT tail.osiris_key_company AS osiris_key_company, tail.osiris_key_name AS osiris_key_name,
    coalesce(sum(tail.salary), 0) AS osiris_1_salary
FROM (
SELECT employee_event_4.company AS osiris_key_company, employee_event_4.name AS osiris_key_name,
    employee_event_4.position AS seq, employee_event_4.osiris_cleared AS osiris_cleared, employee_event_4.salary AS
    salary, employee_event_4.tags AS tags
FROM employee_event AS employee_event_4
WHERE employee_event_4.seq > 0 AND NOT (employee_event_4.osiris_cleared IS NOT NULL AND
    employee_event_4.osiris_cleared = :osiris_cleared_3) AND employee_event_4.company IS NOT NULL AND
    employee_event_4.name IS NOT NULL AND ((EXISTS (
SELECT employee_event_5.seq
FROM employee_event AS employee_event_5
WHERE employee_event_5.company = employee_event_4.company AND employee_event_5.number = employee_event_4.number AND
    employee_event_5.seq >= employee_event_4.seq AND employee_event_5.recorded_at <= :as_of_1)) OR (EXISTS (
SELECT employee_event_archive_4.seq
FROM employee_event_archive AS employee_event_archive_4
WHERE employee_event_archive_4.company = employee_event_4.company AND employee_event_archive_4.number =
    employee_event_4.number AND employee_event_archive_4.seq >= employee_event_4.seq AND
    employee_event_archive_4.recorded_at <= :as_of_1)))
UNION ALL
SELECT employee_event_archive_5.company AS osiris_key_company, employee_event_archive_5.name AS osiris_key_name,
    employee_event_archive_5.position AS seq, employee_event_archive_5.osiris_cleared AS osiris_cleared,
    employee_event_archive_5.salary AS salary, employee_event_archive_5.tags AS tags
FROM employee_event_archive AS employee_event_archive_5
WHERE employee_event_archive_5.seq > 0 AND NOT (employee_event_archive_5.osiris_cleared IS NOT NULL AND
    employee_event_archive_5.osiris_cleared = :osiris_cleared_4) AND employee_event_archive_5.company IS NOT NULL AND
    employee_event_archive_5.name IS NOT NULL AND ((EXISTS (
SELECT employee_event_6.seq
FROM employee_event AS employee_event_6
WHERE employee_event_6.company = employee_event_archive_5.company AND employee_event_6.number =
    employee_event_archive_5.number AND employee_event_6.seq >= employee_event_archive_5.seq AND
    employee_event_6.recorded_at <= :as_of_1)) OR (EXISTS (
SELECT employee_event_archive_6.seq
FROM employee_event_archive AS employee_event_archive_6
WHERE employee_event_archive_6.company = employee_event_archive_5.company AND employee_event_archive_6.number =
    employee_event_archive_5.number AND employee_event_archive_6.seq >= employee_event_archive_5.seq AND
    employee_event_archive_6.recorded_at <= :as_of_1)))) AS tail
GROUP BY tail.osiris_key_company, tail.osiris_key_name) AS grouped) AS names_1
-- binds: osiris_cleared_1 Text() = '*', as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0,
--   tzinfo=datetime.timezone.utc), as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0,
--   tzinfo=datetime.timezone.utc), osiris_cleared_2 Text() = '*', as_of_1 UTCDateTime(timezone=True) =
--   datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc), as_of_1 UTCDateTime(timezone=True) =
--   datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc), osiris_cleared_3 Text() = '*', as_of_1
--   UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc), as_of_1
--   UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc), osiris_cleared_4
--   Text() = '*', as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0,
--   tzinfo=datetime.timezone.utc), as_of_1 UTCDateTime(timezone=True) = datetime.datetime(2026, 1, 2, 0, 0,
--   tzinfo=datetime.timezone.utc)

-- names: as of a seq
SELECT names_1.company, names_1.name, names_1.tags, names_1.salary
FROM (
SELECT grouped.osiris_key_company AS company, grouped.osiris_key_name AS name, coalesce(concat('[', 'null', ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.tags AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_1
FROM (
SELECT employee_event_1.company AS osiris_key_company, employee_event_1.name AS osiris_key_name,
    employee_event_1.position AS seq, employee_event_1.osiris_cleared AS osiris_cleared, employee_event_1.salary AS
    salary, employee_event_1.tags AS tags
FROM employee_event AS employee_event_1
WHERE employee_event_1.seq > 0 AND NOT (employee_event_1.osiris_cleared IS NOT NULL AND
    employee_event_1.osiris_cleared = :osiris_cleared_1) AND employee_event_1.company IS NOT NULL AND
    employee_event_1.name IS NOT NULL AND employee_event_1.seq <= :as_of_1
UNION ALL
SELECT employee_event_archive_1.company AS osiris_key_company, employee_event_archive_1.name AS osiris_key_name,
    employee_event_archive_1.position AS seq, employee_event_archive_1.osiris_cleared AS osiris_cleared,
    employee_event_archive_1.salary AS salary, employee_event_archive_1.tags AS tags
FROM employee_event_archive AS employee_event_archive_1
WHERE employee_event_archive_1.seq > 0 AND NOT (employee_event_archive_1.osiris_cleared IS NOT NULL AND
    employee_event_archive_1.osiris_cleared = :osiris_cleared_2) AND employee_event_archive_1.company IS NOT NULL AND
    employee_event_archive_1.name IS NOT NULL AND employee_event_archive_1.seq <= :as_of_1) AS tail
WHERE tail.osiris_key_company = grouped.osiris_key_company AND tail.osiris_key_name = grouped.osiris_key_name AND
    tail.tags IS NOT NULL), ']'), '[null,null,-1]') AS tags, grouped.osiris_1_salary AS salary
FROM (
SELECT tail.osiris_key_company AS osiris_key_company, tail.osiris_key_name AS osiris_key_name,
    coalesce(sum(tail.salary), 0) AS osiris_1_salary
FROM (
SELECT employee_event_2.company AS osiris_key_company, employee_event_2.name AS osiris_key_name,
    employee_event_2.position AS seq, employee_event_2.osiris_cleared AS osiris_cleared, employee_event_2.salary AS
    salary, employee_event_2.tags AS tags
FROM employee_event AS employee_event_2
WHERE employee_event_2.seq > 0 AND NOT (employee_event_2.osiris_cleared IS NOT NULL AND
    employee_event_2.osiris_cleared = :osiris_cleared_3) AND employee_event_2.company IS NOT NULL AND
    employee_event_2.name IS NOT NULL AND employee_event_2.seq <= :as_of_1
UNION ALL
SELECT employee_event_archive_2.company AS osiris_key_company, employee_event_archive_2.name AS osiris_key_name,
    employee_event_archive_2.position AS seq, employee_event_archive_2.osiris_cleared AS osiris_cleared,
    employee_event_archive_2.salary AS salary, employee_event_archive_2.tags AS tags
FROM employee_event_archive AS employee_event_archive_2
WHERE employee_event_archive_2.seq > 0 AND NOT (employee_event_archive_2.osiris_cleared IS NOT NULL AND
    employee_event_archive_2.osiris_cleared = :osiris_cleared_4) AND employee_event_archive_2.company IS NOT NULL AND
    employee_event_archive_2.name IS NOT NULL AND employee_event_archive_2.seq <= :as_of_1) AS tail
GROUP BY tail.osiris_key_company, tail.osiris_key_name) AS grouped) AS names_1
-- binds: osiris_cleared_1 Text() = '*', as_of_1 BigInteger() = 3, osiris_cleared_2 Text() = '*', as_of_1 BigInteger()
--   = 3, osiris_cleared_3 Text() = '*', as_of_1 BigInteger() = 3, osiris_cleared_4 Text() = '*', as_of_1 BigInteger()
--   = 3

