package io.raftgres.operator.plan;

import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.model.ForcedRecovery;
import io.raftgres.operator.model.RecoveryPhase;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a random walk walks in: the objects in the API server, the disks behind the claims, and the spec. */
final class World {

    /** How pods of an image do. */
    enum Image {
        GOOD,
        BROKEN,
        NEVER_READY
    }

    enum Phase {
        STARTING,
        RUNNING,
        TERMINATING
    }

    static final class Spec {
        int replicas;
        boolean paused;
        boolean hibernated;
        long bytes = 10;
        int revision;
        Optional<ForcedRecovery> recovery = Optional.empty();
    }

    static final class StatefulSet {
        final String uid;
        int replicas;
        int revision;
        final long bytes;

        StatefulSet(String uid, int replicas, int revision, long bytes) {
            this.uid = uid;
            this.replicas = replicas;
            this.revision = revision;
            this.bytes = bytes;
        }
    }

    static final class Pod {
        final int ordinal;
        final String uid;
        final int revision;
        Phase phase = Phase.STARTING;
        /** Never the same again, also when the pod is as it was before. */
        private String version;

        private String told = "";
        /** Its environment: blank members join. Read when its container starts. */
        boolean joins;

        boolean sawRemoval;

        Pod(int ordinal, String uid, int revision) {
            this.ordinal = ordinal;
            this.uid = uid;
            this.version = uid;
            this.revision = revision;
        }

        String version() {
            return version;
        }
    }

    /** What a member has on disk. */
    static final class Data {
        String clusterId = "";
        String memberId = "";
        boolean removed;
        long term;
        long index;

        boolean isBlank() {
            return memberId.isEmpty();
        }

        void clear() {
            clusterId = "";
            memberId = "";
            removed = false;
            term = 0;
            index = 0;
        }
    }

    static final class Claim {
        final ClaimKind kind;
        final int ordinal;
        final String uid;
        long bytes;
        long capacity;
        /** The storage cannot give it more. */
        boolean resizeFails;

        boolean terminating;

        Claim(ClaimKind kind, int ordinal, String uid, long bytes) {
            this.kind = kind;
            this.ordinal = ordinal;
            this.uid = uid;
            this.bytes = bytes;
            this.capacity = bytes;
        }
    }

    static final class RecoveryPod {
        final ForcedRecovery of;
        private final String uid;
        RecoveryPhase phase = RecoveryPhase.PENDING;

        RecoveryPod(ForcedRecovery of, String uid) {
            this.of = of;
            this.uid = uid;
        }

        String version() {
            return uid + phase;
        }
    }

    static final String NAME = "c";

    final Random random;
    final boolean logs;
    final List<Image> images = new ArrayList<>(List.of(Image.GOOD));
    final Spec spec = new Spec();
    final TreeMap<Integer, Pod> pods = new TreeMap<>();
    final TreeMap<String, Claim> claims = new TreeMap<>();
    final Map<Integer, Data> disks = new TreeMap<>();
    final boolean[] nodeLost = new boolean[32];
    /** The API server and the operator do not reach the machine. The node on it runs, and reaches the other nodes. */
    final boolean[] cut = new boolean[32];

    final RaftModel raft;
    boolean formed;
    Optional<String> clusterId = Optional.empty();
    final int firstMembers;
    Optional<StatefulSet> set = Optional.empty();
    Optional<RecoveryPod> recovery = Optional.empty();
    Optional<String> recoveredFrom = Optional.empty();
    /** Most voters' data is gone, by no fault of ours: only a recovery helps. */
    boolean disaster;
    /** The data of most is gone, and nobody could have kept it: the walk ends. */
    boolean over;

    /** Beginnings of the keys of steps that the API server refuses. */
    final TreeSet<String> refused = new TreeSet<>();

    private int uids;

    World(Random random, int replicas, boolean logs) {
        this.random = random;
        this.logs = logs;
        this.firstMembers = replicas;
        spec.replicas = replicas;
        raft = new RaftModel(this);
    }

    boolean refuses(Step step) {
        return refused.stream().anyMatch(step.key()::startsWith);
    }

    String uid() {
        return "u" + ++uids;
    }

    static String name(int ordinal) {
        return NAME + "-" + ordinal;
    }

    static int ordinal(String name) {
        return Integer.parseInt(name.substring(NAME.length() + 1));
    }

    static String key(ClaimKind kind, int ordinal) {
        return kind + "-" + ordinal;
    }

    Optional<Claim> claim(ClaimKind kind, int ordinal) {
        return Optional.ofNullable(claims.get(key(kind, ordinal)));
    }

    List<Claim> claims(int ordinal) {
        return claims.values().stream()
                .filter(claim -> claim.ordinal == ordinal)
                .toList();
    }

    List<ClaimKind> kinds() {
        return logs ? List.of(ClaimKind.DATA, ClaimKind.LOG) : List.of(ClaimKind.DATA);
    }

    Data disk(int ordinal) {
        return disks.computeIfAbsent(ordinal, each -> new Data());
    }

    /** With either claim the member loses what it promised. */
    void removeClaim(Claim claim) {
        claims.remove(key(claim.kind, claim.ordinal));
        disk(claim.ordinal).clear();
    }

    /** Whatever Kubernetes is told of a pod changes its version; and what ails it is known from nothing else. */
    void settle() {
        for (Pod pod : pods.values()) {
            String tells =
                    cut[pod.ordinal] ? "cut" : pod.phase + " " + isReady(pod.ordinal) + " " + isReachable(pod.ordinal);
            if (!tells.equals(pod.told)) {
                pod.told = tells;
                pod.version = uid();
            }
        }
    }

    /** @return whether it could be done */
    boolean recover(ForcedRecovery of) {
        int ordinal = ordinal(of.member());
        boolean possible =
                claim(ClaimKind.DATA, ordinal).isPresent() && !disk(ordinal).isBlank();
        if (possible) {
            raft.recover(ordinal);
            disaster = false;
        }
        return possible;
    }

    Image image(Pod pod) {
        return images.get(pod.revision);
    }

    boolean isReachable(int ordinal) {
        return !nodeLost[ordinal];
    }

    /** The node process runs and is heard. */
    boolean runs(int ordinal) {
        Pod pod = pods.get(ordinal);
        return pod != null && pod.phase == Phase.RUNNING && isReachable(ordinal) && image(pod) != Image.BROKEN;
    }

    boolean isReady(int ordinal) {
        return runs(ordinal)
                && image(pods.get(ordinal)) == Image.GOOD
                && raft.leader.isPresent()
                && raft.takesPart(ordinal)
                && raft.lag(ordinal) <= 2;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append("spec ")
                .append(spec.replicas)
                .append(spec.paused ? " paused" : "")
                .append(spec.hibernated ? " hibernated" : "")
                .append(" rev ")
                .append(spec.revision)
                .append(' ')
                .append(images.get(spec.revision))
                .append(" bytes ")
                .append(spec.bytes)
                .append(spec.recovery.map(each -> " recovery " + each).orElse(""))
                .append("; set ")
                .append(set.map(each -> each.replicas + " rev " + each.revision).orElse("none"))
                .append("; pods");
        pods.values()
                .forEach(pod -> text.append(' ')
                        .append(pod.ordinal)
                        .append(':')
                        .append(pod.phase)
                        .append('/')
                        .append(pod.revision)
                        .append(isReady(pod.ordinal) ? "+" : "")
                        .append(nodeLost[pod.ordinal] ? " lost" : "")
                        .append(cut[pod.ordinal] ? " cut" : ""));
        text.append("; claims");
        claims.values()
                .forEach(claim -> text.append(' ')
                        .append(key(claim.kind, claim.ordinal))
                        .append(claim.terminating ? "!" : "")
                        .append(' ')
                        .append(claim.capacity)
                        .append('/')
                        .append(claim.bytes)
                        .append(claim.resizeFails ? " fails" : "")
                        .append('=')
                        .append(disk(claim.ordinal).memberId));
        return text.append("; ")
                .append(raft)
                .append(recovery.map(each -> "; recovery pod " + each.phase).orElse(""))
                .append(disaster ? "; disaster" : "")
                .append(refused.isEmpty() ? "" : "; refused " + refused)
                .toString();
    }
}
