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
CREATE TABLE IF NOT EXISTS employee_event_guard (`position` BIGINT, CONSTRAINT employee_event_guard_fk FOREIGN KEY
    (`position`) REFERENCES employee_event (`position`)) ENGINE=InnoDB COMMENT='always empty: it has TRUNCATE refused'

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
CREATE TABLE IF NOT EXISTS ward.ward_event_guard (`position` BIGINT, CONSTRAINT ward_event_guard_fk FOREIGN KEY
    (`position`) REFERENCES ward.ward_event (`position`)) ENGINE=InnoDB COMMENT='always empty: it has TRUNCATE
    refused'

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

