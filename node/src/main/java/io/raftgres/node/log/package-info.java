/**
 * Appends Raft's log and hard state to disk in segments, syncs them, and reads them back after a crash.
 *
 * <p>Begin with {@link SegmentedLog}, then {@link LogWriter} and {@link Recovery}.
 *
 * <p>May use: {@code raft}.
 *
 * <p>The thread of {@link LogWriter} appends; any thread may read entries once they are durable.
 *
 * <p>A torn tail is cut, and other damage is refused. Damage to the last group that was synced looks like a torn tail
 * when nothing was written after it.
 */
package io.raftgres.node.log;
