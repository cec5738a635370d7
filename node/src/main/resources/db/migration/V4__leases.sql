-- Leases: keys that are attached to one are deleted when it ends.

CREATE TABLE raftgres.leases (
    lease       bigint NOT NULL PRIMARY KEY,
    ttl_seconds bigint NOT NULL CHECK (ttl_seconds > 0)
);

-- Keys without a lease are not in it, so replacing their values stays a HOT update.
CREATE INDEX kv_short_lease ON raftgres.kv_short (lease) WHERE lease <> 0;
CREATE INDEX kv_long_lease ON raftgres.kv_long (lease) WHERE lease <> 0;

COMMENT ON TABLE raftgres.leases IS 'The leases that there are. When one expires is known to the leader alone.';
COMMENT ON COLUMN raftgres.leases.ttl_seconds IS 'Time to live, as it was granted.';
