/**
 * Runs etcd's own {@code benchmark} program against an etcd and against Raftgres, with the same requests in one run.
 *
 * <p>Begin with {@link Comparison}, then {@link BenchmarkCall} and {@link Target}.
 *
 * <p>May use: {@code bench, bench.report, bench.suite, cli.local}.
 *
 * <p>One thread owns all state. Only one of the two systems runs at a time, because an idle cluster still takes
 * processor time from the other. The first pass through all workloads is the warm-up and does not count.
 */
package io.raftgres.bench.etcd;
