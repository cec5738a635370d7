package io.raftgres.node.peer;

import io.raftgres.raft.Entry;
import io.raftgres.raft.Message;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Encodes Raft messages: one byte for the type, then the fields in the order of the record, big-endian. The bytes carry
 * no version; the handshake chooses it. Entries carry no index, they follow {@code prevIndex}.
 */
final class MessageCodec {
    private MessageCodec() {}

    private static final byte PRE_VOTE_REQUEST = 1;
    private static final byte PRE_VOTE_RESPONSE = 2;
    private static final byte VOTE_REQUEST = 3;
    private static final byte VOTE_RESPONSE = 4;
    private static final byte APPEND_REQUEST = 5;
    private static final byte APPEND_ACCEPTED = 6;
    private static final byte APPEND_REJECTED = 7;
    private static final byte HEARTBEAT = 8;
    private static final byte HEARTBEAT_RESPONSE = 9;
    private static final byte READ_INDEX_REQUEST = 10;
    private static final byte READ_INDEX_RESPONSE = 11;
    private static final byte TIMEOUT_NOW = 12;
    private static final byte SNAPSHOT_REQUIRED = 13;

    /** Term, kind and length before the data of an entry. */
    private static final int ENTRY_HEADER_BYTES = 8 + 1 + 4;

    private static final Entry.Kind[] KINDS = Entry.Kind.values();

    /** @return whether the message may overtake appends: it states nothing about the order of the log */
    static boolean urgent(Message message) {
        return switch (message) {
            case Message.AppendRequest m -> false;
            case Message.AppendAccepted m -> false;
            case Message.AppendRejected m -> false;
            case Message.PreVoteRequest m -> true;
            case Message.PreVoteResponse m -> true;
            case Message.VoteRequest m -> true;
            case Message.VoteResponse m -> true;
            case Message.Heartbeat m -> true;
            case Message.HeartbeatResponse m -> true;
            case Message.ReadIndexRequest m -> true;
            case Message.ReadIndexResponse m -> true;
            case Message.TimeoutNow m -> true;
            case Message.SnapshotRequired m -> true;
        };
    }

    /** @return the exact number of bytes that {@link #encode} writes */
    static long size(Message message) {
        return switch (message) {
            case Message.PreVoteRequest m -> 25;
            case Message.PreVoteResponse m -> 10;
            case Message.VoteRequest m -> 26;
            case Message.VoteResponse m -> 10;
            case Message.AppendRequest m -> {
                long bytes = 37;
                for (Entry entry : m.entries()) {
                    bytes += ENTRY_HEADER_BYTES + entry.data().length;
                }
                yield bytes;
            }
            case Message.AppendAccepted m -> 17;
            case Message.AppendRejected m -> 33;
            case Message.Heartbeat m -> 33;
            case Message.HeartbeatResponse m -> 18;
            case Message.ReadIndexRequest m -> 17;
            case Message.ReadIndexResponse m -> 25;
            case Message.TimeoutNow m -> 9;
            case Message.SnapshotRequired m -> 17;
        };
    }

    static void encode(Message message, ByteBuffer out) {
        switch (message) {
            case Message.PreVoteRequest m ->
                out.put(PRE_VOTE_REQUEST)
                        .putLong(m.term())
                        .putLong(m.lastIndex())
                        .putLong(m.lastTerm());
            case Message.PreVoteResponse m ->
                out.put(PRE_VOTE_RESPONSE).putLong(m.term()).put(bit(m.granted()));
            case Message.VoteRequest m ->
                out.put(VOTE_REQUEST)
                        .putLong(m.term())
                        .putLong(m.lastIndex())
                        .putLong(m.lastTerm())
                        .put(bit(m.transfer()));
            case Message.VoteResponse m ->
                out.put(VOTE_RESPONSE).putLong(m.term()).put(bit(m.granted()));
            case Message.AppendRequest m -> encodeAppend(m, out);
            case Message.AppendAccepted m ->
                out.put(APPEND_ACCEPTED).putLong(m.term()).putLong(m.matchIndex());
            case Message.AppendRejected m ->
                out.put(APPEND_REJECTED)
                        .putLong(m.term())
                        .putLong(m.prevIndex())
                        .putLong(m.hintIndex())
                        .putLong(m.hintTerm());
            case Message.Heartbeat m ->
                out.put(HEARTBEAT)
                        .putLong(m.term())
                        .putLong(m.commit())
                        .putLong(m.round())
                        .putLong(m.matchedByAll());
            case Message.HeartbeatResponse m ->
                out.put(HEARTBEAT_RESPONSE).putLong(m.term()).putLong(m.round()).put(bit(!m.degraded()));
            case Message.ReadIndexRequest m ->
                out.put(READ_INDEX_REQUEST).putLong(m.term()).putLong(m.id());
            case Message.ReadIndexResponse m ->
                out.put(READ_INDEX_RESPONSE).putLong(m.term()).putLong(m.id()).putLong(m.index());
            case Message.TimeoutNow m -> out.put(TIMEOUT_NOW).putLong(m.term());
            case Message.SnapshotRequired m ->
                out.put(SNAPSHOT_REQUIRED).putLong(m.term()).putLong(m.firstIndex());
        }
    }

    private static void encodeAppend(Message.AppendRequest m, ByteBuffer out) {
        out.put(APPEND_REQUEST)
                .putLong(m.term())
                .putLong(m.prevIndex())
                .putLong(m.prevTerm())
                .putLong(m.commit())
                .putInt(m.entries().size());
        long index = m.prevIndex();
        for (Entry entry : m.entries()) {
            index++;
            if (entry.index() != index) {
                throw new IllegalStateException("entry " + entry + " where index " + index + " belongs");
            }
            out.putLong(entry.term())
                    .put((byte) entry.kind().ordinal())
                    .putInt(entry.data().length)
                    .put(entry.data());
        }
    }

    private static byte bit(boolean value) {
        return (byte) (value ? 1 : 0);
    }

    /**
     * Reads one message from all remaining bytes of {@code in}.
     *
     * @throws ProtocolException when the bytes are invalid in any way
     */
    static Message decode(ByteBuffer in) throws ProtocolException {
        need(in, 1);
        byte type = in.get();
        Message message = switch (type) {
            case PRE_VOTE_REQUEST -> new Message.PreVoteRequest(count(in), count(in), count(in));
            case PRE_VOTE_RESPONSE -> new Message.PreVoteResponse(count(in), flag(in));
            case VOTE_REQUEST -> new Message.VoteRequest(count(in), count(in), count(in), flag(in));
            case VOTE_RESPONSE -> new Message.VoteResponse(count(in), flag(in));
            case APPEND_REQUEST -> decodeAppend(in);
            case APPEND_ACCEPTED -> new Message.AppendAccepted(count(in), count(in));
            case APPEND_REJECTED -> new Message.AppendRejected(count(in), count(in), count(in), count(in));
            case HEARTBEAT -> new Message.Heartbeat(count(in), count(in), count(in), count(in));
            case HEARTBEAT_RESPONSE -> new Message.HeartbeatResponse(count(in), count(in), !flag(in));
            case READ_INDEX_REQUEST -> new Message.ReadIndexRequest(count(in), number(in));
            case READ_INDEX_RESPONSE -> new Message.ReadIndexResponse(count(in), number(in), count(in));
            case TIMEOUT_NOW -> new Message.TimeoutNow(count(in));
            case SNAPSHOT_REQUIRED -> new Message.SnapshotRequired(count(in), count(in));
            default -> throw new ProtocolException("unknown message type " + type);
        };
        if (in.hasRemaining()) {
            throw new ProtocolException(in.remaining() + " surplus bytes after message of type " + type);
        }
        return message;
    }

    private static Message.AppendRequest decodeAppend(ByteBuffer in) throws ProtocolException {
        long term = count(in);
        long prevIndex = count(in);
        long prevTerm = count(in);
        long commit = count(in);
        need(in, 4);
        int size = in.getInt();
        if (size < 0 || size > in.remaining() / ENTRY_HEADER_BYTES || prevIndex > Long.MAX_VALUE - size) {
            throw new ProtocolException(
                    "append of " + size + " entries after index " + prevIndex + " in " + in.remaining() + " bytes");
        }
        List<Entry> entries = new ArrayList<>(size);
        for (int i = 1; i <= size; i++) {
            entries.add(decodeEntry(in, prevIndex + i));
        }
        return new Message.AppendRequest(term, prevIndex, prevTerm, List.copyOf(entries), commit);
    }

    private static Entry decodeEntry(ByteBuffer in, long index) throws ProtocolException {
        need(in, ENTRY_HEADER_BYTES);
        long term = in.getLong();
        int kind = in.get();
        int length = in.getInt();
        if (term < 1 || kind < 0 || kind >= KINDS.length || length < 0) {
            throw new ProtocolException(
                    "entry " + index + " with term " + term + ", kind " + kind + ", length " + length);
        }
        need(in, length);
        byte[] data = new byte[length];
        in.get(data);
        return new Entry(index, term, KINDS[kind], data);
    }

    /** Reads a term, an index or a round, which is never negative. */
    private static long count(ByteBuffer in) throws ProtocolException {
        long value = number(in);
        if (value < 0) {
            throw new ProtocolException("negative number " + value + " in a message");
        }
        return value;
    }

    private static long number(ByteBuffer in) throws ProtocolException {
        need(in, 8);
        return in.getLong();
    }

    private static boolean flag(ByteBuffer in) throws ProtocolException {
        need(in, 1);
        byte value = in.get();
        if (value != 0 && value != 1) {
            throw new ProtocolException("flag with value " + value + " in a message");
        }
        return value == 1;
    }

    private static void need(ByteBuffer in, int bytes) throws ProtocolException {
        if (in.remaining() < bytes) {
            throw new ProtocolException(
                    "message is truncated: expected " + bytes + " more bytes, found " + in.remaining());
        }
    }
}
