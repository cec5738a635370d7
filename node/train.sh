#!/bin/sh
# train.sh DIRECTORY: runs the node while its image is built. The JVM records the classes that a start loads, as an AOT cache in
# DIRECTORY/node.aot. The first run has the jars of /tmp/embedded, which the image does not have, and unpacks PostgreSQL's
# programs from them. The second run is as in the image, with a PostgreSQL of these programs. If PostgreSQL does not start, the
# cache has fewer classes. If there is no cache, DIRECTORY stays empty, and nodes start slower.
set -u
image=/opt/raftgres
directory=$1
work=$directory.work
mkdir -p "$directory" "$work"
grep -v -e AOTCache -e Xlog "$image/jvm.options" >"$work/options"
echo "-Duser.home=$work" >>"$work/options"
# The build may share the machine's network, where another program may use the default port.
port=$((20000 + $(date +%s) % 20000))

export RAFTGRES_DATA_DIR="$work/data" RAFTGRES_PEER_LISTEN=127.0.0.1:0 RAFTGRES_ETCD_PORT=0 QUARKUS_HTTP_HOST=127.0.0.1 \
    QUARKUS_HTTP_PORT=0

# await SECONDS PID CONDITION...: waits until the condition holds. Fails if the process ends or the time is up before that.
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

# end PID SECONDS: sends SIGTERM, waits, and sends SIGKILL
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
unpack_postgres && start_postgres || echo "PostgreSQL did not start: the cache will have fewer classes. See the logs in $work."

RAFTGRES_POSTGRES_URL=jdbc:postgresql://127.0.0.1:$port/raftgres \
    java "@$work/options" "-XX:AOTCacheOutput=$work/node.aot" -jar "$image/quarkus-run.jar" >"$work/log" 2>&1 &
node=$!
await 60 "$node" says 'Listening on' "$work/log"
if [ -n "$postgres" ]; then
    await 60 "$node" says 'now leader' "$work/log"
else
    # The node opens its log, and tries to reach PostgreSQL.
    sleep 3
fi
end "$node" 120
[ -z "$postgres" ] || kill -INT "$postgres" 2>/dev/null

if [ -s "$work/node.aot" ]; then
    mv "$work/node.aot" "$directory/"
    ls -l "$directory/node.aot"
else
    echo "The JVM wrote no AOT cache; nodes start without one. The end of the node's log:"
    tail -n 20 "$work/log"
fi
exit 0
