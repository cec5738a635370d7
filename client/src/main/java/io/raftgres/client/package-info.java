/**
 * Calls the REST API under {@code /v1}, and adds deadlines, a choice of endpoint, safe retries and watches that resume.
 *
 * <p>Begin with {@link RaftgresClient}, then {@link Attempts}, which decides what may be repeated, and {@link Watch}.
 *
 * <p>May use: nothing of the project.
 *
 * <p>{@link RaftgresClient} is thread-safe and its methods block. A {@link RangeCursor} or a {@link Watch} belongs to
 * one thread; any thread may close a {@link Watch}.
 */
package io.raftgres.client;
