/**
 * Raft, without anything around it. {@link io.raftgres.raft.RaftCore} takes an {@link io.raftgres.raft.Input} and
 * gives an {@link io.raftgres.raft.Output}; who calls it owns the disk, the network and the clock.
 *
 * <p>Where to find what: {@code Election} has terms, votes and roles; {@code Leadership} what a leader decides
 * (proposals, commitment, transfer), with {@code Replication} and {@code Progress} for each follower; {@code Following}
 * what a follower does with its leader's log; {@code Reads} linearizable reads; {@code MembershipRules} changes of
 * membership; {@code RaftLog} terms, recent entries and durability; {@code Delivery} what the state machine gets.
 * {@link io.raftgres.raft.Rules} is the list of all decisions on which safety rests.
 *
 * <p>Decided, and what it costs:
 * <ul>
 *   <li>A leader applies what a majority has on disk even when its own disk lags. After a crash its state may be ahead
 *       of its log; the entries come back from the others and are not applied again.
 *   <li>Reads never rely on clocks: each batch waits for a round of heartbeats.
 *   <li>A member that needs entries that were cut is told so, and fetches another member's state by itself, from whom it
 *       likes. The core sees a snapshot only as a restart with another beginning.
 *   <li>A leader whose disk does not answer for ten election timeouts steps down, though a majority could commit
 *       without it: what it cannot store, it has to keep in memory.
 * </ul>
 */
package io.raftgres.raft;
