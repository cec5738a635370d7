-- A cluster's life: who belongs to it, and states that came as a snapshot from another member.

-- The membership as of the applied index. In one transaction with the rows, so that a snapshot has one that fits them.
CREATE TABLE raftgres.members (
    member_id      bigint  NOT NULL PRIMARY KEY,
    name           text,
    voter          boolean,
    peer_address   text,
    client_address text,
    removed        boolean NOT NULL DEFAULT false,
    CHECK (removed
        OR (name IS NOT NULL AND voter IS NOT NULL AND peer_address IS NOT NULL AND client_address IS NOT NULL))
);

ALTER TABLE raftgres.state ADD COLUMN snapshot_index bigint NOT NULL DEFAULT 0;
ALTER TABLE raftgres.state ADD COLUMN snapshot_term  bigint NOT NULL DEFAULT 0;

COMMENT ON TABLE raftgres.members IS
    'The members of the cluster as of the log index that raftgres.status shows, and those that were removed for ever.';
COMMENT ON COLUMN raftgres.members.member_id IS 'Identity for ever; to_hex(member_id) is what the API calls it.';
COMMENT ON COLUMN raftgres.members.voter IS 'Whether it counts in quorums; otherwise a learner.';
COMMENT ON COLUMN raftgres.members.peer_address IS 'host:port where the other members reach it.';
COMMENT ON COLUMN raftgres.members.client_address IS 'URL where clients reach it.';
COMMENT ON COLUMN raftgres.members.removed IS 'Removed from the cluster: all other columns are empty.';
COMMENT ON COLUMN raftgres.state.snapshot_index IS
    'Log index of the snapshot that this state began with; 0: it began empty.';
COMMENT ON COLUMN raftgres.state.snapshot_term IS 'Term at snapshot_index.';
