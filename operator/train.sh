#!/bin/sh
# train.sh DIRECTORY: runs the operator while its image is built. The JVM records the classes that a start loads, as an AOT cache
# in DIRECTORY/operator.aot. There is no Kubernetes, so the operator only tries to reach one, until this script stops it. If
# there is no cache, DIRECTORY stays empty, and the operator starts slower.
set -u
directory=$1
work=$directory.work
mkdir -p "$directory" "$work"
grep -v -e AOTCache -e Xlog /opt/raftgres/jvm.options >"$work/options"

QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=0 KUBERNETES_MASTER=https://127.0.0.1:1 KUBERNETES_NAMESPACE=none \
    java "@$work/options" "-XX:AOTCacheOutput=$work/operator.aot" -jar /opt/raftgres/quarkus-run.jar >"$work/log" 2>&1 &
operator=$!

waited=0
while kill -0 "$operator" 2>/dev/null && [ "$waited" -lt 90 ]; do
    sleep 1
    waited=$((waited + 1))
    [ "$waited" -ne 10 ] || kill -TERM "$operator"
done
kill -KILL "$operator" 2>/dev/null

if [ -s "$work/operator.aot" ]; then
    mv "$work/operator.aot" "$directory/"
    ls -l "$directory/operator.aot"
else
    echo "The JVM wrote no AOT cache; the operator starts without one. The end of its log:"
    tail -n 20 "$work/log"
fi
exit 0
