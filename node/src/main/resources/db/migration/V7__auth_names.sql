-- An entry of an index holds 2,704 bytes. Names of users and roles that older releases took into the log may be longer,
-- and what is in the log has to find its place.

ALTER TABLE raftgres.auth DROP CONSTRAINT auth_pkey;
CREATE UNIQUE INDEX auth_name ON raftgres.auth (kind, sha256(name));
