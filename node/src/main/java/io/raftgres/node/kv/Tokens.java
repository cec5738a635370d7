package io.raftgres.node.kv;

import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The results of requests with an idempotency token, so that a retry is not applied twice (thesis, section 6.3). Part
 * of the replicated state: every member drops the same tokens at the same entry, by the log's clock and by number.
 */
final class Tokens {

    /** Time for which a token is kept, in the log's time. */
    static final long KEPT_MILLIS = 60_000;

    /** Upper bound of kept tokens; beyond it the oldest are dropped early. */
    static final int MAX_KEPT = 1 << 18;

    /** Upper bound of the time that a request with a token's age travels from the client to the log. */
    private static final long TRANSIT_MILLIS = 5_000;

    private static final int RECORD_BYTES = Request.TOKEN_BYTES + 4 * Long.BYTES + 2;
    private static final byte NO_RESULT = 0;
    private static final byte PUT = 1;
    private static final byte DELETE = 2;
    private static final byte COMPACT = 3;

    private record Token(long high, long low) {
        static Token of(byte[] bytes) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            return new Token(buffer.getLong(), buffer.getLong());
        }
    }

    /**
     * @param kind of the only result, when the request was a single put, delete or compaction
     * @param first create revision of the put, number of deleted keys, or compacted revision
     * @param second version of the put
     */
    private record Done(long clockMillis, long revision, boolean succeeded, byte kind, long first, long second) {}

    private final LinkedHashMap<Token, Done> done = new LinkedHashMap<>();

    /** @return the result of the request with this token, or null when it is not kept */
    ApplyResult find(Request request) {
        Done was = done.get(Token.of(request.token()));
        if (was == null) {
            return null;
        }
        return new ApplyResult(was.revision, was.succeeded, results(request, was), true);
    }

    /**
     * @param request whose token is not kept
     * @throws RefusedRequestException when the token may have been dropped since its first use: it is then unknown
     *     whether the request was done
     */
    void requireKnown(Request request, long clockMillis) {
        if (request.tokenAgeMillis() == 0) {
            return;
        }
        long firstUsed = clockMillis - request.tokenAgeMillis() - TRANSIT_MILLIS;
        // Tokens dropped because of their number are older than all kept ones.
        boolean full = done.size() == MAX_KEPT;
        long forgotten = full ? done.firstEntry().getValue().clockMillis : clockMillis - KEPT_MILLIS;
        if (firstUsed <= forgotten) {
            throw new RefusedRequestException(
                    Reason.TOKEN_FORGOTTEN,
                    "the idempotency key was first used too long ago:"
                            + " its outcome is no longer known, and the write may have been done. Nothing was done"
                            + " now; read the current state, and write again with another idempotency key");
        }
    }

    /**
     * A client may have reused the token for another request by mistake: that request gets no result of the first one.
     */
    private static List<Op.Result> results(Request request, Done was) {
        if (!isOneOp(request)) {
            return List.of();
        }
        return switch (request.success().getFirst()) {
            case Op.Put put
            when was.kind == PUT ->
                List.of(new Op.Result.Put(
                        new Row(put.key(), new byte[0], was.first, was.revision, was.second, put.lease()), null));
            case Op.Delete delete when was.kind == DELETE -> List.of(new Op.Result.Delete(was.first, List.of()));
            case Op.Compact compact when was.kind == COMPACT -> List.of(new Op.Result.Compact(was.first));
            default -> List.of();
        };
    }

    private static boolean isOneOp(Request request) {
        return request.success().size() == 1 && request.failure().isEmpty();
    }

    /** Keeps a result. @param encoded the batch's token records, to which this one is added */
    void add(Request request, ApplyResult result, long clockMillis, List<byte[]> encoded) {
        byte kind = NO_RESULT;
        long first = 0;
        long second = 0;
        if (isOneOp(request) && result.results().size() == 1) {
            switch (result.results().getFirst()) {
                case Op.Result.Put put -> {
                    kind = PUT;
                    first = put.row().createRevision();
                    second = put.row().version();
                }
                case Op.Result.Delete delete -> {
                    kind = DELETE;
                    first = delete.deleted();
                }
                case Op.Result.Compact compact -> {
                    kind = COMPACT;
                    first = compact.compactedRevision();
                }
                case Op.Result.Get get -> {}
                case Op.Result.Txn txn -> {}
                case Op.Result.OfAlone other -> {}
            }
        }
        Done what = new Done(clockMillis, result.revision(), result.succeeded(), kind, first, second);
        put(Token.of(request.token()), what);
        encoded.add(ByteBuffer.allocate(RECORD_BYTES)
                .put(request.token())
                .putLong(clockMillis)
                .putLong(what.revision)
                .put((byte) (what.succeeded ? 1 : 0))
                .put(kind)
                .putLong(first)
                .putLong(second)
                .array());
    }

    private void put(Token token, Done what) {
        // If the store has two uses of a token, the latest counts: all members have to drop tokens in the same order.
        done.putLast(token, what);
        if (done.size() > MAX_KEPT) {
            Iterator<Token> oldest = done.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    /** Drops tokens that are older than {@link #KEPT_MILLIS} at this time of the log. */
    void expire(long clockMillis) {
        Iterator<Map.Entry<Token, Done>> oldest = done.entrySet().iterator();
        while (oldest.hasNext() && oldest.next().getValue().clockMillis < clockMillis - KEPT_MILLIS) {
            oldest.remove();
        }
    }

    /** Loads records that {@link #add} encoded and the store kept, oldest first. */
    void load(byte[] records) {
        ByteBuffer buffer = ByteBuffer.wrap(records);
        while (buffer.remaining() >= RECORD_BYTES) {
            Token token = new Token(buffer.getLong(), buffer.getLong());
            long clockMillis = buffer.getLong();
            long revision = buffer.getLong();
            boolean succeeded = buffer.get() == 1;
            byte kind = buffer.get();
            put(token, new Done(clockMillis, revision, succeeded, kind, buffer.getLong(), buffer.getLong()));
        }
    }

    int size() {
        return done.size();
    }
}
