/**
 * Writes the results of a run as text for a terminal, as JSON and as an HTML page.
 *
 * <p>Begin with {@link SuiteReport} and {@link ComparisonReport}, the results; then {@link TextTable} and
 * {@link HtmlReport}.
 *
 * <p>May use: {@code bench, bench.load}.
 *
 * <p>Stateless: reports are immutable values. A page needs no script, no font and no request.
 */
package io.raftgres.bench.report;
