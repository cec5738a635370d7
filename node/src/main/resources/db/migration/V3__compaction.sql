-- Compaction drops partitions of the history while others read.

-- The compacted revision as of the last drop. A sequence, because it shows its newest value whatever the snapshot: a
-- transaction that began before the drop no longer finds the rows, but its snapshot's state says nothing of it.
CREATE SEQUENCE raftgres.history_dropped MINVALUE 0 START 0;

-- With the owner's rights: grants on all tables leave sequences out.
CREATE FUNCTION raftgres.history_floor() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS
    'SELECT last_value FROM raftgres.history_dropped';

-- The error's code as digits: PostgreSQL 17 no longer knows the name snapshot_too_old, and said that instead.
CREATE OR REPLACE FUNCTION raftgres.kv_at(at_revision bigint)
    RETURNS TABLE (key bytea, value bytea, create_revision bigint, mod_revision bigint, version bigint, lease bigint)
    LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    s     raftgres.state;
    floor bigint;
BEGIN
    SELECT * INTO s FROM raftgres.state;
    IF at_revision < s.compacted_revision THEN
        RAISE EXCEPTION 'revision % has been compacted; the oldest that can be read is %',
            at_revision, s.compacted_revision USING ERRCODE = '72000';
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
    -- Asked after the rows were read: what has been dropped since, was there.
    floor := raftgres.history_floor();
    IF at_revision < floor THEN
        RAISE EXCEPTION 'revision % has been compacted; the oldest that can be read is %', at_revision, floor
            USING ERRCODE = '72000', HINT = 'It was compacted after this transaction began.';
    END IF;
END
$$;

COMMENT ON SEQUENCE raftgres.history_dropped IS 'The compacted revision as of the last drop of history.';
COMMENT ON FUNCTION raftgres.history_floor() IS
    'The compacted revision as of the last drop of history, also for transactions that began before it.';
