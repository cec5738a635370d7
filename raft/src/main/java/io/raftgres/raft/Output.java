package io.raftgres.raft;

import io.raftgres.raft.Message.Envelope;
import java.util.List;

/**
 * The work that the caller has to do after a {@link RaftCore#step}. Lists are immutable and often empty.
 *
 * @param messages to send at once, in order for each receiver; any of them may be lost
 * @param append to write to the log, null when there is none
 * @param committed entries to apply, in log order without gaps; one core hands out each entry once
 * @param reads responses to {@link Input.Read}
 * @param loads entries that the core needs from the log on disk
 * @param proposed response to this step's Propose, ChangeMembership or TransferLeadership; null otherwise
 * @param roleChange the member's new role, term or leader, null when nothing changed
 * @param snapshotWanted the member needs a state at or above this index, from any member, because the leader's log
 *     begins above its own. 0: none is needed. The output repeats it until the member restarts with another
 *     {@link Restored}
 * @param lostEntries a member that lacks entries that it had acknowledged to this leader; null when this step found
 *     none
 */
public record Output(
        List<Envelope> messages,
        Append append,
        List<Entry> committed,
        List<ReadResult> reads,
        List<Load> loads,
        Proposed proposed,
        RoleChange roleChange,
        long snapshotWanted,
        LostEntries lostEntries) {

    /**
     * An append to write in order of {@code sequence}. When it and all before it are durable, the caller first sends
     * {@code afterDurable} and then steps {@link Input.LogDurable}.
     *
     * @param sequence 1, 2, 3, ...
     * @param entries consecutive, maybe none; they replace all entries of the log from the first one's index on
     * @param hardState to store with them; null when it has not changed
     * @param afterDurable messages that promise the stored state, such as votes and acknowledgements
     */
    public record Append(long sequence, List<Entry> entries, HardState hardState, List<Envelope> afterDurable) {}

    /**
     * @param id the Read's
     * @param index serve the reads from a state at or above it; 0 when there is no leader: the caller may ask again
     */
    public record ReadResult(long id, long index) {
        public boolean failed() {
            return index == 0;
        }
    }

    /**
     * Read consecutive entries from the log and respond with {@link Input.EntriesLoaded}.
     *
     * @param peer the member that needs them, or {@link Member#NONE} for the state machine
     * @param from first index
     * @param to last index wanted, inclusive; the log holds the whole range at the time of the request
     * @param maxBytes upper bound of the response in bytes; it always has at least one entry
     */
    public record Load(long peer, long from, long to, int maxBytes) {}

    /** The result of a proposal. */
    public sealed interface Proposed {
        /**
         * @param firstIndex index of the first entry (for a transfer 0)
         * @param term term of all of them
         * @param count number of accepted commands, from the start of the batch; the rest were refused as overloaded
         */
        record Accepted(long firstIndex, long term, int count) implements Proposed {}

        /** Nothing was appended. @param detail the reason, as a sentence for people */
        record Refused(Refusal reason, String detail) implements Proposed {}
    }

    public enum Refusal {
        /** This member is not the leader: ask {@link RaftCore#leader()}. */
        NOT_LEADER,
        /** Too many bytes are uncommitted: try again later. */
        OVERLOADED,
        /** A leadership transfer is in progress: try again in a moment. */
        TRANSFERRING,
        /** The objection may pass by itself, such as a new leadership or a late sync: try again in a moment. */
        TOO_EARLY,
        /** The change or the transfer would break a rule; the detail names it. */
        UNSAFE
    }

    /**
     * A follower has lost entries that it had acknowledged: its disk lied, was wiped, or was restored from a copy. The
     * leader ignores its old acknowledgements and counts its new ones.
     *
     * @param acknowledged index up to which the member had acknowledged
     * @param found upper bound of the acknowledged entries that it still has
     */
    public record LostEntries(long member, long acknowledged, long found) {}

    /**
     * @param leader the leader of {@code term} as far as known, {@link Member#NONE} otherwise
     * @param reason for the log line
     */
    public record RoleChange(Role role, long term, long leader, String reason) {}
}
