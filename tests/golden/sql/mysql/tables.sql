-- CreateTable account_event
CREATE TABLE account_event ( id VARCHAR(20) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, seq BIGINT NOT NULL, position BIGINT AUTO_INCREMENT NOT NULL,
    osiris_xid BIGINT NOT NULL DEFAULT 0, recorded_at DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)), name
    VARCHAR(40) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, balance NUMERIC(10, 2), moves INTEGER, best INTEGER, mean INTEGER,
    osiris_cleared LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, KEY ix_account_event_position (position), event_id CHAR(32), event_type
    VARCHAR(255) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, event_meta LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(event_meta)), PRIMARY KEY (id, seq) )ENGINE=InnoDB

-- CreateIndex ix_account_event_feed
CREATE INDEX ix_account_event_feed ON account_event (osiris_xid, position)

-- CreateIndex uq_account_event_event_id
CREATE UNIQUE INDEX uq_account_event_event_id ON account_event (id, event_id)

-- CreateTable account_snapshot
CREATE TABLE account_snapshot ( id VARCHAR(20) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, seq BIGINT NOT NULL, osiris_origin BIGINT NOT NULL, osiris_folded
    BIGINT NOT NULL, osiris_fingerprint BIGINT NOT NULL, osiris_xid BIGINT NOT NULL DEFAULT 0, name VARCHAR(40)
    CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, balance NUMERIC(38, 2), moves BIGINT, best INTEGER, mean BIGINT,
    osiris_count_mean BIGINT, PRIMARY KEY (id), CONSTRAINT ck_account_snapshot_seq CHECK (seq > 0 OR seq =
    -4611686018427387904) )ENGINE=InnoDB

-- CreateIndex ix_account_snapshot_name
CREATE INDEX ix_account_snapshot_name ON account_snapshot (name)

-- CreateIndex ix_account_snapshot_osiris_fingerprint
CREATE INDEX ix_account_snapshot_osiris_fingerprint ON account_snapshot (osiris_fingerprint)

-- CreateTable customers_snapshot
CREATE TABLE customers_snapshot ( customer VARCHAR(40) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, total NUMERIC(38, 2), due DATE, invoices BIGINT, PRIMARY KEY (customer)
    )ENGINE=InnoDB

-- CreateTable employee_event
CREATE TABLE employee_event ( company VARCHAR(20) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, number INTEGER NOT NULL, seq BIGINT NOT NULL, position BIGINT
    AUTO_INCREMENT NOT NULL, osiris_xid BIGINT NOT NULL DEFAULT 0, recorded_at DATETIME(6) NOT NULL DEFAULT
    (UTC_TIMESTAMP(6)), name LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, tags LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(tags)), colours LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(colours)), salary DOUBLE, osiris_cleared LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, KEY ix_employee_event_position (position), event_id CHAR(32), event_type
    VARCHAR(255) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, event_meta LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(event_meta)), PRIMARY KEY (company, number, seq) )ENGINE=InnoDB

-- CreateTrigger employee_event
CREATE TRIGGER employee_event_append_only_update BEFORE UPDATE ON employee_event FOR EACH ROW IF @sqla_osiris_unlocked
    IS NULL THEN SIGNAL SQLSTATE '45000'
SET MESSAGE_TEXT = 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'; END IF

-- CreateTrigger employee_event
CREATE TRIGGER employee_event_append_only_delete BEFORE DELETE ON employee_event FOR EACH ROW IF @sqla_osiris_unlocked
    IS NULL THEN SIGNAL SQLSTATE '45000'
SET MESSAGE_TEXT = 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'; END IF

-- SelectGuard employee_event
SELECT /*+ SET_VAR(group_concat_max_len = 65536) */ CONCAT('CREATE TABLE IF NOT EXISTS employee_event_guard (',
    GROUP_CONCAT('`', REPLACE(column_name, '`', '``'), '`', ' ', column_type, COALESCE(CONCAT(' CHARACTER
SET ', character_set_name, ' COLLATE ', collation_name), '')
ORDER BY seq_in_index), ', CONSTRAINT employee_event_guard_fk FOREIGN KEY (', GROUP_CONCAT('`', REPLACE(column_name,
    '`', '``'), '`'
ORDER BY seq_in_index), ') REFERENCES employee_event (', GROUP_CONCAT('`', REPLACE(column_name, '`', '``'), '`'
ORDER BY seq_in_index), ')) ENGINE=InnoDB COMMENT=''always empty: it has TRUNCATE refused''') INTO @osiris_guard
FROM information_schema.statistics
JOIN information_schema.columns USING (table_schema, table_name, column_name)
WHERE table_schema = database() AND table_name = 'employee_event' AND index_name = 'PRIMARY'

-- PrepareGuard employee_event
PREPARE osiris_guard
FROM @osiris_guard

-- ExecuteGuard employee_event
EXECUTE osiris_guard

-- DeallocateGuard employee_event
DEALLOCATE PREPARE osiris_guard

-- CreateIndex ix_employee_event_feed
CREATE INDEX ix_employee_event_feed ON employee_event (osiris_xid, position)

-- CreateIndex uq_employee_event_event_id
CREATE UNIQUE INDEX uq_employee_event_event_id ON employee_event (company, number, event_id)

-- CreateTable employee_event_archive
CREATE TABLE employee_event_archive ( company VARCHAR(20) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, number INTEGER NOT NULL, seq BIGINT NOT NULL, position BIGINT NOT NULL,
    osiris_xid BIGINT NOT NULL, recorded_at DATETIME(6) NOT NULL, name LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, tags LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(tags)), colours LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(colours)), salary DOUBLE, osiris_cleared LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, event_id CHAR(32), event_type VARCHAR(255) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, event_meta LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(event_meta)), PRIMARY KEY (company, number, seq) )ENGINE=InnoDB

-- CreateTrigger employee_event_archive
CREATE TRIGGER employee_event_archive_append_only_update BEFORE UPDATE ON employee_event_archive FOR EACH ROW IF
    @sqla_osiris_unlocked IS NULL THEN SIGNAL SQLSTATE '45000'
SET MESSAGE_TEXT = 'employee_event_archive is append-only: append an event that corrects it; archive, erase and
    migrations unlock the log themselves'; END IF

-- CreateTrigger employee_event_archive
CREATE TRIGGER employee_event_archive_append_only_delete BEFORE DELETE ON employee_event_archive FOR EACH ROW IF
    @sqla_osiris_unlocked IS NULL THEN SIGNAL SQLSTATE '45000'
SET MESSAGE_TEXT = 'employee_event_archive is append-only: append an event that corrects it; archive, erase and
    migrations unlock the log themselves'; END IF

-- CreateIndex ix_employee_event_archive_event_id
CREATE INDEX ix_employee_event_archive_event_id ON employee_event_archive (event_id)

-- CreateIndex ix_employee_event_archive_feed
CREATE INDEX ix_employee_event_archive_feed ON employee_event_archive (osiris_xid, position)

-- CreateIndex ix_employee_event_archive_position
CREATE INDEX ix_employee_event_archive_position ON employee_event_archive (position)

-- CreateTable employee_snapshot
CREATE TABLE employee_snapshot ( company VARCHAR(20) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, number INTEGER NOT NULL, seq BIGINT NOT NULL, osiris_origin BIGINT NOT
    NULL, osiris_folded BIGINT NOT NULL, osiris_fingerprint BIGINT NOT NULL, osiris_xid BIGINT NOT NULL DEFAULT 0,
    name LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, tags LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, osiris_state_tags LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(osiris_state_tags)), colours LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, osiris_state_colours BIGINT, salary DOUBLE, PRIMARY KEY (company, number),
    CONSTRAINT ck_employee_snapshot_seq CHECK (seq > 0 OR seq = -4611686018427387904) )ENGINE=InnoDB

-- CreateIndex ix_employee_snapshot_osiris_fingerprint
CREATE INDEX ix_employee_snapshot_osiris_fingerprint ON employee_snapshot (osiris_fingerprint)

-- CreateTable invoice_event
CREATE TABLE invoice_event ( id INTEGER NOT NULL, seq BIGINT NOT NULL, position BIGINT AUTO_INCREMENT NOT NULL,
    osiris_xid BIGINT NOT NULL DEFAULT 0, recorded_at DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)), customer
    VARCHAR(40) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, total NUMERIC(12, 2), paid BOOL, due DATE, day DATETIME(6), osiris_cleared
    LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, KEY ix_invoice_event_position (position), event_id CHAR(32), event_type
    VARCHAR(255) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, event_meta LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(event_meta)), PRIMARY KEY (id, seq) )ENGINE=InnoDB

-- CreateIndex ix_invoice_event_event_id
CREATE INDEX ix_invoice_event_event_id ON invoice_event (event_id)

-- CreateIndex ix_invoice_event_feed
CREATE INDEX ix_invoice_event_feed ON invoice_event (osiris_xid, position)

-- CreateIndex uq_invoice_event_event_id
CREATE UNIQUE INDEX uq_invoice_event_event_id ON invoice_event (id, event_id)

-- CreateTable invoice_event_archive
CREATE TABLE invoice_event_archive ( id INTEGER NOT NULL, seq BIGINT NOT NULL, position BIGINT NOT NULL, osiris_xid
    BIGINT NOT NULL, recorded_at DATETIME(6) NOT NULL, customer VARCHAR(40) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, total NUMERIC(12, 2), paid BOOL, due DATE, day DATETIME(6), osiris_cleared
    LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, event_id CHAR(32), event_type VARCHAR(255) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, event_meta LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(event_meta)), PRIMARY KEY (id, seq) )ENGINE=InnoDB

-- CreateIndex ix_invoice_event_archive_event_id
CREATE INDEX ix_invoice_event_archive_event_id ON invoice_event_archive (event_id)

-- CreateIndex ix_invoice_event_archive_feed
CREATE INDEX ix_invoice_event_archive_feed ON invoice_event_archive (osiris_xid, position)

-- CreateIndex ix_invoice_event_archive_position
CREATE INDEX ix_invoice_event_archive_position ON invoice_event_archive (position)

-- CreateTable invoice_event_views
CREATE TABLE invoice_event_views ( view VARCHAR(255) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, osiris_fingerprint BIGINT NOT NULL, osiris_folded BIGINT NOT NULL,
    osiris_writer BIGINT NOT NULL, PRIMARY KEY (view) )ENGINE=InnoDB

-- CreateTable invoice_snapshot
CREATE TABLE invoice_snapshot ( id INTEGER NOT NULL AUTO_INCREMENT, seq BIGINT NOT NULL, osiris_origin BIGINT NOT
    NULL, osiris_folded BIGINT NOT NULL, osiris_fingerprint BIGINT NOT NULL, osiris_xid BIGINT NOT NULL DEFAULT 0,
    customer VARCHAR(40) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, total NUMERIC(38, 2), paid BOOL, due DATE, PRIMARY KEY (id), CONSTRAINT
    ck_invoice_snapshot_seq CHECK (seq > 0 OR seq = -4611686018427387904) )ENGINE=InnoDB

-- CreateIndex ix_invoice_snapshot_osiris_fingerprint
CREATE INDEX ix_invoice_snapshot_osiris_fingerprint ON invoice_snapshot (osiris_fingerprint)

-- CreateTable item_event
CREATE TABLE item_event ( id INTEGER NOT NULL, seq BIGINT NOT NULL, position BIGINT AUTO_INCREMENT NOT NULL,
    osiris_xid BIGINT NOT NULL DEFAULT 0, recorded_at DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)), name
    VARCHAR(40) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, stock INTEGER, moves INTEGER, best INTEGER, first DATE, osiris_cleared LONGTEXT
    CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, KEY ix_item_event_position (position), event_id CHAR(32), event_type
    VARCHAR(255) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, event_meta LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(event_meta)), PRIMARY KEY (id, seq) )ENGINE=InnoDB

-- CreateIndex ix_item_event_event_id
CREATE INDEX ix_item_event_event_id ON item_event (event_id)

-- CreateIndex ix_item_event_feed
CREATE INDEX ix_item_event_feed ON item_event (osiris_xid, position)

-- CreateIndex uq_item_event_event_id
CREATE UNIQUE INDEX uq_item_event_event_id ON item_event (id, event_id)

-- CreateTable item_snapshot
CREATE TABLE item_snapshot ( id INTEGER NOT NULL AUTO_INCREMENT, seq BIGINT NOT NULL, osiris_origin BIGINT NOT NULL,
    osiris_folded BIGINT NOT NULL, osiris_fingerprint BIGINT NOT NULL, osiris_xid BIGINT NOT NULL DEFAULT 0, name
    VARCHAR(40) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, stock BIGINT, moves BIGINT, best INTEGER, first DATE, PRIMARY KEY (id),
    CONSTRAINT ck_item_snapshot_seq CHECK (seq > 0 OR seq = -4611686018427387904) )ENGINE=InnoDB

-- CreateIndex ix_item_snapshot_osiris_fingerprint
CREATE INDEX ix_item_snapshot_osiris_fingerprint ON item_snapshot (osiris_fingerprint)

-- CreateTable osiris_subscription
CREATE TABLE osiris_subscription ( log VARCHAR(128) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, name VARCHAR(100) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, position LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, attempts INTEGER NOT NULL, retry_at DOUBLE NOT NULL, error LONGTEXT
    CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, parked LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, PRIMARY KEY (log, name) )

-- CreateTable patient_event
CREATE TABLE ward.patient_event ( hospital VARCHAR(20) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, number INTEGER NOT NULL, seq BIGINT NOT NULL, position BIGINT
    AUTO_INCREMENT NOT NULL, osiris_xid BIGINT NOT NULL DEFAULT 0, recorded_at DATETIME(6) NOT NULL DEFAULT
    (UTC_TIMESTAMP(6)), name LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, visits INTEGER, osiris_cleared LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, KEY ix_patient_event_position (position), event_id CHAR(32), event_type
    VARCHAR(255) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, event_meta LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(event_meta)), PRIMARY KEY (hospital, number, seq)
    )ENGINE=InnoDB

-- CreateIndex ix_patient_event_feed
CREATE INDEX ix_patient_event_feed ON ward.patient_event (osiris_xid, position)

-- CreateIndex uq_patient_event_event_id
CREATE UNIQUE INDEX uq_patient_event_event_id ON ward.patient_event (hospital, number, event_id)

-- CreateTable patient_key
CREATE TABLE ward.patient_key ( hospital VARCHAR(20) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, number INTEGER NOT NULL, `key` LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, PRIMARY KEY (hospital, number) )ENGINE=InnoDB

-- CreateTable patient_snapshot
CREATE TABLE ward.patient_snapshot ( hospital VARCHAR(20) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, number INTEGER NOT NULL, seq BIGINT NOT NULL, osiris_origin BIGINT NOT
    NULL, osiris_folded BIGINT NOT NULL, osiris_fingerprint BIGINT NOT NULL, osiris_xid BIGINT NOT NULL DEFAULT 0,
    name LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, visits BIGINT, PRIMARY KEY (hospital, number), CONSTRAINT
    ck_patient_snapshot_seq CHECK (seq > 0 OR seq = -4611686018427387904) )ENGINE=InnoDB

-- CreateIndex ix_ward_patient_snapshot_osiris_fingerprint
CREATE INDEX ix_ward_patient_snapshot_osiris_fingerprint ON ward.patient_snapshot (osiris_fingerprint)

-- CreateTable reading_event
CREATE TABLE reading_event ( sensor CHAR(32) NOT NULL, seq BIGINT NOT NULL, position BIGINT AUTO_INCREMENT NOT NULL,
    osiris_xid BIGINT NOT NULL DEFAULT 0, recorded_at DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)), least DOUBLE,
    first DATETIME(6), notes LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(notes)), osiris_cleared LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, KEY ix_reading_event_position (position), event_id CHAR(32), event_type
    VARCHAR(255) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, event_meta LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(event_meta)), PRIMARY KEY (sensor, seq) )ENGINE=InnoDB

-- CreateTrigger reading_event
CREATE TRIGGER reading_event_append_only_update BEFORE UPDATE ON reading_event FOR EACH ROW IF @sqla_osiris_unlocked
    IS NULL THEN SIGNAL SQLSTATE '45000'
SET MESSAGE_TEXT = 'reading_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'; END IF

-- CreateTrigger reading_event
CREATE TRIGGER reading_event_append_only_delete BEFORE DELETE ON reading_event FOR EACH ROW IF @sqla_osiris_unlocked
    IS NULL THEN SIGNAL SQLSTATE '45000'
SET MESSAGE_TEXT = 'reading_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'; END IF

-- SelectGuard reading_event
SELECT /*+ SET_VAR(group_concat_max_len = 65536) */ CONCAT('CREATE TABLE IF NOT EXISTS reading_event_guard (',
    GROUP_CONCAT('`', REPLACE(column_name, '`', '``'), '`', ' ', column_type, COALESCE(CONCAT(' CHARACTER
SET ', character_set_name, ' COLLATE ', collation_name), '')
ORDER BY seq_in_index), ', CONSTRAINT reading_event_guard_fk FOREIGN KEY (', GROUP_CONCAT('`', REPLACE(column_name,
    '`', '``'), '`'
ORDER BY seq_in_index), ') REFERENCES reading_event (', GROUP_CONCAT('`', REPLACE(column_name, '`', '``'), '`'
ORDER BY seq_in_index), ')) ENGINE=InnoDB COMMENT=''always empty: it has TRUNCATE refused''') INTO @osiris_guard
FROM information_schema.statistics
JOIN information_schema.columns USING (table_schema, table_name, column_name)
WHERE table_schema = database() AND table_name = 'reading_event' AND index_name = 'PRIMARY'

-- PrepareGuard reading_event
PREPARE osiris_guard
FROM @osiris_guard

-- ExecuteGuard reading_event
EXECUTE osiris_guard

-- DeallocateGuard reading_event
DEALLOCATE PREPARE osiris_guard

-- CreateIndex ix_reading_event_feed
CREATE INDEX ix_reading_event_feed ON reading_event (osiris_xid, position)

-- CreateIndex uq_reading_event_event_id
CREATE UNIQUE INDEX uq_reading_event_event_id ON reading_event (sensor, event_id)

-- CreateTable reading_snapshot
CREATE TABLE reading_snapshot ( sensor CHAR(32) NOT NULL, seq BIGINT NOT NULL, osiris_origin BIGINT NOT NULL,
    osiris_folded BIGINT NOT NULL, osiris_fingerprint BIGINT NOT NULL, osiris_xid BIGINT NOT NULL DEFAULT 0, least
    DOUBLE, first DATETIME(6), notes LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, PRIMARY KEY (sensor), CONSTRAINT ck_reading_snapshot_seq CHECK (seq > 0 OR seq =
    -4611686018427387904) )ENGINE=InnoDB

-- CreateIndex ix_reading_snapshot_osiris_fingerprint
CREATE INDEX ix_reading_snapshot_osiris_fingerprint ON reading_snapshot (osiris_fingerprint)

-- CreateTable visit_event
CREATE TABLE visit_event ( page VARCHAR(255) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, day DATE NOT NULL, seq BIGINT NOT NULL, position BIGINT AUTO_INCREMENT
    NOT NULL, osiris_xid BIGINT NOT NULL DEFAULT 0, recorded_at DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)), hits
    INTEGER, last LONGBLOB, size DOUBLE, osiris_cleared LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, KEY ix_visit_event_position (position), event_id CHAR(32), event_type
    VARCHAR(255) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, event_meta LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(event_meta)), PRIMARY KEY (page, day, seq) )ENGINE=InnoDB

-- CreateIndex ix_visit_event_feed
CREATE INDEX ix_visit_event_feed ON visit_event (osiris_xid, position)

-- CreateIndex uq_visit_event_event_id
CREATE UNIQUE INDEX uq_visit_event_event_id ON visit_event (page, day, event_id)

-- CreateTable visit_event_archive
CREATE TABLE visit_event_archive ( page VARCHAR(255) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, day DATE NOT NULL, seq BIGINT NOT NULL, position BIGINT NOT NULL,
    osiris_xid BIGINT NOT NULL, recorded_at DATETIME(6) NOT NULL, hits INTEGER, last LONGBLOB, size DOUBLE,
    osiris_cleared LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, event_id CHAR(32), event_type VARCHAR(255) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin, event_meta LONGTEXT CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin CHECK (JSON_VALID(event_meta)), PRIMARY KEY (page, day, seq) )ENGINE=InnoDB

-- CreateIndex ix_visit_event_archive_event_id
CREATE INDEX ix_visit_event_archive_event_id ON visit_event_archive (event_id)

-- CreateIndex ix_visit_event_archive_feed
CREATE INDEX ix_visit_event_archive_feed ON visit_event_archive (osiris_xid, position)

-- CreateIndex ix_visit_event_archive_position
CREATE INDEX ix_visit_event_archive_position ON visit_event_archive (position)

-- CreateTable visit_snapshot
CREATE TABLE visit_snapshot ( page VARCHAR(255) CHARACTER
SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, day DATE NOT NULL, seq BIGINT NOT NULL, osiris_origin BIGINT NOT NULL,
    osiris_folded BIGINT NOT NULL, osiris_fingerprint BIGINT NOT NULL, osiris_xid BIGINT NOT NULL DEFAULT 0, hits
    BIGINT, last LONGBLOB, size DOUBLE, osiris_count_size BIGINT, PRIMARY KEY (page, day), CONSTRAINT
    ck_visit_snapshot_seq CHECK (seq > 0 OR seq = -4611686018427387904) )ENGINE=InnoDB

-- CreateIndex ix_visit_snapshot_osiris_fingerprint
CREATE INDEX ix_visit_snapshot_osiris_fingerprint ON visit_snapshot (osiris_fingerprint)

-- DropTable osiris_subscription
DROP TABLE osiris_subscription

-- DropTable invoice_event_views
DROP TABLE invoice_event_views

-- DropTable customers_snapshot
DROP TABLE customers_snapshot

-- DropTable visit_event_archive
DROP TABLE visit_event_archive

-- DropTable visit_event
DROP TABLE visit_event

-- DropTable visit_snapshot
DROP TABLE visit_snapshot

-- DropGuard reading_event
DROP TABLE IF EXISTS reading_event_guard

-- DropTrigger reading_event
DROP TRIGGER IF EXISTS reading_event_append_only_update

-- DropTrigger reading_event
DROP TRIGGER IF EXISTS reading_event_append_only_delete

-- DropTable reading_event
DROP TABLE reading_event

-- DropTable reading_snapshot
DROP TABLE reading_snapshot

-- DropTable patient_key
DROP TABLE ward.patient_key

-- DropTable patient_event
DROP TABLE ward.patient_event

-- DropTable patient_snapshot
DROP TABLE ward.patient_snapshot

-- DropTable invoice_event_archive
DROP TABLE invoice_event_archive

-- DropTable invoice_event
DROP TABLE invoice_event

-- DropTable invoice_snapshot
DROP TABLE invoice_snapshot

-- DropGuard employee_event_archive
DROP TABLE IF EXISTS employee_event_archive_guard

-- DropTrigger employee_event_archive
DROP TRIGGER IF EXISTS employee_event_archive_append_only_update

-- DropTrigger employee_event_archive
DROP TRIGGER IF EXISTS employee_event_archive_append_only_delete

-- DropTable employee_event_archive
DROP TABLE employee_event_archive

-- DropGuard employee_event
DROP TABLE IF EXISTS employee_event_guard

-- DropTrigger employee_event
DROP TRIGGER IF EXISTS employee_event_append_only_update

-- DropTrigger employee_event
DROP TRIGGER IF EXISTS employee_event_append_only_delete

-- DropTable employee_event
DROP TABLE employee_event

-- DropTable employee_snapshot
DROP TABLE employee_snapshot

-- DropTable item_event
DROP TABLE item_event

-- DropTable item_snapshot
DROP TABLE item_snapshot

-- DropTable account_event
DROP TABLE account_event

-- DropTable account_snapshot
DROP TABLE account_snapshot

