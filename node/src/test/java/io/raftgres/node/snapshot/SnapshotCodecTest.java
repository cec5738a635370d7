package io.raftgres.node.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.store.SnapshotStores;
import io.raftgres.node.store.history.HistorySpan;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.node.store.staging.SnapshotPart;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Any bytes are a request, a reply, or refused. */
class SnapshotCodecTest {

    private static final SnapshotManifest MANIFEST = new SnapshotManifest(
            77,
            0xC1,
            new StoreState(900, 4, 800, 20, -3, 1_000),
            SnapshotStores.MEMBERS,
            List.of(new HistorySpan(0, 50), new HistorySpan(50, 100), new HistorySpan(200, 400)));

    private static final StoreOptions NOWHERE =
            new StoreOptions("jdbc:postgresql://127.0.0.1:1/none", "nobody", "", 0, 1, 1, 50);

    private static List<Reply> replies() {
        byte[] bytes = {5, 6, 7, 8};
        ChunkHeader chunk = ChunkHeader.of(3, new SnapshotPart(SnapshotPart.Table.HISTORY, 50), 2, 9, bytes, 4);
        return List.of(
                new Reply.Opened(MANIFEST),
                new Reply.Piece(77, chunk, 2, new byte[] {7, 8}),
                new Reply.Ended(77, 12),
                new Reply.Wait(77),
                new Reply.Failed(77, Reply.Reason.GONE, "w\u00E4hrend"));
    }

    /** The format that members of the former build can read, as long as one of them may be in the cluster. */
    @Test
    void clusterOfTheFirstVersionKeepsTheFirstFormat() {
        assertEquals(2, MANIFEST.encode()[0]);
        SnapshotManifest raised = new SnapshotManifest(
                77,
                0xC1,
                new StoreState(900, 4, 800, 20, -3, 1_000, 0, 0, 1),
                MANIFEST.membership(),
                MANIFEST.history());
        assertEquals(3, raised.encode()[0]);
        assertEquals(raised, SnapshotManifest.decode(raised.encode()));
        SnapshotManifest newer = new SnapshotManifest(
                77,
                0xC1,
                new StoreState(900, 4, 800, 20, -3, 1_000, 0, 0, 99),
                MANIFEST.membership(),
                MANIFEST.history());
        String why = assertThrows(IllegalArgumentException.class, () -> SnapshotManifest.decode(newer.encode()))
                .getMessage();
        assertTrue(why.contains("start this node with a newer release"), why);
    }

    private static List<Ask> asks() {
        return List.of(new Ask.Open(7, 0), new Ask.Open(0, -5), new Ask.Piece(77, 12, 1 << 20));
    }

    @Test
    void everyMessageSurvivesEncoding() {
        for (Ask ask : asks()) {
            assertEquals(ask, Ask.decode(ask.encode()));
        }
        for (Reply reply : replies()) {
            Reply back = Reply.decode(reply.encode());
            if (reply instanceof Reply.Piece piece && back instanceof Reply.Piece other) {
                assertEquals(piece.chunk(), other.chunk());
                assertEquals(piece.offset(), other.offset());
                assertArrayEquals(piece.bytes(), other.bytes());
            } else {
                assertEquals(reply, back);
            }
        }
        String endless = "x".repeat(5_000);
        assertEquals(
                Reply.DETAIL_BYTES_MAX,
                ((Reply.Failed) Reply.decode(new Reply.Failed(1, Reply.Reason.BUSY, endless).encode()))
                        .detail()
                        .length());
    }

    private static boolean isRefused(Consumer<byte[]> decoder, byte[] bytes) {
        try {
            decoder.accept(bytes);
            return false;
        } catch (IllegalArgumentException e) {
            return true;
        }
    }

    @Test
    void otherBytesAreRefused() {
        for (Ask ask : asks()) {
            refusesAllBut(ask.encode(), Ask::decode);
        }
        for (Reply reply : replies()) {
            if (!(reply instanceof Reply.Failed) && !(reply instanceof Reply.Piece)) {
                refusesAllBut(reply.encode(), Reply::decode);
            }
        }
        Random random = new Random(9);
        for (int n = 0; n < 200_000; n++) {
            byte[] bytes = new byte[random.nextInt(80)];
            random.nextBytes(bytes);
            if (bytes.length > 1 && random.nextBoolean()) {
                bytes[0] = 1;
                bytes[1] = (byte) random.nextInt(7);
            }
            isRefused(Ask::decode, bytes);
            isRefused(Reply::decode, bytes);
        }
    }

    /** Cut short and too long are refused; a changed byte gives another message, or is refused. */
    private static void refusesAllBut(byte[] good, Consumer<byte[]> decoder) {
        assertFalse(isRefused(decoder, good));
        assertTrue(isRefused(decoder, Arrays.copyOf(good, good.length + 1)));
        for (int length = 0; length < good.length; length++) {
            assertTrue(isRefused(decoder, Arrays.copyOf(good, length)), length + " of " + good.length);
        }
        for (int at = 0; at < good.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] changed = good.clone();
                changed[at] ^= (byte) (1 << bit);
                isRefused(decoder, changed);
            }
        }
    }

    @Test
    void manifestsThatMakeNoSenseAreRefused() {
        StoreState state = MANIFEST.state();
        assertThrows(
                IllegalArgumentException.class,
                () -> new SnapshotManifest(0, 1, state, SnapshotStores.MEMBERS, List.of()));
        assertThrows(
                IllegalArgumentException.class,
                () -> new SnapshotManifest(1, 1, new StoreState(-1, 0, 1, 0, 0, 0), SnapshotStores.MEMBERS, List.of()));
        assertThrows(
                IllegalArgumentException.class,
                () -> new SnapshotManifest(
                        1,
                        1,
                        state,
                        SnapshotStores.MEMBERS,
                        List.of(new HistorySpan(0, 50), new HistorySpan(49, 100))));
        assertThrows(IllegalArgumentException.class, () -> new HistorySpan(5, 5));
        assertThrows(IllegalArgumentException.class, () -> new SnapshotPart(SnapshotPart.Table.SHORT, 1));
    }

    /** A frame that claims to be large makes no room, and one that is not what it claims gives no rows. */
    @Test
    void contentOfAChunkIsCheckedToo() {
        byte[] rows = new byte[1_000];
        byte[] packed = Zstd.compress(rows, 1);
        SnapshotPart part = SnapshotPart.of(SnapshotPart.Table.SHORT);
        try (ZstdDecompressCtx zstd = new ZstdDecompressCtx()) {
            assertArrayEquals(
                    rows,
                    incoming(ChunkHeader.of(0, part, 1, 1_000, packed, packed.length), packed)
                            .rows(zstd));
            assertNull(incoming(ChunkHeader.of(0, part, 1, 999, packed, packed.length), packed)
                    .rows(zstd));
            assertNull(incoming(ChunkHeader.of(0, part, 1, ChunkHeader.MAX_RAW_BYTES, packed, packed.length), packed)
                    .rows(zstd));
            assertNull(incoming(new ChunkHeader(0, part, 1, 1_000, packed.length, 1), packed)
                    .rows(zstd));
            byte[] noise = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
            assertNull(incoming(ChunkHeader.of(0, part, 1, 1_000, noise, noise.length), noise)
                    .rows(zstd));
            byte[] half = Arrays.copyOf(packed, packed.length - 2);
            assertNull(incoming(ChunkHeader.of(0, part, 1, 1_000, half, half.length), half)
                    .rows(zstd));
        }
    }

    private static Incoming incoming(ChunkHeader chunk, byte[] packed) {
        Incoming incoming = new Incoming();
        assertTrue(incoming.take(new Reply.Piece(1, chunk, 0, packed)));
        assertTrue(incoming.isWhole());
        assertFalse(incoming.take(new Reply.Piece(1, chunk, 0, packed)), "the same piece again");
        return incoming;
    }

    @Test
    void hostileFramesEndNeitherSide(@TempDir Path temp) {
        Random random = new Random(10);
        try (SnapshotServer server = new SnapshotServer(temp, NOWHERE, Link.OPTIONS, (to, frame) -> true, () -> true);
                SnapshotFetcher fetcher = new SnapshotFetcher(NOWHERE, Link.OPTIONS, (to, frame) -> true, List::of)) {
            for (int n = 0; n < 20_000; n++) {
                byte[] bytes = new byte[random.nextInt(40)];
                random.nextBytes(bytes);
                isRefused(b -> server.received(1, new Frame.SnapshotRequest(5, b)), bytes);
                isRefused(b -> fetcher.received(1, new Frame.SnapshotResponse(5, b)), bytes);
            }
            asks().forEach(ask -> server.received(1, new Frame.SnapshotRequest(6, ask.encode())));
            replies().forEach(reply -> fetcher.received(1, new Frame.SnapshotResponse(6, reply.encode())));
        }
    }
}
