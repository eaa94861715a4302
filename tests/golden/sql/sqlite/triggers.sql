-- protect a log, 0
CREATE TRIGGER IF NOT EXISTS employee_event_append_only_update BEFORE UPDATE ON employee_event BEGIN
SELECT RAISE(ABORT, 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'); END

-- protect a log, 1
CREATE TRIGGER IF NOT EXISTS employee_event_append_only_delete BEFORE DELETE ON employee_event BEGIN
SELECT RAISE(ABORT, 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'); END

-- protect a log, 2
CREATE TRIGGER IF NOT EXISTS employee_event_append_only_insert BEFORE INSERT ON employee_event WHEN EXISTS (
SELECT 1
FROM employee_event
WHERE company = NEW.company AND seq = NEW.seq) OR EXISTS (
SELECT 1
FROM employee_event
WHERE event_id = NEW.event_id) BEGIN
SELECT RAISE(ABORT, 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'); END

-- protect an archive a log, 0
CREATE TRIGGER IF NOT EXISTS employee_event_append_only_update BEFORE UPDATE ON employee_event BEGIN
SELECT RAISE(ABORT, 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'); END

-- protect an archive a log, 1
CREATE TRIGGER IF NOT EXISTS employee_event_append_only_delete BEFORE DELETE ON employee_event BEGIN
SELECT RAISE(ABORT, 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'); END

-- protect an archive a log, 2
CREATE TRIGGER IF NOT EXISTS employee_event_append_only_insert BEFORE INSERT ON employee_event WHEN EXISTS (
SELECT 1
FROM employee_event
WHERE company = NEW.company AND seq = NEW.seq) OR EXISTS (
SELECT 1
FROM employee_event
WHERE event_id = NEW.event_id) BEGIN
SELECT RAISE(ABORT, 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'); END

-- give up a log, 0
DROP TRIGGER IF EXISTS employee_event_append_only_update

-- give up a log, 1
DROP TRIGGER IF EXISTS employee_event_append_only_delete

-- give up a log, 2
DROP TRIGGER IF EXISTS employee_event_append_only_insert

-- unlock a log, 0
DELETE
FROM employee_event
WHERE 0 = 1

-- unlock a log, 1
DROP TRIGGER IF EXISTS employee_event_append_only_update

-- unlock a log, 2
DROP TRIGGER IF EXISTS employee_event_append_only_delete

-- unlock a log, 3
DROP TRIGGER IF EXISTS employee_event_append_only_insert

-- lock a log, 0
CREATE TRIGGER IF NOT EXISTS employee_event_append_only_update BEFORE UPDATE ON employee_event BEGIN
SELECT RAISE(ABORT, 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'); END

-- lock a log, 1
CREATE TRIGGER IF NOT EXISTS employee_event_append_only_delete BEFORE DELETE ON employee_event BEGIN
SELECT RAISE(ABORT, 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'); END

-- lock a log, 2
CREATE TRIGGER IF NOT EXISTS employee_event_append_only_insert BEFORE INSERT ON employee_event WHEN EXISTS (
SELECT 1
FROM employee_event
WHERE company = NEW.company AND seq = NEW.seq) OR EXISTS (
SELECT 1
FROM employee_event
WHERE event_id = NEW.event_id) BEGIN
SELECT RAISE(ABORT, 'employee_event is append-only: append an event that corrects it; archive, erase and migrations
    unlock the log themselves'); END

-- protect in a schema, 0
CREATE TRIGGER IF NOT EXISTS ward.ward_event_append_only_update BEFORE UPDATE ON ward_event BEGIN
SELECT RAISE(ABORT, 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock
    the log themselves'); END

-- protect in a schema, 1
CREATE TRIGGER IF NOT EXISTS ward.ward_event_append_only_delete BEFORE DELETE ON ward_event BEGIN
SELECT RAISE(ABORT, 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock
    the log themselves'); END

-- protect in a schema, 2
CREATE TRIGGER IF NOT EXISTS ward.ward_event_append_only_insert BEFORE INSERT ON ward_event WHEN EXISTS (
SELECT 1
FROM ward_event
WHERE company = NEW.company AND seq = NEW.seq) OR EXISTS (
SELECT 1
FROM ward_event
WHERE event_id = NEW.event_id) BEGIN
SELECT RAISE(ABORT, 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock
    the log themselves'); END

-- protect an archive in a schema, 0
CREATE TRIGGER IF NOT EXISTS ward.ward_event_append_only_update BEFORE UPDATE ON ward_event BEGIN
SELECT RAISE(ABORT, 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock
    the log themselves'); END

-- protect an archive in a schema, 1
CREATE TRIGGER IF NOT EXISTS ward.ward_event_append_only_delete BEFORE DELETE ON ward_event BEGIN
SELECT RAISE(ABORT, 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock
    the log themselves'); END

-- protect an archive in a schema, 2
CREATE TRIGGER IF NOT EXISTS ward.ward_event_append_only_insert BEFORE INSERT ON ward_event WHEN EXISTS (
SELECT 1
FROM ward_event
WHERE company = NEW.company AND seq = NEW.seq) OR EXISTS (
SELECT 1
FROM ward_event
WHERE event_id = NEW.event_id) BEGIN
SELECT RAISE(ABORT, 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock
    the log themselves'); END

-- give up in a schema, 0
DROP TRIGGER IF EXISTS ward.ward_event_append_only_update

-- give up in a schema, 1
DROP TRIGGER IF EXISTS ward.ward_event_append_only_delete

-- give up in a schema, 2
DROP TRIGGER IF EXISTS ward.ward_event_append_only_insert

-- unlock in a schema, 0
DELETE
FROM ward.ward_event
WHERE 0 = 1

-- unlock in a schema, 1
DROP TRIGGER IF EXISTS ward.ward_event_append_only_update

-- unlock in a schema, 2
DROP TRIGGER IF EXISTS ward.ward_event_append_only_delete

-- unlock in a schema, 3
DROP TRIGGER IF EXISTS ward.ward_event_append_only_insert

-- lock in a schema, 0
CREATE TRIGGER IF NOT EXISTS ward.ward_event_append_only_update BEFORE UPDATE ON ward_event BEGIN
SELECT RAISE(ABORT, 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock
    the log themselves'); END

-- lock in a schema, 1
CREATE TRIGGER IF NOT EXISTS ward.ward_event_append_only_delete BEFORE DELETE ON ward_event BEGIN
SELECT RAISE(ABORT, 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock
    the log themselves'); END

-- lock in a schema, 2
CREATE TRIGGER IF NOT EXISTS ward.ward_event_append_only_insert BEFORE INSERT ON ward_event WHEN EXISTS (
SELECT 1
FROM ward_event
WHERE company = NEW.company AND seq = NEW.seq) OR EXISTS (
SELECT 1
FROM ward_event
WHERE event_id = NEW.event_id) BEGIN
SELECT RAISE(ABORT, 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock
    the log themselves'); END

