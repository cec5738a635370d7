package io.raftgres.raft;

import io.raftgres.raft.Message.Envelope;
import java.util.List;

/**
 * What the world has to do after a {@link RaftCore#step}. Lists are immutable and often empty.
 *
 * @param messages to send at once, in order for each receiver; any of them may be lost
 * @param append to write to the log, null when there is nothing
 * @param committed entries to apply, in log order without gaps; each is handed out once in the life of the core
 * @param reads answers to {@link Input.Read}
 * @param loads entries the core needs from the log on disk
 * @param proposed answer to this step's Propose, ChangeMembership or TransferLeadership; null otherwise
 * @param roleChange what the member has become, null when nothing changed
 * @param snapshotWanted the log cannot be continued from the leader's, which begins above: a state at or above this
 *     index is needed, from any member. 0: none is. Said again and again until it has come, which is by a restart
 *     with another {@link Restored}
 * @param lostEntries a member that lacks what it had acknowledged to this leader; null when none was found now
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
     * To be written in order of {@code sequence}. When it and all before it are durable: first send
     * {@code afterDurable}, then step {@link Input.LogDurable}.
     *
     * @param sequence 1, 2, 3, ...
     * @param entries consecutive, maybe none; whatever the log held from the first one's index on is replaced
     * @param hardState to store with them; null when it has not changed
     * @param afterDurable messages that promise what this append stores, such as votes and acknowledgements
     */
    public record Append(long sequence, List<Entry> entries, HardState hardState, List<Envelope> afterDurable) {}

    /**
     * @param id the Read's
     * @param index serve the reads from a state at or above it; 0 when there is no leader: not done, may be asked again
     */
    public record ReadResult(long id, long index) {
        public boolean failed() {
            return index == 0;
        }
    }

    /**
     * Read consecutive entries from the log and answer with {@link Input.EntriesLoaded}.
     *
     * @param peer the member they are for, or {@link Member#NONE} for the state machine
     * @param from first index
     * @param to last index wanted, inclusive; all of the range is in the log when this is asked
     * @param maxBytes answer with fewer when they are larger than this, but with at least one
     */
    public record Load(long peer, long from, long to, int maxBytes) {}

    /** What became of a proposal. */
    public sealed interface Proposed {
        /**
         * @param firstIndex index of the first entry (or for a transfer 0)
         * @param term term of all of them
         * @param count how many commands of the batch, from its start, were taken; the rest were refused as overloaded
         */
        record Accepted(long firstIndex, long term, int count) implements Proposed {}

        /** Nothing was appended. @param detail a sentence for people */
        record Refused(Refusal reason, String detail) implements Proposed {}
    }

    public enum Refusal {
        /** Not the leader: ask {@link RaftCore#leader()}. */
        NOT_LEADER,
        /** Too many bytes are uncommitted: try again later. */
        OVERLOADED,
        /** Leadership is being handed over: try again in a moment. */
        TRANSFERRING,
        /** What stands against it may pass by itself, as the leader's youth or a late sync: try again in a moment. */
        TOO_EARLY,
        /** The change or transfer would break a rule; the detail says which. */
        UNSAFE
    }

    /**
     * A follower's log has gone backwards: its disk lied, or was wiped or put back. What it acknowledged counts no
     * more; what it acknowledges from now on does.
     *
     * @param acknowledged up to which index it had acknowledged
     * @param found what it has at most of that
     */
    public record LostEntries(long member, long acknowledged, long found) {}

    /**
     * @param leader the leader of {@code term} as far as known, {@link Member#NONE} otherwise
     * @param reason for the log line
     */
    public record RoleChange(Role role, long term, long leader, String reason) {}
}
