-- Which kinds of entries the cluster's log may hold: raised when every member can read them.
ALTER TABLE raftgres.state ADD COLUMN cluster_version integer NOT NULL DEFAULT 0;

CREATE OR REPLACE VIEW raftgres.status AS
    SELECT s.revision, s.compacted_revision, s.applied_index, s.applied_term, s.hash,
           to_timestamp(s.clock_millis / 1000.0) AS clock,
           to_hex(s.cluster_id) AS cluster_id, to_hex(s.member_id) AS member_id, s.cluster_version
    FROM raftgres.state s;
