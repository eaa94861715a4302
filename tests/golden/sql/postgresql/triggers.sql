-- protect a log, 0
CREATE OR REPLACE FUNCTION employee_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $osiris$
BEGIN
    IF current_setting('sqla_osiris.unlocked', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'employee_event is append-only: append an event that corrects it; archive, erase and migrations unlock the log themselves';
END
$osiris$

-- protect a log, 1
CREATE TRIGGER osiris_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON employee_event FOR EACH STATEMENT EXECUTE
    FUNCTION employee_event_append_only()

-- protect an archive a log, 0
CREATE OR REPLACE FUNCTION employee_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $osiris$
BEGIN
    IF current_setting('sqla_osiris.unlocked', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'employee_event is append-only: append an event that corrects it; archive, erase and migrations unlock the log themselves';
END
$osiris$

-- protect an archive a log, 1
CREATE TRIGGER osiris_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON employee_event FOR EACH STATEMENT EXECUTE
    FUNCTION employee_event_append_only()

-- give up a log, 0
DROP TRIGGER IF EXISTS osiris_append_only ON employee_event

-- give up a log, 1
DROP FUNCTION IF EXISTS employee_event_append_only()

-- unlock a log, 0
SELECT set_config('sqla_osiris.unlocked', 'on', true)

-- lock a log, 0
SELECT set_config('sqla_osiris.unlocked', '', true)

-- notify a log, 0
CREATE OR REPLACE FUNCTION employee_event_notify() RETURNS trigger LANGUAGE plpgsql AS $osiris$
BEGIN
    PERFORM pg_notify('sqla_osiris', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME);
    RETURN NULL;
END
$osiris$

-- notify a log, 1
CREATE TRIGGER osiris_notify AFTER
INSERT ON employee_event FOR EACH STATEMENT EXECUTE FUNCTION employee_event_notify()

-- silence a log, 0
DROP TRIGGER IF EXISTS osiris_notify ON employee_event

-- silence a log, 1
DROP FUNCTION IF EXISTS employee_event_notify()

-- protect in a schema, 0
CREATE OR REPLACE FUNCTION ward.ward_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $osiris$
BEGIN
    IF current_setting('sqla_osiris.unlocked', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock the log themselves';
END
$osiris$

-- protect in a schema, 1
CREATE TRIGGER osiris_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ward.ward_event FOR EACH STATEMENT EXECUTE
    FUNCTION ward.ward_event_append_only()

-- protect an archive in a schema, 0
CREATE OR REPLACE FUNCTION ward.ward_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $osiris$
BEGIN
    IF current_setting('sqla_osiris.unlocked', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'ward_event is append-only: append an event that corrects it; archive, erase and migrations unlock the log themselves';
END
$osiris$

-- protect an archive in a schema, 1
CREATE TRIGGER osiris_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ward.ward_event FOR EACH STATEMENT EXECUTE
    FUNCTION ward.ward_event_append_only()

-- give up in a schema, 0
DROP TRIGGER IF EXISTS osiris_append_only ON ward.ward_event

-- give up in a schema, 1
DROP FUNCTION IF EXISTS ward.ward_event_append_only()

-- unlock in a schema, 0
SELECT set_config('sqla_osiris.unlocked', 'on', true)

-- lock in a schema, 0
SELECT set_config('sqla_osiris.unlocked', '', true)

-- notify in a schema, 0
CREATE OR REPLACE FUNCTION ward.ward_event_notify() RETURNS trigger LANGUAGE plpgsql AS $osiris$
BEGIN
    PERFORM pg_notify('sqla_osiris', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME);
    RETURN NULL;
END
$osiris$

-- notify in a schema, 1
CREATE TRIGGER osiris_notify AFTER
INSERT ON ward.ward_event FOR EACH STATEMENT EXECUTE FUNCTION ward.ward_event_notify()

-- silence in a schema, 0
DROP TRIGGER IF EXISTS osiris_notify ON ward.ward_event

-- silence in a schema, 1
DROP FUNCTION IF EXISTS ward.ward_event_notify()

