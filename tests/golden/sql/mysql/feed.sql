-- account: page
SELECT account_event.id, account_event.seq, account_event.position, account_event.osiris_xid,
    account_event.recorded_at, account_event.name, account_event.balance, account_event.moves, account_event.best,
    account_event.mean, account_event.osiris_cleared, account_event.event_id, account_event.event_type,
    account_event.event_meta
FROM account_event
WHERE account_event.seq > 0 AND account_event.position > :position
ORDER BY account_event.position
LIMIT :most
-- binds: position BigInteger(), most BigInteger()

-- account: counter
SELECT (
SELECT information_schema.`TABLES`.`AUTO_INCREMENT`
FROM information_schema.`TABLES`
WHERE coalesce(:schema, database()) = information_schema.`TABLES`.`TABLE_SCHEMA` AND :table =
    information_schema.`TABLES`.`TABLE_NAME`) AS anon_1, coalesce((
SELECT max(account_event.position) AS max_1
FROM account_event), 0) AS coalesce_1
-- binds: schema NullType(), table NullType()

-- account: settled
SELECT coalesce((
SELECT max(account_event.position) AS max_1
FROM account_event), 0) AS coalesce_1

-- account: resume
ALTER TABLE account_event AUTO_INCREMENT = 7

-- item: page
SELECT item_event.id, item_event.seq, item_event.position, item_event.osiris_xid, item_event.recorded_at,
    item_event.name, item_event.stock, item_event.moves, item_event.best, item_event.first, item_event.osiris_cleared,
    item_event.event_id, item_event.event_type, item_event.event_meta
FROM item_event
WHERE item_event.seq > 0 AND item_event.position > :position
ORDER BY item_event.position
LIMIT :most
-- binds: position BigInteger(), most BigInteger()

-- item: counter
SELECT (
SELECT information_schema.`TABLES`.`AUTO_INCREMENT`
FROM information_schema.`TABLES`
WHERE coalesce(:schema, database()) = information_schema.`TABLES`.`TABLE_SCHEMA` AND :table =
    information_schema.`TABLES`.`TABLE_NAME`) AS anon_1, coalesce((
SELECT max(item_event.position) AS max_1
FROM item_event), 0) AS coalesce_1
-- binds: schema NullType(), table NullType()

-- item: settled
SELECT coalesce((
SELECT max(item_event.position) AS max_1
FROM item_event), 0) AS coalesce_1

-- item: resume
ALTER TABLE item_event AUTO_INCREMENT = 7

-- employee: page
SELECT log.company, log.number, log.seq, log.position, log.osiris_xid, log.recorded_at, log.name, log.tags,
    log.colours, log.salary, log.osiris_cleared, log.event_id, log.event_type, log.event_meta
FROM (
SELECT anon_1.company AS company, anon_1.number AS number, anon_1.seq AS seq, anon_1.position AS position,
    anon_1.osiris_xid AS osiris_xid, anon_1.recorded_at AS recorded_at, anon_1.name AS name, anon_1.tags AS tags,
    anon_1.colours AS colours, anon_1.salary AS salary, anon_1.osiris_cleared AS osiris_cleared, anon_1.event_id AS
    event_id, anon_1.event_type AS event_type, anon_1.event_meta AS event_meta
FROM (
SELECT employee_event.company AS company, employee_event.number AS number, employee_event.seq AS seq,
    employee_event.position AS position, employee_event.osiris_xid AS osiris_xid, employee_event.recorded_at AS
    recorded_at, employee_event.name AS name, employee_event.tags AS tags, employee_event.colours AS colours,
    employee_event.salary AS salary, employee_event.osiris_cleared AS osiris_cleared, employee_event.event_id AS
    event_id, employee_event.event_type AS event_type, employee_event.event_meta AS event_meta
FROM employee_event
WHERE employee_event.seq > 0 AND employee_event.position > :position
ORDER BY employee_event.position
LIMIT :most) AS anon_1
UNION ALL
SELECT anon_2.company AS company, anon_2.number AS number, anon_2.seq AS seq, anon_2.position AS position,
    anon_2.osiris_xid AS osiris_xid, anon_2.recorded_at AS recorded_at, anon_2.name AS name, anon_2.tags AS tags,
    anon_2.colours AS colours, anon_2.salary AS salary, anon_2.osiris_cleared AS osiris_cleared, anon_2.event_id AS
    event_id, anon_2.event_type AS event_type, anon_2.event_meta AS event_meta
FROM (
SELECT employee_event_archive.company AS company, employee_event_archive.number AS number, employee_event_archive.seq
    AS seq, employee_event_archive.position AS position, employee_event_archive.osiris_xid AS osiris_xid,
    employee_event_archive.recorded_at AS recorded_at, employee_event_archive.name AS name,
    employee_event_archive.tags AS tags, employee_event_archive.colours AS colours, employee_event_archive.salary AS
    salary, employee_event_archive.osiris_cleared AS osiris_cleared, employee_event_archive.event_id AS event_id,
    employee_event_archive.event_type AS event_type, employee_event_archive.event_meta AS event_meta
FROM employee_event_archive
WHERE employee_event_archive.seq > 0 AND employee_event_archive.position > :position
ORDER BY employee_event_archive.position
LIMIT :most) AS anon_2) AS log
ORDER BY log.position
LIMIT :most
-- binds: position BigInteger(), most BigInteger(), position BigInteger(), most BigInteger(), most BigInteger()

-- employee: counter
SELECT (
SELECT information_schema.`TABLES`.`AUTO_INCREMENT`
FROM information_schema.`TABLES`
WHERE coalesce(:schema, database()) = information_schema.`TABLES`.`TABLE_SCHEMA` AND :table =
    information_schema.`TABLES`.`TABLE_NAME`) AS anon_1, coalesce((
SELECT max(employee_event_archive.position) AS max_1
FROM employee_event_archive), 0) AS coalesce_1
-- binds: schema NullType(), table NullType()

-- employee: settled
SELECT greatest(coalesce((
SELECT max(employee_event.position) AS max_1
FROM employee_event), 0), coalesce((
SELECT max(employee_event_archive.position) AS max_2
FROM employee_event_archive), 0)) AS greatest_1

-- employee: resume
ALTER TABLE employee_event AUTO_INCREMENT = 7

-- invoice: page
SELECT log.id, log.seq, log.position, log.osiris_xid, log.recorded_at, log.customer, log.total, log.paid, log.due,
    log.day, log.osiris_cleared, log.event_id, log.event_type, log.event_meta
FROM (
SELECT anon_1.id AS id, anon_1.seq AS seq, anon_1.position AS position, anon_1.osiris_xid AS osiris_xid,
    anon_1.recorded_at AS recorded_at, anon_1.customer AS customer, anon_1.total AS total, anon_1.paid AS paid,
    anon_1.due AS due, anon_1.day AS day, anon_1.osiris_cleared AS osiris_cleared, anon_1.event_id AS event_id,
    anon_1.event_type AS event_type, anon_1.event_meta AS event_meta
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
WHERE invoice_event.seq > 0 AND invoice_event.position > :position
ORDER BY invoice_event.position
LIMIT :most) AS anon_1
UNION ALL
SELECT anon_2.id AS id, anon_2.seq AS seq, anon_2.position AS position, anon_2.osiris_xid AS osiris_xid,
    anon_2.recorded_at AS recorded_at, anon_2.customer AS customer, anon_2.total AS total, anon_2.paid AS paid,
    anon_2.due AS due, anon_2.day AS day, anon_2.osiris_cleared AS osiris_cleared, anon_2.event_id AS event_id,
    anon_2.event_type AS event_type, anon_2.event_meta AS event_meta
FROM (
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
FROM invoice_event_archive) AS invoice_event_archive
WHERE invoice_event_archive.seq > 0 AND invoice_event_archive.position > :position
ORDER BY invoice_event_archive.position
LIMIT :most) AS anon_2) AS log
ORDER BY log.position
LIMIT :most
-- binds: position BigInteger(), most BigInteger(), position BigInteger(), most BigInteger(), most BigInteger()

-- invoice: counter
SELECT (
SELECT information_schema.`TABLES`.`AUTO_INCREMENT`
FROM information_schema.`TABLES`
WHERE coalesce(:schema, database()) = information_schema.`TABLES`.`TABLE_SCHEMA` AND :table =
    information_schema.`TABLES`.`TABLE_NAME`) AS anon_1, coalesce((
SELECT max(invoice_event_archive.position) AS max_1
FROM invoice_event_archive), 0) AS coalesce_1
-- binds: schema NullType(), table NullType()

-- invoice: settled
SELECT greatest(coalesce((
SELECT max(invoice_event.position) AS max_1
FROM invoice_event), 0), coalesce((
SELECT max(invoice_event_archive.position) AS max_2
FROM invoice_event_archive), 0)) AS greatest_1

-- invoice: resume
ALTER TABLE invoice_event AUTO_INCREMENT = 7

-- patient: page
SELECT ward.patient_event.hospital, ward.patient_event.number, ward.patient_event.seq, ward.patient_event.position,
    ward.patient_event.osiris_xid, ward.patient_event.recorded_at, ward.patient_event.name, ward.patient_event.visits,
    ward.patient_event.osiris_cleared, ward.patient_event.event_id, ward.patient_event.event_type,
    ward.patient_event.event_meta
FROM ward.patient_event
WHERE ward.patient_event.seq > 0 AND ward.patient_event.position > :position
ORDER BY ward.patient_event.position
LIMIT :most
-- binds: position BigInteger(), most BigInteger()

-- patient: counter
SELECT (
SELECT information_schema.`TABLES`.`AUTO_INCREMENT`
FROM information_schema.`TABLES`
WHERE coalesce(:schema, database()) = information_schema.`TABLES`.`TABLE_SCHEMA` AND :table =
    information_schema.`TABLES`.`TABLE_NAME`) AS anon_1, coalesce((
SELECT max(ward.patient_event.position) AS max_1
FROM ward.patient_event), 0) AS coalesce_1
-- binds: schema NullType(), table NullType()

-- patient: settled
SELECT coalesce((
SELECT max(ward.patient_event.position) AS max_1
FROM ward.patient_event), 0) AS coalesce_1

-- patient: resume
ALTER TABLE ward.patient_event AUTO_INCREMENT = 7

-- reading: page
SELECT reading_event.sensor, reading_event.seq, reading_event.position, reading_event.osiris_xid,
    reading_event.recorded_at, reading_event.least, reading_event.first, reading_event.notes,
    reading_event.osiris_cleared, reading_event.event_id, reading_event.event_type, reading_event.event_meta
FROM reading_event
WHERE reading_event.seq > 0 AND reading_event.position > :position
ORDER BY reading_event.position
LIMIT :most
-- binds: position BigInteger(), most BigInteger()

-- reading: counter
SELECT (
SELECT information_schema.`TABLES`.`AUTO_INCREMENT`
FROM information_schema.`TABLES`
WHERE coalesce(:schema, database()) = information_schema.`TABLES`.`TABLE_SCHEMA` AND :table =
    information_schema.`TABLES`.`TABLE_NAME`) AS anon_1, coalesce((
SELECT max(reading_event.position) AS max_1
FROM reading_event), 0) AS coalesce_1
-- binds: schema NullType(), table NullType()

-- reading: settled
SELECT coalesce((
SELECT max(reading_event.position) AS max_1
FROM reading_event), 0) AS coalesce_1

-- reading: resume
ALTER TABLE reading_event AUTO_INCREMENT = 7

-- visit: page
SELECT log.page, log.day, log.seq, log.position, log.osiris_xid, log.recorded_at, log.hits, log.last, log.size,
    log.osiris_cleared, log.event_id, log.event_type, log.event_meta
FROM (
SELECT anon_1.page AS page, anon_1.day AS day, anon_1.seq AS seq, anon_1.position AS position, anon_1.osiris_xid AS
    osiris_xid, anon_1.recorded_at AS recorded_at, anon_1.hits AS hits, anon_1.last AS last, anon_1.size AS size,
    anon_1.osiris_cleared AS osiris_cleared, anon_1.event_id AS event_id, anon_1.event_type AS event_type,
    anon_1.event_meta AS event_meta
FROM (
SELECT visit_event.page AS page, visit_event.day AS day, visit_event.seq AS seq, visit_event.position AS position,
    visit_event.osiris_xid AS osiris_xid, visit_event.recorded_at AS recorded_at, visit_event.hits AS hits,
    visit_event.last AS last, visit_event.size AS size, visit_event.osiris_cleared AS osiris_cleared,
    visit_event.event_id AS event_id, visit_event.event_type AS event_type, visit_event.event_meta AS event_meta
FROM visit_event
WHERE visit_event.seq > 0 AND visit_event.position > :position
ORDER BY visit_event.position
LIMIT :most) AS anon_1
UNION ALL
SELECT anon_2.page AS page, anon_2.day AS day, anon_2.seq AS seq, anon_2.position AS position, anon_2.osiris_xid AS
    osiris_xid, anon_2.recorded_at AS recorded_at, anon_2.hits AS hits, anon_2.last AS last, anon_2.size AS size,
    anon_2.osiris_cleared AS osiris_cleared, anon_2.event_id AS event_id, anon_2.event_type AS event_type,
    anon_2.event_meta AS event_meta
FROM (
SELECT visit_event_archive.page AS page, visit_event_archive.day AS day, visit_event_archive.seq AS seq,
    visit_event_archive.position AS position, visit_event_archive.osiris_xid AS osiris_xid,
    visit_event_archive.recorded_at AS recorded_at, visit_event_archive.hits AS hits, visit_event_archive.last AS
    last, visit_event_archive.size AS size, visit_event_archive.osiris_cleared AS osiris_cleared,
    visit_event_archive.event_id AS event_id, visit_event_archive.event_type AS event_type,
    visit_event_archive.event_meta AS event_meta
FROM visit_event_archive
WHERE visit_event_archive.seq > 0 AND visit_event_archive.position > :position
ORDER BY visit_event_archive.position
LIMIT :most) AS anon_2) AS log
ORDER BY log.position
LIMIT :most
-- binds: position BigInteger(), most BigInteger(), position BigInteger(), most BigInteger(), most BigInteger()

-- visit: counter
SELECT (
SELECT information_schema.`TABLES`.`AUTO_INCREMENT`
FROM information_schema.`TABLES`
WHERE coalesce(:schema, database()) = information_schema.`TABLES`.`TABLE_SCHEMA` AND :table =
    information_schema.`TABLES`.`TABLE_NAME`) AS anon_1, coalesce((
SELECT max(visit_event_archive.position) AS max_1
FROM visit_event_archive), 0) AS coalesce_1
-- binds: schema NullType(), table NullType()

-- visit: settled
SELECT greatest(coalesce((
SELECT max(visit_event.position) AS max_1
FROM visit_event), 0), coalesce((
SELECT max(visit_event_archive.position) AS max_2
FROM visit_event_archive), 0)) AS greatest_1

-- visit: resume
ALTER TABLE visit_event AUTO_INCREMENT = 7

-- other writers
SELECT performance_schema.global_variables.variable_name
FROM performance_schema.global_variables
WHERE performance_schema.global_variables.variable_name IN (__[POSTCOMPILE_variable_name_1]) AND
    performance_schema.global_variables.variable_value != :variable_value_1 OR
    performance_schema.global_variables.variable_name = :variable_name_2 AND
    performance_schema.global_variables.variable_value = :variable_value_2
-- binds: variable_name_1 String() = ['read_only', 'wsrep_on'], variable_value_1 String() = 'OFF', variable_name_2
--   String() = 'group_replication_single_primary_mode', variable_value_2 String() = 'OFF'

-- holders
SELECT performance_schema.metadata_locks.owner_thread_id, performance_schema.metadata_locks.owner_event_id,
    performance_schema.metadata_locks.lock_type, performance_schema.metadata_locks.owner_thread_id =
    ps_current_thread_id() AS anon_1
FROM performance_schema.metadata_locks
WHERE performance_schema.metadata_locks.object_type = :object_type_1 AND
    performance_schema.metadata_locks.object_schema = coalesce(:schema, database()) AND
    performance_schema.metadata_locks.object_name = :table AND performance_schema.metadata_locks.lock_status =
    :lock_status_1
-- binds: object_type_1 String() = 'TABLE', schema NullType(), table NullType(), lock_status_1 String() = 'GRANTED'

-- seconds
SELECT (timestampdiff(MICROSECOND, '1970-01-01', utc_timestamp(6)) / 1e6) AS osiris_epoch_seconds_1

