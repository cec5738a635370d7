package io.raftgres.raft;

import java.util.List;

/** Everything that can happen to a {@link RaftCore}. */
public sealed interface Input {

    /** One tick of injected time has passed. */
    record Tick() implements Input {}

    /** A message from another member has arrived. */
    record Receive(long from, Message message) implements Input {}

    /** Append these commands, one entry each. Answered by {@link Output#proposed()}. */
    record Propose(List<byte[]> commands) implements Input {}

    /**
     * A batch of linearizable reads wants its read index. Answered once by {@link Output#reads()}, in this or a
     * later output.
     *
     * @param id the caller's number for the batch, never used twice in the life of the core
     */
    record Read(long id) implements Input {}

    /** Change the membership. Answered by {@link Output#proposed()}. */
    record ChangeMembership(MembershipChange change) implements Input {}

    /**
     * Hand leadership to a voter. Answered by {@link Output#proposed()}; {@link Output#roleChange()} shows the end.
     *
     * @param target the voter, or {@link Member#NONE} for the best candidate
     */
    record TransferLeadership(long target) implements Input {}

    /**
     * Whether this member is degraded and should not lead, because its PostgreSQL is unavailable, for example. At first
     * it is not. A degraded member waits longer before it campaigns. A degraded leader transfers leadership to a healthy
     * voter. The member votes and acknowledges as before. Without state, or with a slow disk, it is always degraded.
     */
    record Degraded(boolean degraded) implements Input {}

    /**
     * The {@link Output.Append} with this sequence, and all before it, is on disk. A sequence, not an index: a
     * report from before a truncation can never be taken for one after it.
     */
    record LogDurable(long sequence) implements Input {}

    /**
     * Answer to an {@link Output.Load}: consecutive entries from {@code load.from()}, at least one, no more than was
     * asked for; or none when the log no longer holds that range (it was truncated meanwhile).
     */
    record EntriesLoaded(Output.Load load, List<Entry> entries) implements Input {}

    /** The state machine has applied everything up to {@code index}. */
    record Applied(long index) implements Input {}

    /**
     * Another member has durably written down which log this member has, and knew no other log of this member. For one
     * that is {@linkplain Restored#unvouched unvouched}; others pass it over.
     *
     * @param blank that one's own log is blank, too: it has promised nothing with it
     */
    record Vouched(long member, boolean blank) implements Input {}

    /** The connection to this member broke, or cannot be made. A hint, never trusted for safety. */
    record PeerUnreachable(long id) implements Input {}

    /**
     * The log on disk now begins at {@code firstIndex}; everything below has been cut: no more than what was handed out
     * to apply, or, at a member without state, than what is committed. A member without state had better cut only
     * what all have ({@link RaftCore#matchedByAll()}): nothing there stands for the entries, and where a snapshot is
     * to come from may need them.
     */
    record LogTrimmed(long firstIndex) implements Input {}
}
