#!/bin/sh
# train.sh FOLDER: runs the operator in an image that is being made, so that the JVM records what a start loads, into
# FOLDER/operator.aot. There is no Kubernetes here: it goes as far as it can and is ended. A cache is only that: without
# one FOLDER stays empty, and the operator starts slower.
set -u
folder=$1
work=$folder.work
mkdir -p "$folder" "$work"
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
    mv "$work/operator.aot" "$folder/"
    ls -l "$folder/operator.aot"
else
    echo "No cache was made; the operator starts without. The end of its log:"
    tail -n 20 "$work/log"
fi
exit 0
