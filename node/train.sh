#!/bin/sh
# train.sh FOLDER: runs the node in an image that is being made, so that the JVM records what a start loads, into
# FOLDER/node.aot. The node is first run with the jars in /tmp/embedded, which the image does not have, to get programs of
# PostgreSQL out of them; then without, as in the image, on a PostgreSQL of these programs. A cache is only that: without
# PostgreSQL it has less in it, and without any, FOLDER stays empty, and nodes start slower.
set -u
image=/opt/raftgres
folder=$1
work=$folder.work
mkdir -p "$folder" "$work"
grep -v -e AOTCache -e Xlog "$image/jvm.options" >"$work/options"
echo "-Duser.home=$work" >>"$work/options"
# Where networks are not separate, others may have the usual port.
port=$((20000 + $(date +%s) % 20000))

export RAFTGRES_DATA_DIR="$work/data" RAFTGRES_PEER_LISTEN=127.0.0.1:0 RAFTGRES_ETCD_PORT=0 QUARKUS_HTTP_HOST=127.0.0.1 \
    QUARKUS_HTTP_PORT=0

# await SECONDS PID CONDITION...: until it holds, the process is gone, or time is up. Fails when it does not hold.
await() {
    seconds=$1 process=$2
    shift 2
    until "$@"; do
        kill -0 "$process" 2>/dev/null && [ "$seconds" -gt 0 ] || return 1
        sleep 1
        seconds=$((seconds - 1))
    done
}
says() { grep -q "$1" "$2"; }
never() { false; }

# end PID SECONDS: asks it to end, and insists later
end() {
    kill -TERM "$1" 2>/dev/null
    await "$2" "$1" never
    kill -KILL "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

unpack_postgres() {
    cp -r "$image" "$work/embedded" && cp /tmp/embedded/*.jar "$work/embedded/lib/main/" || return 1
    RAFTGRES_DATA_DIR=$work/unpacking RAFTGRES_POSTGRES_PORT=$port \
        java "@$work/options" -jar "$work/embedded/quarkus-run.jar" >"$work/unpacking.log" 2>&1 &
    unpacking=$!
    await 90 "$unpacking" says 'has started' "$work/unpacking.log"
    end "$unpacking" 30
    programs=$(echo "$work"/.cache/raftgres/postgresql-*/bin)
    [ -x "$programs/postgres" ]
}

start_postgres() {
    "$programs/initdb" --pgdata="$work/postgres" --username=raftgres --auth=trust --encoding=UTF8 --locale=C --no-sync \
        >"$work/initdb.log" 2>&1 || return 1
    echo 'CREATE DATABASE raftgres' | "$programs/postgres" --single -D "$work/postgres" postgres >>"$work/initdb.log" \
        2>&1 || return 1
    "$programs/postgres" -D "$work/postgres" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories='' \
        >"$work/postgres.log" 2>&1 &
    postgres=$!
    await 30 "$postgres" says 'ready to accept' "$work/postgres.log"
}

postgres=
unpack_postgres && start_postgres || echo "No PostgreSQL to record with; the cache has less in it."

RAFTGRES_POSTGRES_URL=jdbc:postgresql://127.0.0.1:$port/raftgres \
    java "@$work/options" "-XX:AOTCacheOutput=$work/node.aot" -jar "$image/quarkus-run.jar" >"$work/log" 2>&1 &
node=$!
await 60 "$node" says 'Listening on' "$work/log"
if [ -n "$postgres" ]; then
    await 60 "$node" says 'now leader' "$work/log"
else
    # It opens its log, and tries to reach PostgreSQL.
    sleep 3
fi
end "$node" 120
[ -z "$postgres" ] || kill -INT "$postgres" 2>/dev/null

if [ -s "$work/node.aot" ]; then
    mv "$work/node.aot" "$folder/"
    ls -l "$folder/node.aot"
else
    echo "No cache was made; nodes start without. The end of its log:"
    tail -n 20 "$work/log"
fi
exit 0
