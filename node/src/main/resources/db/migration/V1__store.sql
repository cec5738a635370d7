-- The store of one member. The node alone writes; people read through the views and functions at the end.

-- B-tree entries hold 2,704 bytes at most, keys may be longer. Long keys are rare and have a table of their own, so that
-- all others have a plain primary key. No index but the key's: replacing a value then is a HOT update, which writes no
-- index. The fill factor leaves room for it on the page.
CREATE TABLE raftgres.kv_short (
    key             bytea  NOT NULL PRIMARY KEY CHECK (octet_length(key) <= 2048),
    create_revision bigint NOT NULL,
    mod_revision    bigint NOT NULL,
    version         bigint NOT NULL,
    lease           bigint NOT NULL,
    value           bytea  NOT NULL
) WITH (fillfactor = 85);

CREATE TABLE raftgres.kv_long (
    key             bytea  NOT NULL CHECK (octet_length(key) > 2048),
    create_revision bigint NOT NULL,
    mod_revision    bigint NOT NULL,
    version         bigint NOT NULL,
    lease           bigint NOT NULL,
    value           bytea  NOT NULL
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX kv_long_key ON raftgres.kv_long (substring(key FROM 1 FOR 1024), sha256(key));

-- Rows that were replaced or deleted; append-only. Partitions are by end_revision, so that compaction drops whole ones.
CREATE TABLE raftgres.kv_history (
    key             bytea   NOT NULL,
    create_revision bigint  NOT NULL,
    mod_revision    bigint  NOT NULL,
    version         bigint  NOT NULL,
    lease           bigint  NOT NULL,
    value           bytea   NOT NULL,
    end_revision    bigint  NOT NULL,
    deleted         boolean NOT NULL
) PARTITION BY RANGE (end_revision);
CREATE INDEX kv_history_end ON raftgres.kv_history
    USING brin (end_revision) WITH (pages_per_range = 32, autosummarize = on);

-- Values are mostly small or compressed already; compressing them again costs more than it saves.
ALTER TABLE raftgres.kv_short ALTER COLUMN value SET STORAGE EXTERNAL;
ALTER TABLE raftgres.kv_long ALTER COLUMN value SET STORAGE EXTERNAL;
ALTER TABLE raftgres.kv_history ALTER COLUMN value SET STORAGE EXTERNAL;

CREATE TABLE raftgres.state (
    only_row           boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (only_row),
    cluster_id         bigint,
    member_id          bigint,
    applied_index      bigint  NOT NULL,
    applied_term       bigint  NOT NULL,
    revision           bigint  NOT NULL,
    compacted_revision bigint  NOT NULL,
    hash               bigint  NOT NULL,
    clock_millis       bigint  NOT NULL
) WITH (fillfactor = 10);
INSERT INTO raftgres.state VALUES (true, NULL, NULL, 0, 0, 1, 0, 0, 0);

CREATE TABLE raftgres.tokens (
    clock_millis bigint NOT NULL,
    last_index   bigint NOT NULL,
    bytes        bytea  NOT NULL,
    PRIMARY KEY (clock_millis, last_index)
);

-- For people.

CREATE VIEW raftgres.kv AS
    SELECT key, value, create_revision, mod_revision, version, lease FROM raftgres.kv_short
    UNION ALL
    SELECT key, value, create_revision, mod_revision, version, lease FROM raftgres.kv_long;

CREATE VIEW raftgres.history AS
    SELECT key, value, create_revision, mod_revision, version, lease, end_revision, deleted FROM raftgres.kv_history;

CREATE FUNCTION raftgres.as_text(bytes bytea) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN convert_from(bytes, 'UTF8');
EXCEPTION
    -- Not UTF-8, or a zero byte, which text cannot hold.
    WHEN character_not_in_repertoire OR untranslatable_character THEN
        RETURN '\x' || encode(bytes, 'hex');
END
$$;

CREATE VIEW raftgres.kv_text AS
    SELECT raftgres.as_text(key) AS key, raftgres.as_text(value) AS value, create_revision, mod_revision, version, lease
    FROM raftgres.kv;

CREATE VIEW raftgres.status AS
    SELECT s.revision, s.compacted_revision, s.applied_index, s.applied_term, s.hash,
           to_timestamp(s.clock_millis / 1000.0) AS clock,
           to_hex(s.cluster_id) AS cluster_id, to_hex(s.member_id) AS member_id
    FROM raftgres.state s;

CREATE FUNCTION raftgres.kv_at(at_revision bigint)
    RETURNS TABLE (key bytea, value bytea, create_revision bigint, mod_revision bigint, version bigint, lease bigint)
    LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    s raftgres.state;
BEGIN
    SELECT * INTO s FROM raftgres.state;
    IF at_revision < s.compacted_revision THEN
        RAISE EXCEPTION 'revision % has been compacted; the oldest that can be read is %',
            at_revision, s.compacted_revision USING ERRCODE = 'snapshot_too_old';
    ELSIF at_revision > s.revision THEN
        RAISE EXCEPTION 'revision % is in the future; this member shows revision %', at_revision, s.revision
            USING ERRCODE = 'numeric_value_out_of_range', HINT = 'raftgres.wait_for(revision) waits for it.';
    END IF;
    RETURN QUERY
        SELECT k.key, k.value, k.create_revision, k.mod_revision, k.version, k.lease
        FROM raftgres.kv k WHERE k.mod_revision <= at_revision
        UNION ALL
        SELECT h.key, h.value, h.create_revision, h.mod_revision, h.version, h.lease
        FROM raftgres.kv_history h WHERE h.mod_revision <= at_revision AND h.end_revision > at_revision;
END
$$;

CREATE FUNCTION raftgres.wait_for(wanted_revision bigint, timeout interval DEFAULT '10 seconds') RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT AS $$
DECLARE
    shown    bigint;
    deadline timestamptz := clock_timestamp() + timeout;
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'in a % transaction nothing new ever shows', current_setting('transaction_isolation')
            USING ERRCODE = 'invalid_transaction_state', HINT = 'Call it before BEGIN.';
    END IF;
    LOOP
        SELECT revision INTO shown FROM raftgres.state;
        IF shown >= wanted_revision THEN
            RETURN shown;
        ELSIF clock_timestamp() >= deadline THEN
            RAISE EXCEPTION 'this member shows revision %, not yet %, after %', shown, wanted_revision, timeout
                USING ERRCODE = 'query_canceled';
        END IF;
        PERFORM pg_sleep(0.005);
    END LOOP;
END
$$;

COMMENT ON SCHEMA raftgres IS 'The data of this member of the Raftgres cluster. For reading: the node alone writes.';
COMMENT ON VIEW raftgres.kv IS 'The live keys as this member has applied them, one row each. Revisions are etcd''s.';
COMMENT ON COLUMN raftgres.kv.create_revision IS 'Revision that created the key.';
COMMENT ON COLUMN raftgres.kv.mod_revision IS 'Revision of the last put.';
COMMENT ON COLUMN raftgres.kv.version IS 'Puts since the key was created, from 1.';
COMMENT ON COLUMN raftgres.kv.lease IS 'Lease the key is attached to; 0: none.';
COMMENT ON VIEW raftgres.kv_text IS
    'The live keys, keys and values as text where they are UTF-8, as \x and hexadecimal digits where not. To look up one '
    'key fast ask raftgres.kv: WHERE key = convert_to(''name'', ''UTF8'').';
COMMENT ON VIEW raftgres.history IS
    'Rows that were replaced or deleted: each was current from mod_revision on and before end_revision.';
COMMENT ON COLUMN raftgres.history.end_revision IS 'Revision that replaced or deleted the row.';
COMMENT ON COLUMN raftgres.history.deleted IS 'Whether that was a delete.';
COMMENT ON VIEW raftgres.status IS
    'Which revision and log index this member shows. hash: sum over the live rows of the first 8 bytes of sha256(int4 key '
    'length, key, int8 create_revision, mod_revision, version, lease, value), modulo 2^64; equal on members at one index.';
COMMENT ON FUNCTION raftgres.as_text(bytea) IS 'Text of UTF-8 bytes; \x and hexadecimal digits of others.';
COMMENT ON FUNCTION raftgres.kv_at(bigint) IS
    'The live keys as they were at a revision; an error when that is compacted or has not happened yet.';
COMMENT ON FUNCTION raftgres.wait_for(bigint, interval) IS
    'Waits until this member shows a revision and returns the one that it shows; an error after the timeout. Call it in a '
    'statement of its own, before the query that is to see the revision.';
COMMENT ON TABLE raftgres.kv_short IS 'Live keys of up to 2,048 bytes; read raftgres.kv.';
COMMENT ON TABLE raftgres.kv_long IS 'Live keys of more than 2,048 bytes; read raftgres.kv.';
COMMENT ON TABLE raftgres.kv_history IS 'Replaced and deleted rows; read raftgres.history.';
COMMENT ON TABLE raftgres.state IS 'One row: how far this member is; read raftgres.status.';
COMMENT ON TABLE raftgres.tokens IS 'Idempotency tokens of requests, in the node''s own encoding, until they expire.';

-- The reader. An external PostgreSQL may not let us make roles; then its administrator does, and grants.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'raftgres_reader')
            AND (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) THEN
        CREATE ROLE raftgres_reader LOGIN;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'raftgres_reader') THEN
        GRANT USAGE ON SCHEMA raftgres TO raftgres_reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA raftgres TO raftgres_reader;
        ALTER DEFAULT PRIVILEGES IN SCHEMA raftgres GRANT SELECT ON TABLES TO raftgres_reader;
    END IF;
END
$$;
