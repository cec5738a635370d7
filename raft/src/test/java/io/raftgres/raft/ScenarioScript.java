package io.raftgres.raft;

import io.raftgres.raft.Message.Envelope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Runs the commands of a scenario; {@code scenarios/README.md} explains them. */
final class ScenarioScript {

    private static final String INDENT = "  ";

    private Cluster cluster;
    private ScenarioEvents events;

    /** The side of the partition that a member is on; a member without a side is alone. */
    private final Map<Long, Integer> sides = new HashMap<>();

    /** @return the text with the output below each command, in place of the former output */
    static String run(List<String> text) {
        ScenarioScript script = new ScenarioScript();
        List<String> lines = new ArrayList<>();
        for (String line : text) {
            if (line.startsWith(INDENT)) {
                continue;
            }
            lines.add(line);
            if (!line.isBlank() && !line.startsWith("#")) {
                try {
                    script.command(line).forEach(output -> lines.add(INDENT + output));
                } catch (IndexOutOfBoundsException | NullPointerException | IllegalArgumentException e) {
                    throw new IllegalArgumentException(
                            "the last command cannot be run:\n" + String.join("\n", lines), e);
                }
            }
        }
        return String.join("\n", lines) + "\n";
    }

    private List<String> command(String line) {
        List<String> words = new ArrayList<>(Arrays.asList(line.split(" ")));
        boolean quiet = words.getFirst().equals("quiet");
        if (quiet) {
            words.removeFirst();
        }
        if (words.getFirst().equals("cluster")) {
            begin(number(words, 1));
            if (words.contains("leader")) {
                cluster.elect(number(words, 3));
                cluster.run(Cluster.HEARTBEAT);
                events.take();
            }
        }
        events.quiet = quiet;
        execute(words.removeFirst(), words);
        loads();
        cluster.network.removeIf(this::isLost);
        return events.take();
    }

    private void begin(int voters) {
        cluster = Cluster.of(voters);
        events = new ScenarioEvents(this::isLost);
        cluster.listener = events;
        cluster.lost = this::isLost;
    }

    private boolean isLost(Envelope envelope) {
        Cluster.Node to = cluster.node(envelope.to());
        return to == null || !to.up || !sides.isEmpty() && side(envelope.from()) != side(envelope.to());
    }

    private long side(long id) {
        return sides.containsKey(id) ? sides.get(id) : -id;
    }

    private void execute(String command, List<String> words) {
        switch (command) {
            case "cluster" -> {}
            case "status" -> cluster.all().forEach(node -> events.add(status(node)));
            case "settle" -> cluster.settle();
            case "run" -> cluster.run(number(words, 0));
            case "partition" -> partition(words);
            case "heal" -> sides.clear();
            case "deliver" -> deliver(words.getFirst());
            case "drop" -> take(words.getFirst());
            case "sync" -> nodes(words.getFirst()).forEach(ScenarioScript::sync);
            case "tick" -> nodes(words.getFirst()).forEach(node -> node.tick(number(words, 1)));
            default -> atNode(command, cluster.node(number(words, 0)), words.subList(1, words.size()));
        }
    }

    private void atNode(String command, Cluster.Node node, List<String> words) {
        switch (command) {
            case "elect" -> cluster.elect(node.id());
            case "campaign" -> campaign(node);
            case "propose" -> node.propose(words.toArray(String[]::new));
            case "read" -> node.step(new Input.Read(number(words, 0)));
            case "transfer" -> node.step(new Input.TransferLeadership(number(words, 0)));
            case "unreachable" -> node.step(new Input.PeerUnreachable(number(words, 0)));
            case "degraded" -> node.step(new Input.Degraded(true));
            case "add-learner" -> addLearner(node, number(words, 0));
            case "promote" -> node.change(new MembershipChange.Promote(number(words, 0)));
            case "remove" -> node.change(new MembershipChange.Remove(number(words, 0)));
            case "crash" -> node.crash();
            case "restart" -> node.restart(node.applied.isEmpty() ? node.base : last(node.applied));
            case "lose" -> lose(node, number(words, 0));
            case "wipe" -> node.wipe();
            case "vouch" -> node.step(new Input.Vouched(number(words, 0), words.contains("blank")));
            case "trim" -> node.trim(number(words, 0));
            case "install" -> node.install(cluster.node(number(words, 0)));
            default -> throw new IllegalArgumentException("unknown command " + command);
        }
        if (List.of("restart", "lose", "wipe", "install").contains(command)) {
            events.restarted(node);
            events.add(status(node));
        }
    }

    private static int number(List<String> words, int index) {
        return Integer.parseInt(words.get(index));
    }

    private static long last(List<Entry> entries) {
        return entries.getLast().index();
    }

    private List<Cluster.Node> nodes(String word) {
        return word.equals("all") ? List.copyOf(cluster.all()) : List.of(cluster.node(Long.parseLong(word)));
    }

    /** Only this member's clock runs, until it campaigns. */
    private static void campaign(Cluster.Node node) {
        for (int i = 0; i < 4 * Cluster.ELECTION && node.core.role() == Role.FOLLOWER; i++) {
            node.tick(1);
        }
    }

    private void addLearner(Cluster.Node leader, long id) {
        if (cluster.node(id) == null) {
            cluster.addBlank(id);
        }
        leader.change(new MembershipChange.AddLearner(Cluster.member(id, false)));
    }

    /** The entries above {@code last} are gone from its disk, though it has synced them. */
    private static void lose(Cluster.Node node, long last) {
        node.crash();
        node.log.removeIf(entry -> entry.index() > last);
        node.restart(last);
    }

    private static void sync(Cluster.Node node) {
        while (!node.unsynced.isEmpty()) {
            node.sync();
        }
    }

    private void loads() {
        while (!cluster.loads.isEmpty()) {
            cluster.loads.remove().answer();
        }
    }

    private void partition(List<String> words) {
        sides.clear();
        int side = 0;
        for (String word : words) {
            if (word.equals("|")) {
                side++;
            } else {
                sides.put(Long.parseLong(word), side);
            }
        }
        cluster.network.stream().filter(this::isLost).forEach(events::sent);
    }

    /**
     * One link: delivers the messages that wait there now. {@code all}: also delivers messages that are sent meanwhile.
     * Disks are not synced.
     */
    private void deliver(String word) {
        if (word.equals("all")) {
            while (!cluster.network.isEmpty()) {
                cluster.deliver(cluster.network.remove());
                loads();
            }
        } else {
            take(word).forEach(cluster::deliver);
        }
    }

    private List<Envelope> take(String link) {
        List<Envelope> taken = cluster.network.stream()
                .filter(envelope -> link.equals(envelope.from() + "->" + envelope.to()))
                .toList();
        if (taken.isEmpty()) {
            throw new IllegalArgumentException("nothing is on its way " + link);
        }
        cluster.network.removeIf(envelope -> link.equals(envelope.from() + "->" + envelope.to()));
        return taken;
    }

    private static String status(Cluster.Node node) {
        if (!node.up) {
            return node.id() + " is down";
        }
        RaftCore core = node.core;
        return Stream.of(
                        node.id() + " " + core.role() + " term " + core.term(),
                        core.leader() == Member.NONE ? "no leader" : "leader " + core.leader(),
                        "members " + ScenarioEvents.members(core.membership()),
                        "commit " + core.commitIndex(),
                        (node.base == 0 ? "log " : "log after " + node.base + " ") + ScenarioEvents.entries(node.log),
                        core.isVouched() ? "" : "not vouched for")
                .filter(part -> !part.isEmpty())
                .reduce((left, right) -> left + ", " + right)
                .orElseThrow();
    }
}
