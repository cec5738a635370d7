#!/bin/sh
# Runs the PostgreSQL beside a node, with the programs of any image that has PostgreSQL 15 or later on its PATH.
# The data is in $RAFTGRES_POSTGRES_DIR/data, made when there is none; the settings are the files beside this one.
set -eu
umask 077

folder=${RAFTGRES_POSTGRES_DIR:-/var/lib/raftgres/postgres}
settings=${RAFTGRES_POSTGRES_SETTINGS:-/etc/raftgres}
data=$folder/data
partial=$folder/data.partial
lock_seconds=30

say() { echo "raftgres: $*" >&2; }
die() { say "$*"; exit 1; }

# SIGTERM would have PostgreSQL wait for its clients. A forgotten psql must not make the pod wait and then lose its clean
# end, so PostgreSQL gets SIGINT: open transactions are ended, everything is flushed. Before it runs nothing can be lost.
server=
stop() {
    [ -n "$server" ] || exit 143
    kill -INT "$server" 2>/dev/null || true
}
trap stop TERM INT

# An image's own PG variables (PGDATA, PGPORT) must not decide anything here.
for name in $(env | sed -n 's/^\(PG[A-Z_]*\)=.*/\1/p'); do
    unset "$name"
done
export LC_ALL=C

for program in postgres initdb; do
    command -v "$program" >/dev/null || die "This image has no program '$program' on its PATH. It must have the server" \
        "of PostgreSQL 15 or later, as the official postgres images have: set spec.postgres.image to one of those."
done
version=$(postgres --version) || die "'postgres --version' failed."
major=$(echo "$version" | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
[ "$major" -ge 15 ] || die "This image has PostgreSQL $major; 15 or later is needed. Change spec.postgres.image."

mkdir -p "$folder" || die "$folder cannot be made: the volume must be writable for uid $(id -u)."

# Two servers on one folder destroy it, and process ids say nothing across containers. A server holds the lock for as long
# as any of its processes lives.
locked=
exec 9>>"$folder/lock"
if command -v flock >/dev/null; then
    flock -w "$lock_seconds" 9 || die "Another PostgreSQL runs on $folder and has not ended within $lock_seconds s."
    locked=yes
fi

attempt() {
    "$@" >"$folder/initdb.log" 2>&1 9>&- || { cat "$folder/initdb.log" >&2; die "'$1' failed: no data folder was made."; }
}

initialise() {
    say "making a new PostgreSQL data folder in $data ($version)"
    rm -rf "$partial"
    attempt initdb --pgdata="$partial" --username=raftgres --auth=trust --encoding=UTF8 --locale=C --data-checksums \
        --no-sync --no-instructions
    attempt postgres --single -D "$partial" postgres <<'SQL'
CREATE DATABASE raftgres;
CREATE ROLE raftgres_reader LOGIN CONNECTION LIMIT 10;
ALTER ROLE raftgres_reader SET default_transaction_read_only = on;
ALTER ROLE raftgres_reader SET search_path = raftgres;
SQL
    attempt initdb --sync-only --pgdata="$partial"
    # A renamed folder is whole: what a kill leaves before this is removed by the next start.
    mv "$partial" "$data"
    rm -f "$folder/initdb.log"
}

if [ -f "$data/PG_VERSION" ]; then
    made_by=$(cat "$data/PG_VERSION")
    [ "$made_by" = "$major" ] || die "The data in $data was made by PostgreSQL $made_by; this image has" \
        "PostgreSQL $major, which cannot read it. Nothing was changed. Set spec.postgres.image back to an image of PostgreSQL $made_by." \
        "To go to PostgreSQL $major, change the image, and then, member by member, delete its claim and its pod" \
        "and wait until it is ready: it gets its data from the others."
elif [ -d "$data" ] && [ -n "$(ls -A "$data")" ]; then
    die "$data is neither empty nor a PostgreSQL data folder: it lacks the file PG_VERSION. Nothing was changed." \
        "Delete the claim and the pod of this member: it gets its data from the others."
else
    [ ! -d "$data" ] || rmdir "$data"
    initialise
fi

# A volume's group rights (fsGroup) are given anew when it is mounted; PostgreSQL refuses a folder that others can write.
chmod 700 "$data" || die "$data does not belong to uid $(id -u). The pod must run as the uid that made it."
if [ -n "$locked" ] || [ "$$" -eq 1 ]; then
    # Nothing runs on this folder: the lock says so, or this is the first process of a new container.
    rm -f "$data/postmaster.pid"
fi

postgres -D "$data" -c config_file="$settings/postgresql.conf" -c hba_file="$settings/pg_hba.conf" &
server=$!
code=0
while kill -0 "$server" 2>/dev/null; do
    code=0
    wait "$server" || code=$?
done
exit "$code"
