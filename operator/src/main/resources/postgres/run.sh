#!/bin/sh
# Runs the PostgreSQL of a node, with the programs of any image that has PostgreSQL 15 or later on its PATH.
# The data is in $RAFTGRES_POSTGRES_DIR/data; the script makes it if there is none. The settings are in this script's directory.
set -eu
umask 077

directory=${RAFTGRES_POSTGRES_DIR:-/var/lib/raftgres/postgres}
settings=${RAFTGRES_POSTGRES_SETTINGS:-/etc/raftgres}
data=$directory/data
partial=$directory/data.partial
lock_seconds=30

say() { echo "raftgres: $*" >&2; }
die() { say "$*"; exit 1; }

# On SIGTERM PostgreSQL would wait for its clients. A forgotten psql would then delay the pod's end until Kubernetes kills it. So
# PostgreSQL gets SIGINT: it ends open transactions and flushes everything. Before PostgreSQL runs, nothing can be lost.
server=
stop() {
    [ -n "$server" ] || exit 143
    kill -INT "$server" 2>/dev/null || true
}
trap stop TERM INT

# The image's own PG variables (PGDATA, PGPORT) must have no effect here.
for name in $(env | sed -n 's/^\(PG[A-Z_]*\)=.*/\1/p'); do
    unset "$name"
done
export LC_ALL=C

for program in postgres initdb; do
    command -v "$program" >/dev/null || die "This image has no program '$program' on its PATH. It must have the server" \
        "of PostgreSQL 15 or later, as the official postgres images do. Set spec.postgres.image to one of these."
done
version=$(postgres --version) || die "'postgres --version' failed, so the image cannot run here. Change spec.postgres.image."
major=$(echo "$version" | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
[ "$major" -ge 15 ] || die "This image has PostgreSQL $major; 15 or later is needed. Change spec.postgres.image."

# PostgreSQL needs a name for its uid. Where Kubernetes assigns the uid (OpenShift), the runtime adds a line to /etc/passwd. Where
# it does not, a library of the official images gives the name.
if ! id -un >/dev/null 2>&1; then
    for wrapper in /usr/lib/*/libnss_wrapper.so /usr/lib/libnss_wrapper.so /usr/lib64/libnss_wrapper.so; do
        if [ -s "$wrapper" ] && [ ! -e "${LD_PRELOAD:-}" ]; then
            echo "raftgres:x:$(id -u):$(id -g):Raftgres:$directory:/bin/sh" >/tmp/passwd
            echo "raftgres:x:$(id -g):" >/tmp/group
            export LD_PRELOAD="$wrapper" NSS_WRAPPER_PASSWD=/tmp/passwd NSS_WRAPPER_GROUP=/tmp/group
        fi
    done
    id -un >/dev/null 2>&1 || die "The uid $(id -u) has no line in /etc/passwd, which PostgreSQL needs. Set" \
        "spec.podTemplate.spec.securityContext.runAsUser to a uid of the image, or use the image postgres."
fi

mkdir -p "$directory" || die "The directory $directory cannot be made. The volume must be writable for uid $(id -u)."

# Two servers on one directory destroy the data, and process ids mean nothing in another container. A server holds the lock while
# any of its processes lives.
locked=
exec 9>>"$directory/lock"
if command -v flock >/dev/null; then
    flock -w "$lock_seconds" 9 || die "Another PostgreSQL still uses $directory after $lock_seconds s. Kubernetes tries again."
    locked=yes
fi

attempt() {
    "$@" >"$directory/initdb.log" 2>&1 9>&- || { cat "$directory/initdb.log" >&2; die "'$1' failed; its output is above. No data directory was made."; }
}

initialise() {
    say "making a new PostgreSQL data directory $data ($version)"
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
    # A directory with the final name is complete. The next start removes what a kill before this line leaves.
    mv "$partial" "$data"
    rm -f "$directory/initdb.log"
}

if [ -f "$data/PG_VERSION" ]; then
    made_by=$(cat "$data/PG_VERSION")
    [ "$made_by" = "$major" ] || die "The data in $data was made by PostgreSQL $made_by; this image has" \
        "PostgreSQL $major, which cannot read it. Nothing was changed. Set spec.postgres.image back to an image of PostgreSQL $made_by." \
        "To go to PostgreSQL $major, change the image. Then delete one member's claim and pod, wait until it is ready" \
        "with the data of the others, and do the same with the next member."
elif [ -d "$data" ] && [ -n "$(ls -A "$data")" ]; then
    die "$data is neither empty nor a PostgreSQL data directory: it has no file PG_VERSION. Nothing was changed." \
        "Delete the claim and the pod of this member; it gets its data from the others."
else
    [ ! -d "$data" ] || rmdir "$data"
    initialise
fi

# At each mount, Kubernetes gives the group rights to the volume (fsGroup). PostgreSQL refuses a directory that others can write.
chmod 700 "$data" || die "$data does not belong to uid $(id -u). The pod must run as the uid that made the directory."
if [ -n "$locked" ] || [ "$$" -eq 1 ]; then
    # No server uses this directory: this script has the lock, or it is the first process of a new container.
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
