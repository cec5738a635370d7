package io.raftgres.node.recovery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.config.MemberIdentity;
import io.raftgres.node.log.LogIdentity;
import io.raftgres.node.log.LogOptions;
import io.raftgres.node.log.SegmentedLog;
import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import io.raftgres.raft.Input;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Output;
import io.raftgres.raft.RaftConfig;
import io.raftgres.raft.RaftCore;
import io.raftgres.raft.Restored;
import io.raftgres.raft.Role;
import io.raftgres.raft.Rules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole log of a member becomes that of a cluster of one, wherever the recovery is killed; or nothing changes. */
class ForcedNewClusterTest {

    private static final LogIdentity OLD = new LogIdentity(0xc1, 2);
    private static final LogOptions OPTIONS = new LogOptions(64 << 10, 3, 4096);
    private static final long BASE = 70;
    private static final long APPLIED = 400;
    private static final Membership THREE = membership(3);
    private static final Membership FOUR = membership(4).without(9);

    @TempDir
    Path directory;

    private final List<Entry> entries = new ArrayList<>();
    private LogIdentity owner = OLD;
    private long applied = APPLIED;
    private int opened;

    private static Membership membership(int members) {
        List<Member> list = new ArrayList<>();
        for (int i = 1; i <= members; i++) {
            list.add(new Member(i, "node" + i, i < 4, "127.0.0.1:" + (9000 + i), "http://127.0.0.1:" + (8000 + i)));
        }
        return Membership.of(list);
    }

    /** PostgreSQL as a recovery sees it. Its content survives the recovery. */
    private final class State implements AppliedState {
        State() {
            opened++;
        }

        @Override
        public Optional<LogIdentity> owner() {
            return Optional.ofNullable(owner);
        }

        @Override
        public long appliedIndex() {
            return applied;
        }

        @Override
        public void rebind(LogIdentity from, LogIdentity to) {
            assertTrue(owner == null || owner.equals(from) || owner.equals(to));
            owner = to;
        }

        @Override
        public void close() {}
    }

    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private ForcedNewCluster recovery(Path data, Consumer<ForcedNewCluster.Step> before) {
        return new ForcedNewCluster(
                data,
                data.resolve("log"),
                OPTIONS,
                State::new,
                () -> THREE.member(2).orElseThrow(),
                before);
    }

    private List<String> recover(Path data) throws IOException, InterruptedException {
        return recovery(data, step -> {}).run();
    }

    /** A log over many segments that begins above zero, with three terms and a change of membership. */
    private void writeOldLog(Path data) throws IOException {
        entries.clear();
        try (SegmentedLog log =
                SegmentedLog.create(data.resolve("log"), OLD, BASE, 3, new HardState(3, 1), THREE, OPTIONS)) {
            Random random = new Random(7);
            for (long index = BASE + 1; index <= 500; index++) {
                long term = index < 200 ? 3 : index < 480 ? 5 : 6;
                byte[] bytes = new byte[random.nextInt(1_500)];
                random.nextBytes(bytes);
                Entry entry = index == 300
                        ? new Entry(index, term, Entry.Kind.MEMBERSHIP, FOUR.encode())
                        : index == 200 || index == 480
                                ? Entry.noop(index, term)
                                : new Entry(index, term, Entry.Kind.COMMAND, bytes);
                entries.add(entry);
                HardState hardState = index == 200 ? new HardState(5, 3) : index == 480 ? new HardState(8, 2) : null;
                log.append(List.of(new Output.Append(1, List.of(entry), hardState, List.of())));
            }
        }
        new MemberIdentity(OLD.clusterId(), OLD.memberId(), "node2").write(data);
    }

    private static SegmentedLog open(Path log, LogIdentity identity) throws IOException {
        return SegmentedLog.open(log, identity, Membership.of(List.of()), OPTIONS);
    }

    private static LogIdentity identity(Path data) throws IOException {
        MemberIdentity member = MemberIdentity.read(data).orElseThrow();
        return new LogIdentity(member.clusterId(), member.memberId());
    }

    private void assertSameEntries(SegmentedLog log) throws IOException {
        for (Entry entry : entries) {
            Entry found = log.read(entry.index(), entry.index(), 1).getFirst();
            assertEquals(entry.term(), found.term());
            assertEquals(entry.kind(), found.kind());
            assertArrayEquals(entry.data(), found.data());
        }
    }

    /** Checks the result of a completed recovery. */
    private void assertRecovered(Path data) throws IOException {
        LogIdentity now = identity(data);
        assertNotEquals(OLD.clusterId(), now.clusterId());
        assertNotEquals(OLD.memberId(), now.memberId());
        assertEquals(now, owner, "PostgreSQL's owner");
        assertDoesNotThrow(() -> RecoveryPlan.requireNone(data));
        assertFalse(Files.exists(data.resolve("log.recovery")));
        try (SegmentedLog log = open(data.resolve("log"), now)) {
            assertEquals(BASE + 1, log.firstIndex());
            assertEquals(501, log.lastIndex());
            assertSameEntries(log);
            Restored restored = log.restored(APPLIED);
            assertEquals(new HardState(9, Member.NONE), restored.hardState());
            assertEquals(3, restored.baseTerm());
            assertEquals(THREE, restored.baseMembership());
            assertEquals(
                    List.of(
                            new Restored.TermStart(71, 3),
                            new Restored.TermStart(200, 5),
                            new Restored.TermStart(480, 6),
                            new Restored.TermStart(501, 9)),
                    restored.terms());
            assertEquals(
                    List.of(300L, 501L),
                    restored.memberships().stream().map(Entry::index).toList());
            Membership alone =
                    Membership.decode(restored.memberships().getLast().data());
            assertEquals(
                    List.of(new Member(now.memberId(), "node2", true, "127.0.0.1:9002", "http://127.0.0.1:8002")),
                    alone.members());
            assertEquals(Set.of(1L, 2L, 3L, 4L, 9L), alone.removed());
        }
        List<Path> aside = aside(data);
        assertEquals(1, aside.size());
        try (SegmentedLog old = open(aside.getFirst(), OLD)) {
            assertEquals(500, old.lastIndex());
            assertSameEntries(old);
        }
    }

    private static List<Path> aside(Path data) throws IOException {
        try (Stream<Path> all = Files.list(data)) {
            return all.filter(path -> path.getFileName().toString().startsWith("log.before-recovery-"))
                    .toList();
        }
    }

    @Test
    void allEntriesAreKeptInAClusterOfOne() throws IOException, InterruptedException {
        writeOldLog(directory);
        List<String> report = recover(directory);
        assertRecovered(directory);
        String text = String.join("\n", report);
        assertTrue(text.contains("entries 71 to 500, the last of term 6"), text);
        assertTrue(text.contains("known committed   up to entry 400"), text);
        assertTrue(text.contains("of unknown fate   100 entries, which are kept"), text);
        assertTrue(text.contains("00000000000000c1"), text);
        assertTrue(text.contains("node4 (learner) at 127.0.0.1:9004, http://127.0.0.1:8004"), text);
        assertFalse(text.contains("node2 at"), text);
    }

    /** The purpose: the core leads alone at once, and commits all entries of the log. */
    @Test
    void theNewClustersOnlyMemberLeadsAndCommitsEverything() throws IOException, InterruptedException {
        writeOldLog(directory);
        recover(directory);
        LogIdentity now = identity(directory);
        try (SegmentedLog log = open(directory.resolve("log"), now)) {
            RaftCore core = new RaftCore(RaftConfig.standard(now.memberId()), log.restored(APPLIED), 1, Rules.STANDARD);
            for (int tick = 0; tick < 200 && core.commitIndex() < 502; tick++) {
                Output output = core.step(new Input.Tick());
                while (output.append() != null) {
                    log.append(List.of(output.append()));
                    output = core.step(new Input.LogDurable(output.append().sequence()));
                }
            }
            assertEquals(Role.LEADER, core.role());
            assertEquals(502, core.commitIndex());
            assertEquals(List.of(now.memberId()), core.membership().voters());
        }
    }

    @Test
    void killedAnywhereAnotherRunFinishes() throws IOException, InterruptedException {
        for (ForcedNewCluster.Step first : ForcedNewCluster.Step.values()) {
            for (ForcedNewCluster.Step second : ForcedNewCluster.Step.values()) {
                Path data = Files.createDirectory(directory.resolve(first + "-" + second));
                owner = OLD;
                writeOldLog(data);
                killAt(data, first);
                killAt(data, second);
                recover(data);
                assertRecovered(data);
            }
        }
    }

    private void killAt(Path data, ForcedNewCluster.Step step) throws IOException, InterruptedException {
        boolean begun = Files.exists(data.resolve("recovery.json"));
        try {
            recovery(data, reached -> {
                        if (reached == step) {
                            throw new Killed();
                        }
                    })
                    .run();
            assertTrue(begun && step.compareTo(ForcedNewCluster.Step.PLAN) <= 0, "not reached: " + step);
        } catch (Killed e) {
            boolean noReturn = step.compareTo(ForcedNewCluster.Step.PLAN) > 0;
            if (noReturn) {
                IOException refused = assertThrows(IOException.class, () -> RecoveryPlan.requireNone(data));
                assertTrue(refused.getMessage().contains("Run it again"), refused.getMessage());
            } else {
                RecoveryPlan.requireNone(data);
                assertEquals(OLD, owner);
                assertEquals(OLD, identity(data));
                try (SegmentedLog log = open(data.resolve("log"), OLD)) {
                    assertEquals(500, log.lastIndex(), "a node starts as before");
                }
            }
        }
        if (begun && step.compareTo(ForcedNewCluster.Step.PLAN) <= 0) {
            // It went through; from here on this is an ordinary member, whose cluster can be forced again.
            Files.move(data.resolve("log"), data.resolve("done"));
            Files.move(aside(data).getFirst(), data.resolve("log"));
            new MemberIdentity(OLD.clusterId(), OLD.memberId(), "node2").write(data);
            owner = OLD;
        }
    }

    @Test
    void runningNodeIsLeftAlone() throws IOException {
        writeOldLog(directory);
        try (SegmentedLog running = open(directory.resolve("log"), OLD)) {
            refused("Stop that node first");
            assertEquals(0, opened, "its PostgreSQL is not touched");
            assertEquals(500, running.lastIndex());
        }
    }

    @Test
    void aDamagedLogIsRefusedWithTheChoices() throws IOException {
        writeOldLog(directory);
        Path segment = segments().get(1);
        byte[] bytes = Files.readAllBytes(segment);
        bytes[bytes.length / 2] ^= 1;
        Files.write(segment, bytes);
        String message = refused("run the recovery on another stopped member whose log is intact");
        assertTrue(message.contains(segment + " is damaged at offset "), message);
        assertTrue(message.contains("Nothing has been changed"), message);
        assertFalse(
                message.contains("add a new member"), "the advice for a cluster that lives is none here: " + message);
        assertEquals(0, opened);
    }

    private List<Path> segments() throws IOException {
        try (Stream<Path> all = Files.list(directory.resolve("log"))) {
            return all.filter(path -> path.getFileName().toString().startsWith("segment-"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void inconsistentDataIsRefused() throws IOException, InterruptedException {
        refused("there is no log in");
        writeOldLog(directory);
        new MemberIdentity(OLD.clusterId(), 3, "node3").write(directory);
        refused("this is data of different members");
        MemberIdentity member = new MemberIdentity(OLD.clusterId(), OLD.memberId(), "node2");
        member.asRemoved().write(directory);
        refused("was removed from its cluster");
        member.write(directory);
        owner = new LogIdentity(OLD.clusterId(), 3);
        refused("they belong to different members");
        owner = OLD;
        applied = 501;
        refused("are inconsistent");
        applied = BASE - 1;
        refused("are inconsistent");
        applied = APPLIED;
        Path quarantine = Files.writeString(directory.resolve("quarantine"), "differs");
        refused("was quarantined");
        Files.delete(quarantine);
        try (SegmentedLog old = open(directory.resolve("log"), OLD)) {
            assertSameEntries(old);
        }
        recover(directory);
        assertRecovered(directory);
    }

    /** Members from before there was a file for it have their identity in the log alone. */
    @Test
    void theLogsIdentityIsEnough() throws IOException, InterruptedException {
        writeOldLog(directory);
        Files.delete(directory.resolve("member.json"));
        owner = null;
        recover(directory);
        assertRecovered(directory);
    }

    private String refused(String why) throws IOException {
        IOException refused = assertThrows(IOException.class, () -> recover(directory));
        assertTrue(refused.getMessage().contains(why), refused.getMessage());
        RecoveryPlan.requireNone(directory);
        assertFalse(Files.exists(directory.resolve("log.recovery")));
        assertEquals(List.of(), aside(directory));
        return refused.getMessage();
    }
}
