package io.raftgres.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.config.MemberIdentity;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.config.TestConfig;
import io.raftgres.node.kv.AuthCommand;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.RequestCodec;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.log.LogIdentity;
import io.raftgres.node.log.LogOptions;
import io.raftgres.node.log.SegmentedLog;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.KvService.Consistency;
import io.raftgres.node.service.health.ClusterView.MemberView;
import io.raftgres.node.tls.NodeTls;
import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Output;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A data directory whose node stopped at each start, because its log has entries that older builds accepted and could
 * not apply. Its node now starts, serves, and starts again.
 */
@Timeout(300)
class OldLogTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final List<StopReason> endings = new CopyOnWriteArrayList<>();
    private NodeConfig config;
    private Bootstrap bootstrap;

    private NodeConfig config() throws IOException {
        return TestConfig.config(
                "NAME",
                "node1",
                "DATA_DIR",
                directory.toString(),
                "SEGMENT_BYTES",
                "1048576",
                "PEERS",
                "node1=127.0.0.1:" + TestPostgres.freePort() + "@http://127.0.0.1:8081",
                "POSTGRES_PORT",
                "" + TestPostgres.freePort());
    }

    private static byte[] command(Op... ops) {
        return RequestCodec.encode(new Request(null, List.of(), List.of(ops), List.of()));
    }

    private static Op put(String key) {
        return new Op.Put(Key.of(key), key.getBytes(), 0, false);
    }

    private void writeOldLog() throws IOException {
        Member self = bootstrap.self();
        byte[] random = new byte[8 << 10];
        new Random(1).nextBytes(random);
        String name = HexFormat.of().formatHex(random);
        List<byte[]> commands = List.of(
                command(put("a"), new Op.Get(KeyRange.single(Key.of("a")), Selection.of(Long.MAX_VALUE, 0, false))),
                command(new Op.Auth(new AuthCommand.AddRole(name))),
                command(new Op.Auth(new AuthCommand.AddUser(name, false, new byte[0]))));
        Membership members = Membership.of(List.of(
                self,
                new Member(2, "n2", false, "h\0:1", "http://h"),
                new Member(3, "n3", false, "h:2", "http://h\0"),
                new Member(4, "n4", false, "h:3", "http://^"),
                new Member(5, "n5", false, "\uD800:4", "http://\uDC00")));
        try (SegmentedLog log = SegmentedLog.create(
                NodeConfig.logDirectory(config),
                new LogIdentity(bootstrap.clusterId(), self.id()),
                0,
                0,
                new HardState(1, self.id()),
                bootstrap.membership(),
                new LogOptions(config.segmentBytes(), 3, 4096))) {
            long index = 0;
            for (byte[] command : commands) {
                append(log, new Entry(++index, 1, Entry.Kind.COMMAND, command));
            }
            append(log, new Entry(++index, 1, Entry.Kind.MEMBERSHIP, members.encode()));
            append(log, new Entry(++index, 1, Entry.Kind.COMMAND, command(put("last"))));
        }
        new MemberIdentity(bootstrap.clusterId(), self.id(), "node1").write(directory);
    }

    private static void append(SegmentedLog log, Entry entry) throws IOException {
        log.append(List.of(new Output.Append(1, List.of(entry), null, List.of())));
    }

    @Test
    void nodeWithAnOldLogStartsAndServes() throws Exception {
        config = config();
        bootstrap = Bootstrap.ofNewCluster(config);
        writeOldLog();
        List<String> left = new ArrayList<>(
                List.of("http://h", "http://h\uFFFD", "http://^", "http://\uFFFD", "http://127.0.0.1:8081"));
        for (String life : List.of("first", "second")) {
            RunningNode node =
                    RunningNode.start(config, NodeMemory.ofThisProcess(), NodeTls.off(), "test", endings::add);
            try {
                KvService kv = node.kv();
                kv.write(Request.of(null, put(life)), PATIENCE)
                        .toCompletableFuture()
                        .join();
                for (String key : List.of("a", "last", "first")) {
                    assertArrayEquals(
                            key.getBytes(),
                            kv.get(Key.of(key), Consistency.LINEARIZABLE, PATIENCE)
                                    .toCompletableFuture()
                                    .join()
                                    .row()
                                    .value());
                }
                assertEquals(1, kv.auth(PATIENCE).users().size());
                assertEquals(1, kv.auth(PATIENCE).roles().size());
                assertEquals(
                        left,
                        kv.cluster().members().stream()
                                .map(MemberView::clientAddress)
                                .toList());
                kv.admin().remove(life.equals("first") ? "n3" : "n5", PATIENCE);
                left.remove(life.equals("first") ? "http://h\uFFFD" : "http://\uFFFD");
                assertEquals(List.of(), endings);
            } finally {
                node.close();
            }
            assertTrue(MemberIdentity.read(directory).orElseThrow().contacts().stream()
                    .allMatch(url -> url.equals("http://h")));
        }
    }
}
