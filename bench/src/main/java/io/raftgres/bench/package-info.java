/**
 * Reads the command line of {@code raftgres bench} and runs the suite, the comparison with etcd, or a single load.
 *
 * <p>Begin with {@link Main}, then {@link SuiteOptions} and {@link LoadCommand}.
 *
 * <p>May use: {@code bench.etcd, bench.load, bench.report, bench.suite, cli.local}.
 *
 * <p>{@link Format} and {@link Json} are stateless; the packages below use them too.
 */
package io.raftgres.bench;
