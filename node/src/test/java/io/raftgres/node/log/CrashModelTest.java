package io.raftgres.node.log;

import static io.raftgres.node.log.Logs.readAll;

import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Output;
import io.raftgres.raft.Restored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares the log with a model under random appends, truncations, trims, resets, restarts and crashes at any operation
 * of the disk. After a crash the log has the state of the model before the group in flight, or after a part of it.
 */
class CrashModelTest {

    private static final int SEEDS = 100;
    private static final int STEPS = 60;

    @TempDir
    Path temp;

    /** The whole content of a log. Trimming hides entries, but changes none. */
    private record Model(
            long base, long baseTerm, Membership baseMembership, List<Entry> entries, HardState hardState) {

        Model with(HardState next) {
            return new Model(base, baseTerm, baseMembership, entries, next);
        }

        private Model with(List<Entry> next) {
            return new Model(base, baseTerm, baseMembership, next, hardState);
        }

        Model truncatedTo(long index) {
            return with(entries.subList(0, (int) (index - base)));
        }

        Model with(Entry entry) {
            List<Entry> next = new ArrayList<>(truncatedTo(entry.index() - 1).entries());
            next.add(entry);
            return with(next);
        }

        Model resetTo(long index, long term, Membership membership) {
            return new Model(
                    index, term, membership, List.of(), hardState.term() < term ? new HardState(term, 0) : hardState);
        }

        long lastIndex() {
            return base + entries.size();
        }

        private Entry entry(long index) {
            return entries.get((int) (index - base) - 1);
        }

        long termAt(long index) {
            return index == base ? baseTerm : entry(index).term();
        }

        Membership membershipAt(long index) {
            for (long i = index; i > base; i--) {
                if (entry(i).kind() == Entry.Kind.MEMBERSHIP) {
                    return Membership.decode(entry(i).data());
                }
            }
            return baseMembership;
        }

        /** @return the first difference; null if there is none */
        String differs(SegmentedLog log) throws IOException {
            long first = log.firstIndex();
            if (log.lastIndex() != lastIndex()) {
                return "last index " + log.lastIndex() + ", expected " + lastIndex();
            }
            if (first <= base) {
                return "first index " + first + ", expected one above " + base;
            }
            List<Entry> rest = entries.subList((int) (first - base) - 1, entries.size());
            if (!Logs.equal(readAll(log), rest)) {
                return "entries";
            }
            Restored restored = log.restored(log.lastIndex());
            if (!restored.hardState().equals(hardState)) {
                return "hard state " + restored.hardState() + ", expected " + hardState;
            }
            if (restored.baseTerm() != termAt(first - 1)
                    || !restored.baseMembership().equals(membershipAt(first - 1))) {
                return "base " + restored;
            }
            List<Restored.TermStart> terms = new ArrayList<>();
            List<Entry> memberships = new ArrayList<>();
            for (Entry entry : rest) {
                if (terms.isEmpty() || terms.getLast().term() != entry.term()) {
                    terms.add(new Restored.TermStart(entry.index(), entry.term()));
                }
                if (entry.kind() == Entry.Kind.MEMBERSHIP) {
                    memberships.add(entry);
                }
            }
            if (!restored.terms().equals(terms)) {
                return "terms " + restored.terms() + ", expected " + terms;
            }
            return Logs.equal(restored.memberships(), memberships) ? null : "memberships";
        }
    }

    @Test
    void durableEntriesSurviveAnyCrash() throws IOException {
        for (int seed = 0; seed < SEEDS; seed++) {
            Path directory = Files.createDirectory(temp.resolve("seed" + seed));
            try {
                new Run(seed, directory).run();
            } catch (IOException | RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    /** Runs one seed. */
    private static final class Run {
        private final Random random;
        private final Path directory;
        private final FaultyDisk disk = new FaultyDisk();
        private Model model = new Model(0, 0, Logs.BOOTSTRAP, List.of(), HardState.INITIAL);

        /** No append goes below this index: committed entries are never replaced. */
        private long floor;

        private long term = 1;
        private SegmentedLog log;

        Run(long seed, Path directory) {
            this.random = new Random(seed);
            this.directory = directory;
        }

        void run() throws IOException {
            log = Logs.open(directory, disk);
            for (int step = 0; step < STEPS; step++) {
                switch (random.nextInt(13)) {
                    case 0 -> trim();
                    case 12 -> reset();
                    case 1 -> {
                        log.close();
                        log = Logs.open(directory, disk);
                        check(List.of(model));
                    }
                    case 2 -> crash(List.of(model));
                    case 3 -> {
                        disk.failAfter(random.nextInt(10), "power is gone");
                        append();
                    }
                    default -> append();
                }
            }
            log.close();
            log = Logs.open(directory, disk);
            check(List.of(model));
            log.close();
        }

        private void append() throws IOException {
            List<Model> possible = new ArrayList<>(List.of(model));
            List<Output.Append> group = new ArrayList<>();
            Model next = model;
            int appends = 1 + random.nextInt(3);
            for (int i = 0; i < appends; i++) {
                HardState hardState = null;
                if (random.nextInt(4) == 0) {
                    hardState = new HardState(++term, random.nextInt(4));
                    next = next.with(hardState);
                    possible.add(next);
                }
                List<Entry> entries = new ArrayList<>();
                boolean truncate = next.lastIndex() > floor && random.nextInt(8) == 0;
                long index = truncate
                        ? next.lastIndex() - random.nextInt((int) (next.lastIndex() - floor))
                        : next.lastIndex() + 1;
                if (truncate && hardState == null) {
                    term++;
                }
                for (int count = random.nextInt(6); count > 0; count--) {
                    Entry entry = entry(index++);
                    entries.add(entry);
                    // A new segment may say that its first entry replaces others before that entry is there.
                    possible.add(next.truncatedTo(entry.index() - 1));
                    next = next.with(entry);
                    possible.add(next);
                }
                group.add(Logs.append(hardState, entries.toArray(Entry[]::new)));
            }
            try {
                log.append(group);
                model = next;
            } catch (IOException e) {
                if (!disk.failed()) {
                    throw e;
                }
            }
            if (disk.failed()) {
                crash(model == next ? List.of(next) : possible);
            }
            disk.heal();
        }

        /** To an index inside the log, at its end, or far above it. */
        private void reset() throws IOException {
            long index = switch (random.nextInt(3)) {
                case 0 -> model.lastIndex() + random.nextInt(500);
                default -> Math.max(model.base(), model.lastIndex() - random.nextInt(30));
            };
            index = Math.max(1, Math.max(index, floor));
            boolean known = index > model.base() && index <= model.lastIndex() && random.nextBoolean();
            long baseTerm = known ? model.termAt(index) : ++term;
            Membership membership = Logs.membership(1 + random.nextInt(9));
            Model next = model.resetTo(index, baseTerm, membership);
            if (random.nextInt(2) == 0) {
                disk.failAfter(random.nextInt(12), "power is gone");
            }
            // The new one first: a reset to the log's end can leave what the old one would say after a trim, too.
            List<Model> possible = List.of(next, model);
            try {
                log.reset(index, baseTerm, membership);
                possible = List.of(next);
            } catch (IOException e) {
                if (!disk.failed()) {
                    throw e;
                }
            }
            if (disk.failed()) {
                crash(possible);
            } else {
                check(possible);
            }
            disk.heal();
            floor = Math.max(floor, model.base());
        }

        private Entry entry(long index) {
            if (random.nextInt(25) == 0) {
                return new Entry(
                        index,
                        term,
                        Entry.Kind.MEMBERSHIP,
                        Logs.membership(1 + random.nextInt(9)).encode());
            }
            int size = random.nextInt(40) == 0 ? 10_000 + random.nextInt(20_000) : random.nextInt(1200);
            return Logs.command(index, term, size);
        }

        private void trim() throws IOException {
            floor = Math.max(Math.max(floor, model.base()), model.lastIndex() - random.nextInt(20));
            if (random.nextInt(3) == 0) {
                disk.failAfter(random.nextInt(4), "power is gone");
            }
            try {
                long first = log.trim(floor);
                if (first > Math.max(floor, model.base() + 1)) {
                    throw new AssertionError("trimmed to " + first + ", asked for " + floor);
                }
            } catch (IOException e) {
                if (!disk.failed()) {
                    throw e;
                }
            }
            if (disk.failed()) {
                crash(List.of(model));
            }
            disk.heal();
        }

        /** The machine crashes, or only the process; and some times again during the restart. */
        private void crash(List<Model> possible) throws IOException {
            log.abandon();
            if (random.nextInt(3) == 0) {
                disk.heal();
                log = Logs.open(directory, disk);
                check(possible);
                return;
            }
            disk.crash(random);
            while (random.nextInt(3) == 0) {
                disk.failAfter(random.nextInt(6), "power is gone again");
                try {
                    Logs.open(directory, disk).abandon();
                } catch (IOException e) {
                    if (!disk.failed()) {
                        throw e;
                    }
                }
                disk.crash(random);
            }
            log = Logs.open(directory, disk);
            check(possible);
        }

        private void check(List<Model> possible) throws IOException {
            List<String> differences = new ArrayList<>();
            for (Model candidate : possible) {
                String difference = candidate.differs(log);
                if (difference == null) {
                    model = candidate;
                    return;
                }
                differences.add(difference);
            }
            throw new AssertionError(String.join("; ", differences));
        }
    }
}
