package io.raftgres.raft;

import java.util.List;

/** An event that a {@link RaftCore} handles. */
public sealed interface Input {

    /** One tick of injected time has passed. */
    record Tick() implements Input {}

    /** A message from another member has arrived. */
    record Receive(long from, Message message) implements Input {}

    /** Append these commands, one entry each. {@link Output#proposed()} has the response. */
    record Propose(List<byte[]> commands) implements Input {}

    /**
     * Request a read index for a batch of linearizable reads. {@link Output#reads()} has the response, once, in this or
     * a later output.
     *
     * @param id the caller's number for the batch, unique within one core
     */
    record Read(long id) implements Input {}

    /** Change the membership. {@link Output#proposed()} has the response. */
    record ChangeMembership(MembershipChange change) implements Input {}

    /**
     * Transfer leadership to a voter. {@link Output#proposed()} has the response; {@link Output#roleChange()} shows the
     * end.
     *
     * @param target the voter, or {@link Member#NONE} for the best candidate
     */
    record TransferLeadership(long target) implements Input {}

    /**
     * Reports whether this member is degraded and should not lead, because its PostgreSQL is unavailable, for example.
     * A member starts as not degraded. A degraded member waits longer before it campaigns. A degraded leader transfers
     * leadership to a healthy voter. The member votes and acknowledges as before. A member without state, or with a
     * slow disk, is always degraded.
     */
    record Degraded(boolean degraded) implements Input {}

    /**
     * The {@link Output.Append} with this sequence, and all before it, are on disk. The report names a sequence, not an
     * index: a report from before a truncation cannot be mistaken for one after it.
     */
    record LogDurable(long sequence) implements Input {}

    /**
     * Response to an {@link Output.Load}: consecutive entries from {@code load.from()}, at least one and at most the
     * requested range. The list is empty when the log no longer holds that range, because it was truncated meanwhile.
     */
    record EntriesLoaded(Output.Load load, List<Entry> entries) implements Input {}

    /** The state machine has applied everything up to {@code index}. */
    record Applied(long index) implements Input {}

    /**
     * Another member has durably recorded the identity of this member's log, and knew no other log of this member. Only
     * an {@linkplain Restored#unvouched unvouched} member uses this input; others ignore it.
     *
     * @param blank whether the vouching member's own log is blank, too: that member has promised nothing with it
     */
    record Vouched(long member, boolean blank) implements Input {}

    /** The connection to this member broke or cannot be made. This is a hint; safety never depends on it. */
    record PeerUnreachable(long id) implements Input {}

    /**
     * The log on disk now begins at {@code firstIndex}; all entries below have been cut. A member may cut the entries
     * that were handed out to apply. A member without state may cut the committed entries. It should cut only entries
     * that all members have ({@link RaftCore#matchedByAll()}): it has no state that replaces them, and the sender of a
     * snapshot may need them.
     */
    record LogTrimmed(long firstIndex) implements Input {}
}
