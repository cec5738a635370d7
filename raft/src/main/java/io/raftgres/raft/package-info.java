/**
 * Raft, without anything around it. {@link io.raftgres.raft.RaftCore} takes an {@link io.raftgres.raft.Input} and
 * gives an {@link io.raftgres.raft.Output}; who calls it owns the disk, the network and the clock.
 *
 * <p>Where to find what: {@code Election} has terms, votes and roles; {@code Leader} what a leader decides
 * (proposals, commitment), with {@code Replication} and {@code Progress} for each follower and
 * {@code LeadershipTransfer} for leadership that moves; {@code Follower} what a follower does with its leader's log; {@code ReadIndex} linearizable
 * reads; {@code MembershipRules} changes of membership; {@code RaftLog} terms, recent entries and durability;
 * {@code CommittedEntries} what the state machine gets. {@link io.raftgres.raft.Rules} is the list of all decisions
 * on which safety rests.
 *
 * <p>Decided, and what it costs:
 * <ul>
 *   <li>A leader applies what a majority has on disk even when its own disk lags. After a crash its state may be ahead
 *       of its log; the entries come back from the others and are not applied again.
 *   <li>Reads never rely on clocks: each batch waits for a round of heartbeats.
 *   <li>Snapshots are not made or carried here. A member that needs entries that were cut is told so by its leader
 *       ({@code SnapshotRequired}), tells its owner ({@code Output.snapshotWanted}), and is started again with a state
 *       that it got from anyone.
 *   <li>A member without state keeps its place: it votes and acknowledges, and applies nothing.
 *   <li>Members say in each response to a heartbeat whether they are degraded. A degraded leader transfers leadership,
 *       only to a healthy voter. When all are degraded, leadership stays where it is.
 *   <li>A leader is not removed: leadership moves first. So the one who answers for a removal is there afterwards.
 *   <li>A removed member still gets the log for some election timeouts, so that it learns of its removal.
 *   <li>A leader whose disk is late for an election timeout hands over to one whose disk is not, and goes on when there
 *       is none; after ten it steps down, though a majority could commit without it: what it cannot store, it has to
 *       keep in memory.
 * </ul>
 */
package io.raftgres.raft;
