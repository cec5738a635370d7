package io.raftgres.raft;

import io.raftgres.raft.Message.Envelope;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.LongStream;

/**
 * Members that are connected by a queue, each with a disk in memory. Messages, syncs and time advance only when the
 * test says so.
 */
final class Cluster {

    static final int HEARTBEAT = 2;
    static final int ELECTION = 10;

    /** One member: its core, its disk, and the messages that it has sent. */
    final class Node {
        final RaftConfig config;
        final Rules rules;
        RaftCore core;

        // The disk: entries above a base
        long base;
        long baseTerm;
        Membership baseMembership;
        final List<Entry> log = new ArrayList<>();
        HardState hardState = HardState.INITIAL;
        final Deque<Output.Append> unsynced = new ArrayDeque<>();
        boolean diskStalled;

        // The state machine
        final List<Entry> applied = new ArrayList<>();
        boolean applyStalled;

        final List<Output.ReadResult> reads = new ArrayList<>();
        final List<Output.RoleChange> roles = new ArrayList<>();
        Output last;
        boolean up = true;

        final List<Output.LostEntries> lostEntries = new ArrayList<>();

        /** The latest snapshot that the core has asked for; 0 when it has not. */
        long snapshotWanted;

        Node(RaftConfig config, Rules rules, Membership bootstrap) {
            this.config = config;
            this.rules = rules;
            this.baseMembership = bootstrap;
            core = new RaftCore(config, Restored.blank(bootstrap), 1, rules);
        }

        long id() {
            return config.self();
        }

        Output step(Input input) {
            if (!up) {
                return null;
            }
            Output output = core.step(input);
            last = output;
            listener.stepped(this, output);
            network.addAll(output.messages());
            if (output.append() != null) {
                unsynced.add(output.append());
            }
            applied.addAll(output.committed());
            reads.addAll(output.reads());
            if (output.snapshotWanted() > 0) {
                snapshotWanted = output.snapshotWanted();
            }
            if (output.lostEntries() != null) {
                lostEntries.add(output.lostEntries());
            }
            if (output.roleChange() != null) {
                roles.add(output.roleChange());
            }
            for (Output.Load load : output.loads()) {
                loads.add(new Asked(this, load));
            }
            if (!output.committed().isEmpty() && !applyStalled) {
                step(new Input.Applied(output.committed().getLast().index()));
            }
            return output;
        }

        /** Writes and syncs the oldest append. */
        void sync() {
            Output.Append append = unsynced.remove();
            for (Entry entry : append.entries()) {
                while (lastInLog() >= entry.index()) {
                    log.removeLast();
                }
                log.add(entry);
            }
            if (append.hardState() != null) {
                hardState = append.hardState();
            }
            listener.synced(this, append);
            network.addAll(append.afterDurable());
            step(new Input.LogDurable(append.sequence()));
        }

        long lastInLog() {
            return base + log.size();
        }

        Entry inLog(long index) {
            return log.get((int) (index - base - 1));
        }

        /** Cuts the log on disk below {@code firstIndex}, and tells the core. */
        void trim(long firstIndex) {
            for (long index = base + 1; index < firstIndex; index++) {
                Entry entry = log.removeFirst();
                baseTerm = entry.term();
                if (entry.kind() == Entry.Kind.MEMBERSHIP) {
                    baseMembership = Membership.decode(entry.data());
                }
                base = entry.index();
            }
            step(new Input.LogTrimmed(firstIndex));
        }

        /** Starts again with another member's state, as it is now. */
        void install(Node source) {
            Entry last = source.applied.getLast();
            crash();
            boolean held = last.index() == base && last.term() == baseTerm
                    || last.index() > base
                            && last.index() <= lastInLog()
                            && inLog(last.index()).term() == last.term();
            if (!held) {
                log.clear();
                base = last.index();
                baseTerm = last.term();
                hardState = hardState.atLeast(baseTerm);
                for (Entry entry : source.applied) {
                    if (entry.kind() == Entry.Kind.MEMBERSHIP) {
                        baseMembership = Membership.decode(entry.data());
                    }
                }
            }
            applied.clear();
            applied.addAll(source.applied);
            restart(last.index());
        }

        private List<Entry> read(Output.Load load) {
            List<Entry> entries = new ArrayList<>();
            int bytes = 0;
            for (long i = load.from(); i <= load.to() && i <= lastInLog() && load.from() > base; i++) {
                Entry entry = inLog(i);
                bytes += entry.sizeBytes();
                if (!entries.isEmpty() && bytes > load.maxBytes()) {
                    break;
                }
                entries.add(entry);
            }
            return entries;
        }

        /** Crashes: what is not synced is lost. */
        void crash() {
            up = false;
            unsynced.clear();
            loads.removeIf(asked -> asked.node == this);
            network.removeIf(e -> e.from() == id());
        }

        /** @param appliedIndex index up to which the state machine survives; {@link Restored#NO_STATE} if it is lost */
        void restart(long appliedIndex) {
            up = true;
            snapshotWanted = 0;
            while (!applied.isEmpty() && applied.getLast().index() > appliedIndex) {
                applied.removeLast();
            }
            core = new RaftCore(config, restored(appliedIndex), 77, rules);
        }

        /** Starts again with a new disk and the same identity. No member vouches for it. */
        void wipe() {
            up = true;
            base = 0;
            baseTerm = 0;
            baseMembership = voters(nodes.keySet().stream().mapToLong(id -> id).toArray());
            log.clear();
            hardState = HardState.INITIAL;
            applied.clear();
            core = new RaftCore(config, restored(0).unvouched(), 78, rules);
        }

        private Restored restored(long appliedIndex) {
            List<Restored.TermStart> terms = new ArrayList<>();
            List<Entry> memberships = new ArrayList<>();
            long term = baseTerm;
            for (Entry entry : log) {
                if (term != entry.term()) {
                    term = entry.term();
                    terms.add(new Restored.TermStart(entry.index(), term));
                }
                if (entry.kind() == Entry.Kind.MEMBERSHIP) {
                    memberships.add(entry);
                }
            }
            return new Restored(
                    hardState, base, baseTerm, baseMembership, terms, memberships, lastInLog(), appliedIndex);
        }

        Output.Proposed propose(String... commands) {
            return step(new Input.Propose(bytes(commands))).proposed();
        }

        Output.Proposed change(MembershipChange change) {
            return step(new Input.ChangeMembership(change)).proposed();
        }

        void tick(int ticks) {
            for (int i = 0; i < ticks; i++) {
                step(new Input.Tick());
            }
        }

        void receive(long from, Message message) {
            step(new Input.Receive(from, message));
        }

        List<String> commands() {
            return applied.stream()
                    .filter(e -> e.kind() == Entry.Kind.COMMAND)
                    .map(e -> new String(e.data(), StandardCharsets.UTF_8))
                    .toList();
        }

        String lastReason() {
            return roles.getLast().reason();
        }
    }

    /** A request to load entries that has no response yet. */
    record Asked(Node node, Output.Load load) {
        void answer() {
            node.step(new Input.EntriesLoaded(load, node.read(load)));
        }
    }

    /** Receives the events in their order. */
    interface Listener {
        Listener NONE = new Listener() {};

        default void stepped(Node node, Output output) {}

        /** The append is on disk; its messages leave now. */
        default void synced(Node node, Output.Append append) {}
    }

    Listener listener = Listener.NONE;
    final TreeMap<Long, Node> nodes = new TreeMap<>();
    final Deque<Envelope> network = new ArrayDeque<>();
    final Deque<Asked> loads = new ArrayDeque<>();

    /** Messages that match this predicate are lost. */
    Predicate<Envelope> lost = e -> false;

    private Cluster() {}

    static Cluster of(int voters) {
        return of(voters, Rules.STANDARD, Cluster::config);
    }

    static Cluster of(int voters, Rules rules, java.util.function.LongFunction<RaftConfig> configOf) {
        Cluster cluster = new Cluster();
        Membership membership = voters(LongStream.rangeClosed(1, voters).toArray());
        for (Member member : membership.members()) {
            cluster.nodes.put(member.id(), cluster.new Node(configOf.apply(member.id()), rules, membership));
        }
        return cluster;
    }

    static RaftConfig config(long self) {
        return new RaftConfig(self, HEARTBEAT, ELECTION, 1 << 10, 4, 4 << 10, 64 << 10, 64 << 10, 64 << 10, 10);
    }

    static Membership voters(long... ids) {
        return Membership.of(Arrays.stream(ids).mapToObj(id -> member(id, true)).toList());
    }

    static Member member(long id, boolean voter) {
        return new Member(id, "node" + id, voter, "host" + id + ":1", "http://host" + id);
    }

    static List<byte[]> bytes(String... commands) {
        return Arrays.stream(commands)
                .map(c -> c.getBytes(StandardCharsets.UTF_8))
                .toList();
    }

    Node node(long id) {
        return nodes.get(id);
    }

    Collection<Node> all() {
        return nodes.values();
    }

    /** Adds a node that knows nothing, not even the members of the cluster. */
    Node addBlank(long id) {
        Node node = new Node(config(id), Rules.STANDARD, Membership.of(List.of()));
        nodes.put(id, node);
        return node;
    }

    /** Delivers messages and syncs disks until nothing is left to do. */
    void settle() {
        boolean moved = true;
        while (moved) {
            moved = false;
            while (!network.isEmpty()) {
                deliver(network.remove());
                moved = true;
            }
            while (!loads.isEmpty()) {
                loads.remove().answer();
                moved = true;
            }
            for (Node node : nodes.values()) {
                while (!node.diskStalled && !node.unsynced.isEmpty()) {
                    node.sync();
                    moved = true;
                }
            }
        }
    }

    void deliver(Envelope envelope) {
        Node to = nodes.get(envelope.to());
        if (to != null && to.up && !lost.test(envelope)) {
            to.receive(envelope.from(), envelope.message());
        }
    }

    /** Advances time for all members. Everything settles after each tick. */
    void run(int ticks) {
        for (int i = 0; i < ticks; i++) {
            for (Node node : nodes.values()) {
                node.tick(1);
            }
            settle();
        }
    }

    void runUntil(BooleanSupplier condition) {
        for (int i = 0; i < 1000; i++) {
            if (condition.getAsBoolean()) {
                return;
            }
            run(1);
        }
        throw new AssertionError("not reached within 1000 ticks");
    }

    /** Makes this node the leader and settles. */
    Node elect(long id) {
        Node node = node(id);
        for (int i = 0; i < 4 * ELECTION && node.core.role() != Role.LEADER; i++) {
            nodes.values().forEach(n -> {
                if (n != node) {
                    n.step(new Input.PeerUnreachable(n.core.leader()));
                }
            });
            node.tick(1);
            settle();
        }
        if (node.core.role() != Role.LEADER) {
            throw new AssertionError("node " + id + " was not elected: " + node.roles);
        }
        return node;
    }

    Node leader() {
        return nodes.values().stream()
                .filter(n -> n.up && n.core.role() == Role.LEADER)
                .reduce((a, b) -> a.core.term() > b.core.term() ? a : b)
                .orElseThrow(() -> new AssertionError("no leader"));
    }

    boolean hasLeader() {
        return nodes.values().stream().anyMatch(n -> n.up && n.core.role() == Role.LEADER);
    }

    void isolate(long id) {
        lost = lost.or(e -> e.from() == id || e.to() == id);
    }

    void heal() {
        lost = e -> false;
    }

    /** Messages of a kind that wait in the network. */
    <T extends Message> List<T> waiting(Class<T> kind) {
        return network.stream()
                .map(Envelope::message)
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
    }
}
