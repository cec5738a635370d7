-- Under load autovacuum spent a tenth of PostgreSQL's time on statistics that no plan turns on: rows are found by their
-- keys. None of the values, and of the rest samples a tenth as large as usual.

ALTER TABLE raftgres.kv_short
    ALTER COLUMN value SET STATISTICS 0,
    ALTER COLUMN key SET STATISTICS 10,
    ALTER COLUMN create_revision SET STATISTICS 10,
    ALTER COLUMN mod_revision SET STATISTICS 10,
    ALTER COLUMN version SET STATISTICS 10,
    ALTER COLUMN lease SET STATISTICS 10;
ALTER TABLE raftgres.kv_long
    ALTER COLUMN value SET STATISTICS 0,
    ALTER COLUMN key SET STATISTICS 10,
    ALTER COLUMN create_revision SET STATISTICS 10,
    ALTER COLUMN mod_revision SET STATISTICS 10,
    ALTER COLUMN version SET STATISTICS 10,
    ALTER COLUMN lease SET STATISTICS 10;
