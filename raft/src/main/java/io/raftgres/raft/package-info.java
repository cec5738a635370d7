/**
 * Implements Raft, without anything around it: {@link RaftCore} takes an {@link Input} and gives an {@link Output}. Its
 * caller owns the disk, the network and the clock.
 *
 * <p>Begin with {@link RaftCore}, then {@link Input} and {@link Output}. {@link Rules} lists all decisions on which
 * safety rests.
 *
 * <p>May use: nothing of the project. Of the JDK, the core uses no file, socket, thread or clock, and no randomness but
 * the seeded one.
 *
 * <p>One thread calls {@link RaftCore#step} and owns all state. The same inputs and the same seed give the same
 * outputs.
 *
 * <p>Where to find each part:
 * <ul>
 *   <li>{@link Election}: terms, votes and roles.
 *   <li>{@link Leader}: the decisions of a leader (proposals, commitment). {@link Replication} and {@link Progress}
 *       serve each follower, and {@link LeadershipTransfer} moves leadership.
 *   <li>{@link Follower}: what a follower does with its leader's log.
 *   <li>{@link ReadIndex}: linearizable reads.
 *   <li>{@link MembershipRules}: changes of membership.
 *   <li>{@link RaftLog}: terms, recent entries and durability.
 *   <li>{@link CommittedEntries}: the entries that the state machine gets.
 *   <li>{@link Vouching}: whether a member with a blank log may take part.
 * </ul>
 *
 * <p>Decisions, and what they cost:
 * <ul>
 *   <li>A leader applies what a majority has on disk even when its own disk lags. After a crash its state may be ahead
 *       of its log; the entries come back from the others and are not applied again.
 *   <li>Reads never rely on clocks: each batch waits for a round of heartbeats.
 *   <li>The core neither makes nor carries snapshots. A leader tells a member that needs entries which were cut
 *       ({@link Message.SnapshotRequired}). The member tells its owner ({@link Output#snapshotWanted}), and is started
 *       again with a state that it got from any member.
 *   <li>A member without state keeps its place: it votes and acknowledges, and applies nothing.
 *   <li>Members say in each response to a heartbeat whether they are degraded. A degraded leader transfers leadership,
 *       only to a healthy voter. When all are degraded, leadership stays where it is.
 *   <li>A leader is not removed: leadership moves first. So the leader that answers for a removal is there afterwards.
 *   <li>A removed member still gets the log for some election timeouts, so that it learns of its removal.
 *   <li>A leader whose disk is late for an election timeout transfers leadership to a voter whose disk is not, and
 *       continues when there is none. After ten it steps down, though a majority could commit without it: it has to
 *       keep in memory what it cannot store.
 * </ul>
 */
package io.raftgres.raft;
