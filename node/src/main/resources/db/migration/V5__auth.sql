-- Users, roles and their permissions, in the node's own encoding. Not for the reader: passwords' hashes are among them.

CREATE TABLE raftgres.auth (
    kind smallint NOT NULL,
    name bytea    NOT NULL,
    data bytea    NOT NULL,
    PRIMARY KEY (kind, name)
);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'raftgres_reader') THEN
        REVOKE ALL ON raftgres.auth FROM raftgres_reader;
    END IF;
END
$$;

COMMENT ON TABLE raftgres.auth IS 'Users, roles and the revision of them all, in the node''s own encoding.';
COMMENT ON COLUMN raftgres.auth.kind IS '0: the revision, 1: a user, 2: a role.';
