#!/bin/sh
# train.sh FOLDER: runs the node in an image that is being made, so that the JVM records what a start loads, into
# FOLDER/node.aot. There is no PostgreSQL here: what the node does until it needs one is most of a start. A cache is only
# that: without one FOLDER stays empty, and nodes start slower.
set -u
folder=$1
work=$folder.work
seconds_max=120
mkdir -p "$folder" "$work"
grep -v -e AOTCache -e Xlog /opt/raftgres/jvm.options >"$work/options"

RAFTGRES_DATA_DIR=$work/data RAFTGRES_PEER_LISTEN=127.0.0.1:0 QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=0 \
    RAFTGRES_POSTGRES_URL=jdbc:postgresql://127.0.0.1:1/none \
    java "@$work/options" "-XX:AOTCacheOutput=$work/node.aot" -jar /opt/raftgres/quarkus-run.jar >"$work/log" 2>&1 &
node=$!

# await CONDITION...: until it holds, the node is gone, or time is up
await() {
    while ! "$@" && kill -0 "$node" 2>/dev/null && [ "$seconds_max" -gt 0 ]; do
        sleep 1
        seconds_max=$((seconds_max - 1))
    done
}
listens() { grep -q 'Listening on' "$work/log"; }

await listens
# It opens its log, and tries to reach PostgreSQL.
sleep 3
kill -TERM "$node" 2>/dev/null
await false
kill -KILL "$node" 2>/dev/null

if [ -s "$work/node.aot" ]; then
    mv "$work/node.aot" "$folder/"
    ls -l "$folder/node.aot"
else
    echo "No cache was made; nodes start without. The end of its log:"
    tail -n 20 "$work/log"
fi
exit 0
