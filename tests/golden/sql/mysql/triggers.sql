-- protect a log, 0
CREATE TRIGGER employee_event_append_only_update BEFORE UPDATE ON employee_event FOR EACH ROW IF @sqla_osiris_unlocked
    IS NULL THEN SIGNAL SQLSTATE '45000'
SET MESSAGE_TEXT = 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'; END IF

-- protect a log, 1
CREATE TRIGGER employee_event_append_only_delete BEFORE DELETE ON employee_event FOR EACH ROW IF @sqla_osiris_unlocked
    IS NULL THEN SIGNAL SQLSTATE '45000'
SET MESSAGE_TEXT = 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'; END IF

-- protect a log, 2
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

-- protect a log, 3
PREPARE osiris_guard
FROM @osiris_guard

-- protect a log, 4
EXECUTE osiris_guard

-- protect a log, 5
DEALLOCATE PREPARE osiris_guard

-- protect an archive a log, 0
CREATE TRIGGER employee_event_append_only_update BEFORE UPDATE ON employee_event FOR EACH ROW IF @sqla_osiris_unlocked
    IS NULL THEN SIGNAL SQLSTATE '45000'
SET MESSAGE_TEXT = 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'; END IF

-- protect an archive a log, 1
CREATE TRIGGER employee_event_append_only_delete BEFORE DELETE ON employee_event FOR EACH ROW IF @sqla_osiris_unlocked
    IS NULL THEN SIGNAL SQLSTATE '45000'
SET MESSAGE_TEXT = 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'; END IF

-- give up a log, 0
DROP TABLE IF EXISTS employee_event_guard

-- give up a log, 1
DROP TRIGGER IF EXISTS employee_event_append_only_update

-- give up a log, 2
DROP TRIGGER IF EXISTS employee_event_append_only_delete

-- unlock a log, 0
SET @sqla_osiris_unlocked = 1

-- lock a log, 0
SET @sqla_osiris_unlocked = NULL

-- protect in a schema, 0
CREATE TRIGGER ward.ward_event_append_only_update BEFORE UPDATE ON ward.ward_event FOR EACH ROW IF
    @sqla_osiris_unlocked IS NULL THEN SIGNAL SQLSTATE '45000'
SET MESSAGE_TEXT = 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock
    the log themselves'; END IF

-- protect in a schema, 1
CREATE TRIGGER ward.ward_event_append_only_delete BEFORE DELETE ON ward.ward_event FOR EACH ROW IF
    @sqla_osiris_unlocked IS NULL THEN SIGNAL SQLSTATE '45000'
SET MESSAGE_TEXT = 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock
    the log themselves'; END IF

-- protect in a schema, 2
SELECT /*+ SET_VAR(group_concat_max_len = 65536) */ CONCAT('CREATE TABLE IF NOT EXISTS ward.ward_event_guard (',
    GROUP_CONCAT('`', REPLACE(column_name, '`', '``'), '`', ' ', column_type, COALESCE(CONCAT(' CHARACTER
SET ', character_set_name, ' COLLATE ', collation_name), '')
ORDER BY seq_in_index), ', CONSTRAINT ward_event_guard_fk FOREIGN KEY (', GROUP_CONCAT('`', REPLACE(column_name, '`',
    '``'), '`'
ORDER BY seq_in_index), ') REFERENCES ward.ward_event (', GROUP_CONCAT('`', REPLACE(column_name, '`', '``'), '`'
ORDER BY seq_in_index), ')) ENGINE=InnoDB COMMENT=''always empty: it has TRUNCATE refused''') INTO @osiris_guard
FROM information_schema.statistics
JOIN information_schema.columns USING (table_schema, table_name, column_name)
WHERE table_schema = 'ward' AND table_name = 'ward_event' AND index_name = 'PRIMARY'

-- protect in a schema, 3
PREPARE osiris_guard
FROM @osiris_guard

-- protect in a schema, 4
EXECUTE osiris_guard

-- protect in a schema, 5
DEALLOCATE PREPARE osiris_guard

-- protect an archive in a schema, 0
CREATE TRIGGER ward.ward_event_append_only_update BEFORE UPDATE ON ward.ward_event FOR EACH ROW IF
    @sqla_osiris_unlocked IS NULL THEN SIGNAL SQLSTATE '45000'
SET MESSAGE_TEXT = 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock
    the log themselves'; END IF

-- protect an archive in a schema, 1
CREATE TRIGGER ward.ward_event_append_only_delete BEFORE DELETE ON ward.ward_event FOR EACH ROW IF
    @sqla_osiris_unlocked IS NULL THEN SIGNAL SQLSTATE '45000'
SET MESSAGE_TEXT = 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock
    the log themselves'; END IF

-- give up in a schema, 0
DROP TABLE IF EXISTS ward.ward_event_guard

-- give up in a schema, 1
DROP TRIGGER IF EXISTS ward.ward_event_append_only_update

-- give up in a schema, 2
DROP TRIGGER IF EXISTS ward.ward_event_append_only_delete

-- unlock in a schema, 0
SET @sqla_osiris_unlocked = 1

-- lock in a schema, 0
SET @sqla_osiris_unlocked = NULL

