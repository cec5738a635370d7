-- Its block of exceptions begins a subtransaction, which PostgreSQL refuses while a query runs in parallel.
ALTER FUNCTION raftgres.as_text(bytea) PARALLEL UNSAFE;
