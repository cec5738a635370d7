/**
 * Runs clients that write and read all the time and judge the responses, in a test or as a program in a pod.
 *
 * <p>Begin with {@link Load}, then {@link Judgement} and {@link Main}.
 *
 * <p>May use: {@code client, linearizability}.
 *
 * <p>{@link Load} is thread-safe; each of its clients is a virtual thread.
 */
package io.raftgres.e2e.load;
