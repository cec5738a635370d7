package io.raftgres.node.recovery;

import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.config.DurableFile;
import io.raftgres.node.config.MemberIdentity;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.log.LogDamagedException;
import io.raftgres.node.log.LogIdentity;
import io.raftgres.node.log.LogOptions;
import io.raftgres.node.log.SegmentedLog;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Restored;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Turns a stopped member into a cluster of one, when its cluster has permanently lost most of its voters. All entries
 * of the member's log are kept and become committed; entries that only the lost members had are lost. The cluster and
 * the member get new identities, so that no member of the old cluster can mix with the new one.
 *
 * <p>The recovery may be killed at any time. Until the new log is complete, nothing of the old data has changed, and a
 * node starts as before. From then on the {@link RecoveryPlan} is on disk: a node refuses to start, and another run
 * completes the recovery.
 */
public final class ForcedNewCluster {

    /** Value of {@code raftgres.recover}. */
    public static final String OPTION = "force-new-cluster";

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

    /**
     * The steps, in order. Up to PLAN nothing has changed for a node that starts; after it the recovery cannot be
     * undone.
     */
    enum Step {
        COPY,
        PLAN,
        REBIND,
        OLD_LOG_ASIDE,
        NEW_LOG_IN_PLACE,
        MEMBER_FILE,
        DONE
    }

    private final Path directory;
    private final Path log;
    private final Path next;
    private final LogOptions options;
    private final AppliedState.Source state;
    private final Supplier<Member> configured;
    private final Consumer<Step> before;

    /**
     * @param directory the member's data directory
     * @param log directory of its log
     * @param configured this member according to the configuration, if its own log does not name it
     * @param before called before each step; a test that throws there has the effect of a kill
     */
    ForcedNewCluster(
            Path directory,
            Path log,
            LogOptions options,
            AppliedState.Source state,
            Supplier<Member> configured,
            Consumer<Step> before) {
        this.directory = directory;
        this.log = log;
        this.next = log.resolveSibling("log.recovery");
        this.options = options;
        this.state = state;
        this.configured = configured;
        this.before = before;
    }

    /**
     * @return a report for people, a line each
     * @throws IOException with sentences: why nothing was done, or how to complete the recovery
     */
    public static List<String> run(NodeConfig config) throws IOException, InterruptedException {
        String wanted = config.recover().orElse("");
        if (!wanted.equals(OPTION)) {
            throw new IOException("raftgres.recover is '" + wanted + "'; its valid values are " + OPTION + " and "
                    + RestoredCluster.OPTION + "FILE");
        }
        Path directory = config.dataDir().toAbsolutePath().normalize();
        LogOptions standard = LogOptions.standard();
        return new ForcedNewCluster(
                        directory,
                        NodeConfig.logDirectory(config),
                        new LogOptions(config.segmentBytes(), standard.spareSegments(), standard.bufferBytes()),
                        () -> PostgresState.open(config, directory),
                        () -> Bootstrap.own(config),
                        step -> {})
                .run();
    }

    List<String> run() throws IOException, InterruptedException {
        if (!Files.isDirectory(directory)) {
            throw new IOException("the data directory " + directory + " does not exist");
        }
        try (FileChannel _ = lock()) {
            Optional<RecoveryPlan> begun = RecoveryPlan.read(directory);
            if (begun.isPresent()) {
                requireNewLog(begun.get());
                try (AppliedState applied = state.open()) {
                    return finish(begun.get(), applied);
                }
            }
            return begin();
        }
    }

    private List<String> begin() throws IOException, InterruptedException {
        LogIdentity from = identity();
        SegmentedLog old = openOld(from);
        // Comes before the use of PostgreSQL: the log's lock proves that no node runs.
        try (AppliedState applied = state.open()) {
            RecoveryPlan plan;
            try (old) {
                plan = rewrite(old, from, applied);
                before.accept(Step.PLAN);
                // From here on the plan keeps a node from starting, as the lock has until now.
                plan.write(directory);
            }
            return finish(plan, applied);
        } finally {
            // Also when there was no state.
            old.close();
        }
    }

    /** Allows one recovery at a time. */
    private FileChannel lock() throws IOException {
        Path file = directory.resolve("recovery.lock");
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            // Treated like a lock of another process.
        }
        channel.close();
        throw new IOException("another recovery of " + directory + " is running; wait until it ends");
    }

    private LogIdentity identity() throws IOException {
        Optional<LogIdentity> ofLog;
        try {
            ofLog = SegmentedLog.identityOf(log);
        } catch (LogDamagedException e) {
            throw damaged(e);
        }
        Optional<LogIdentity> ofFile =
                MemberIdentity.read(directory).map(member -> new LogIdentity(member.clusterId(), member.memberId()));
        if (ofLog.isEmpty()) {
            throw new IOException("there is no log in " + log + ": no cluster can be recovered from it."
                    + " Nothing has been changed. Run the recovery on a member that has its data");
        }
        if (ofFile.isPresent() && !ofFile.equals(ofLog)) {
            throw new IOException("member.json in " + directory + " belongs to " + ofFile.get() + ", but the log to "
                    + ofLog.get() + ": this is data of different members. Nothing has been changed");
        }
        if (MemberIdentity.read(directory).map(MemberIdentity::removed).orElse(false)) {
            throw new IOException("this member was removed from its cluster, and lacks all later entries."
                    + " Nothing has been changed. Run the recovery on a member that was not removed");
        }
        if (Files.exists(directory.resolve("quarantine"))) {
            throw new IOException("this member was quarantined: its data differed from the other members'. Nothing has"
                    + " been changed. Run the recovery on another member; if there is none, read the reason in the file "
                    + directory.resolve("quarantine")
                    + ", delete the file if you accept that data, and run the recovery again");
        }
        return ofLog.get();
    }

    private SegmentedLog openOld(LogIdentity from) throws IOException {
        try {
            return SegmentedLog.open(log, from, Membership.of(List.of()), options);
        } catch (LogDamagedException e) {
            throw damaged(e);
        }
    }

    private static IOException damaged(LogDamagedException e) {
        return new IOException(
                e.damage() + ". A damaged log cannot become a cluster: entries that were acknowledged"
                        + " may be missing in its middle. Nothing has been changed. Next step: run the recovery on"
                        + " another stopped member whose log is intact (the recovery reports it; of several take the one whose report names"
                        + " the highest last term, then the highest last index); or restore a copy of this member's data"
                        + " directory from before the damage, and run the recovery on it",
                e);
    }

    /** Writes the new log next to the old one, under new identities. */
    private RecoveryPlan rewrite(SegmentedLog old, LogIdentity from, AppliedState applied) throws IOException {
        Optional<LogIdentity> owner = applied.owner();
        if (owner.isPresent() && !owner.get().equals(from)) {
            throw new IOException("the data in PostgreSQL belongs to " + owner.get() + ", but the log to " + from
                    + ": they belong to different members. Nothing has been changed");
        }
        long appliedIndex = applied.appliedIndex();
        Restored restored = restored(old, appliedIndex);
        Membership membership = LogRewrite.membership(restored);
        LogIdentity to = new LogIdentity(randomId(), randomId());
        Member self = self(membership, from.memberId(), to.memberId());
        requireSpace(old.sizeBytes());
        before.accept(Step.COPY);
        deleteAll(next);
        try {
            LogRewrite.run(old, restored, next, to, self, options);
        } catch (LogDamagedException e) {
            deleteAll(next);
            throw damaged(e);
        } catch (IOException e) {
            deleteAll(next);
            throw new IOException(e.getMessage() + ". Nothing has been changed", e);
        }
        DurableFile.syncDirectory(log.getParent());
        return new RecoveryPlan(
                TIME.format(Instant.now()),
                from,
                to,
                self.name(),
                lost(membership, from.memberId()),
                restored.baseIndex() + 1,
                restored.lastIndex(),
                LogRewrite.lastTerm(restored),
                appliedIndex,
                LogRewrite.newTerm(restored));
    }

    private Restored restored(SegmentedLog old, long appliedIndex) throws IOException {
        try {
            return old.restored(appliedIndex);
        } catch (LogDamagedException e) {
            throw new IOException(
                    "the log, with entries " + old.firstIndex() + " to " + old.lastIndex() + ", and"
                            + " PostgreSQL, which has applied entry " + appliedIndex
                            + ", are inconsistent: one of them was"
                            + " lost or replaced, or a snapshot was being installed. Nothing has been changed. Next"
                            + " step: start this node once, which completes an installation, stop it and run the recovery"
                            + " again; or run the recovery on another stopped member",
                    e);
        }
    }

    private static List<String> lost(Membership membership, long self) {
        return membership.members().stream()
                .filter(member -> member.id() != self)
                .map(member -> member.name() + (member.voter() ? "" : " (learner)") + " at " + member.peerAddress()
                        + ", " + member.clientAddress())
                .toList();
    }

    private Member self(Membership membership, long oldId, long newId) throws IOException {
        Member known = membership.member(oldId).orElse(null);
        if (known == null) {
            try {
                known = configured.get();
            } catch (IllegalArgumentException e) {
                throw new IOException(
                        "neither this member's log nor the configuration has its addresses: " + e.getMessage()
                                + ". Nothing has been changed",
                        e);
            }
        }
        return new Member(newId, known.name(), true, known.peerAddress(), known.clientAddress());
    }

    private void requireSpace(long logBytes) throws IOException {
        long needed = logBytes + (1L + options.spareSegments()) * options.segmentBytes();
        long usable = log.getParent().toFile().getUsableSpace();
        if (usable < needed) {
            throw new IOException("the new log is written next to the old one and needs " + needed + " bytes, but "
                    + log.getParent() + " has only " + usable + " bytes free. Nothing has been changed."
                    + " Free disk space and run the recovery again");
        }
    }

    private static long randomId() {
        SecureRandom random = new SecureRandom();
        long id = random.nextLong();
        return id == Member.NONE ? 1 : id;
    }

    private void requireNewLog(RecoveryPlan plan) throws IOException {
        Path where = Files.exists(next) ? next : log;
        if (SegmentedLog.identityOf(where).isEmpty()) {
            throw new IOException("the new log that the recovery wrote is missing in " + where);
        }
        try (SegmentedLog copy = SegmentedLog.open(where, plan.to(), Membership.of(List.of()), options)) {
            if (copy.lastIndex() != plan.lastIndex() + 1) {
                throw new IOException("the log in " + where + " ends with entry " + copy.lastIndex() + ", not with "
                        + (plan.lastIndex() + 1) + ", which the recovery wrote");
            }
        }
    }

    /** An earlier run that was killed may have done all of this. */
    private List<String> finish(RecoveryPlan plan, AppliedState applied) throws IOException {
        before.accept(Step.REBIND);
        applied.rebind(plan.from(), plan.to());
        Path aside = log.resolveSibling("log.before-recovery-" + plan.time());
        before.accept(Step.OLD_LOG_ASIDE);
        if (!Files.exists(aside)) {
            move(log, aside);
        }
        before.accept(Step.NEW_LOG_IN_PLACE);
        if (Files.exists(next)) {
            move(next, log);
        }
        before.accept(Step.MEMBER_FILE);
        new MemberIdentity(plan.to().clusterId(), plan.to().memberId(), plan.name()).write(directory);
        before.accept(Step.DONE);
        RecoveryPlan.delete(directory);
        return RecoveryReport.of(plan, aside);
    }

    private void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        DurableFile.syncDirectory(log.getParent());
    }

    private static void deleteAll(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> all = Files.list(directory)) {
            files = all.toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
        Files.delete(directory);
    }
}
