package io.raftgres.operator.plan;

import io.raftgres.operator.plan.Violation.Promise;
import io.raftgres.operator.plan.World.Data;
import io.raftgres.operator.plan.World.Image;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The cluster as it truly is, without time and messages: who is a member, who leads, how far each log goes. It refuses
 * what the real leader refuses.
 */
final class RaftModel {

    record Member(String id, String name, boolean voter) {}

    private final World world;
    final Map<String, Member> members = new LinkedHashMap<>();
    String clusterId = "k1";
    Optional<String> leader = Optional.empty();
    long term;
    private long ackedTerm;
    private long ackedIndex;
    private int ids;
    private final Set<String> used = new HashSet<>();

    RaftModel(World world) {
        this.world = world;
        for (int ordinal = 0; ordinal < world.firstMembers; ordinal++) {
            members.put("first" + ordinal, new Member("first" + ordinal, World.name(ordinal), true));
        }
    }

    // Who takes part

    /** @return the member whose data the pod's disk has, when the cluster still counts it */
    Optional<Member> memberOn(int ordinal) {
        Data data = world.disk(ordinal);
        return data.clusterId.equals(clusterId) ? Optional.ofNullable(members.get(data.memberId)) : Optional.empty();
    }

    boolean takesPart(int ordinal) {
        return world.runs(ordinal) && memberOn(ordinal).isPresent();
    }

    boolean isUp(Member member) {
        int ordinal = World.ordinal(member.name());
        return takesPart(ordinal) && memberOn(ordinal).get().equals(member);
    }

    Optional<Member> named(String name) {
        return members.values().stream()
                .filter(member -> member.name().equals(name))
                .findFirst();
    }

    List<Member> voters() {
        return members.values().stream().filter(Member::voter).toList();
    }

    List<Member> upVoters() {
        return voters().stream().filter(this::isUp).toList();
    }

    static int majority(int voters) {
        return voters / 2 + 1;
    }

    Data data(Member member) {
        return world.disk(World.ordinal(member.name()));
    }

    long lag(int ordinal) {
        return leader.isEmpty() ? 0 : Math.max(0, data(members.get(leader.get())).index - world.disk(ordinal).index);
    }

    // What happens by itself

    /** A leader that stopped, or hears no majority, leads no more. */
    void settle() {
        if (leader.isPresent()
                && (members.get(leader.get()) == null
                        || !isUp(members.get(leader.get()))
                        || upVoters().size() < majority(voters().size()))) {
            leader = Optional.empty();
        }
    }

    boolean canElect() {
        return leader.isEmpty() && upVoters().size() >= majority(voters().size());
    }

    void elect() {
        List<Member> best = new ArrayList<>();
        for (Member voter : upVoters()) {
            int order = best.isEmpty() ? 1 : BY_LOG.compare(data(voter), data(best.getFirst()));
            if (order > 0) {
                best.clear();
            }
            if (order >= 0) {
                best.add(voter);
            }
        }
        lead(best.get(world.random.nextInt(best.size())));
    }

    private static final Comparator<Data> BY_LOG =
            Comparator.comparingLong((Data data) -> data.term).thenComparingLong(data -> data.index);

    private void lead(Member next) {
        Data log = data(next);
        if (!world.disaster && (log.term < ackedTerm || log.term == ackedTerm && log.index < ackedIndex)) {
            throw new Violation(
                    Promise.DATA_KEPT,
                    next.name() + " leads without entry " + ackedIndex + " of term " + ackedTerm
                            + ", which was acknowledged");
        }
        leader = Optional.of(next.id());
        term++;
        append(1.0);
    }

    void write() {
        append(0.7);
    }

    private void append(double share) {
        Data log = data(members.get(leader.orElseThrow()));
        log.index++;
        log.term = term;
        for (Member member : members.values()) {
            if (isUp(member) && world.random.nextDouble() < share) {
                copyTo(member);
            }
        }
        acknowledge();
    }

    void catchUp(Member member) {
        copyTo(member);
        acknowledge();
    }

    private void copyTo(Member member) {
        Data log = data(members.get(leader.orElseThrow()));
        data(member).index = log.index;
        data(member).term = log.term;
    }

    private void acknowledge() {
        List<Long> indexes = voters().stream()
                .map(this::data)
                .filter(data -> data.term == term)
                .map(data -> data.index)
                .sorted(Comparator.reverseOrder())
                .toList();
        int majority = majority(voters().size());
        if (indexes.size() >= majority && (term > ackedTerm || indexes.get(majority - 1) > ackedIndex)) {
            ackedTerm = term;
            ackedIndex = indexes.get(majority - 1);
        }
    }

    boolean canIdentify(int ordinal) {
        String first = "first" + ordinal;
        boolean joins = world.pods.get(ordinal).joins;
        return leader.isPresent() && (joins || ordinal < world.firstMembers)
                || !joins && members.containsKey(first) && !used.contains(first);
    }

    /** A blank node comes up: one of the first members, or one that joins. */
    void identify(int ordinal) {
        Data data = world.disk(ordinal);
        String first = "first" + ordinal;
        if (!world.pods.get(ordinal).joins && members.containsKey(first) && used.add(first)) {
            data.clusterId = clusterId;
            data.memberId = first;
            return;
        }
        join(ordinal);
    }

    private void join(int ordinal) {
        String name = World.name(ordinal);
        Optional<Member> namesake = named(name);
        if (namesake.isPresent()) {
            boolean fresh =
                    !namesake.get().voter() && !used.contains(namesake.get().id());
            if (!fresh && (isUp(namesake.get()) || remove(namesake.get().id()).isPresent())) {
                return;
            }
        }
        Member joined = namesake.filter(member -> members.containsKey(member.id()))
                .orElseGet(() -> new Member("m" + ++ids, name, false));
        members.put(joined.id(), joined);
        Data data = world.disk(ordinal);
        data.clusterId = clusterId;
        data.memberId = joined.id();
        used.add(joined.id());
    }

    boolean canPromote(Member member) {
        int voters = voters().size() + 1;
        return !member.voter()
                && leader.isPresent()
                && isUp(member)
                && lag(World.ordinal(member.name())) == 0
                && world.image(world.pods.get(World.ordinal(member.name()))) == Image.GOOD
                && upVoters().size() + 1 >= majority(voters);
    }

    void promote(Member member) {
        members.put(member.id(), new Member(member.id(), member.name(), true));
        committed();
    }

    /** A change of membership is committed when a majority of the new voters has all up to it. */
    private void committed() {
        upVoters().forEach(this::copyTo);
        acknowledge();
        settle();
    }

    // What the leader is asked for; each answers with a refusal, or empty when it is done

    Optional<String> remove(String id) {
        Member member = members.get(id);
        if (leader.isEmpty() || member == null) {
            return Optional.of(leader.isEmpty() ? "no leader" : "not found");
        }
        List<Member> left =
                voters().stream().filter(voter -> !voter.id().equals(id)).toList();
        if (member.voter()
                && (left.isEmpty()
                        || leader.get().equals(id)
                        || left.stream().filter(this::isUp).count() < majority(left.size()))) {
            return Optional.of("unsafe");
        }
        members.remove(id);
        committed();
        return Optional.empty();
    }

    Optional<String> transfer(String name) {
        Optional<Member> to = named(name);
        if (leader.isEmpty() || to.isEmpty() || !to.get().voter() || !isUp(to.get())) {
            return Optional.of("refused");
        }
        if (!leader.get().equals(to.get().id())) {
            copyTo(to.get());
            lead(to.get());
        }
        return Optional.empty();
    }

    /** The old cluster is given up for what this disk has. */
    void recover(int ordinal) {
        String name = World.name(ordinal);
        String id = "m" + ++ids;
        clusterId = "k" + (Integer.parseInt(clusterId.substring(1)) + 1);
        members.clear();
        members.put(id, new Member(id, name, true));
        used.add(id);
        leader = Optional.empty();
        Data data = world.disk(ordinal);
        data.clusterId = clusterId;
        data.memberId = id;
        ackedTerm = data.term;
        ackedIndex = data.index;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(clusterId + " members");
        members.values()
                .forEach(member -> text.append(' ')
                        .append(member.name())
                        .append('/')
                        .append(member.id())
                        .append(member.voter() ? "" : " learner")
                        .append(isUp(member) ? "+" : "-")
                        .append(data(member).index)
                        .append(leader.filter(member.id()::equals).isPresent() ? "*" : ""));
        return text.toString();
    }
}
