package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.model.ClaimView;
import io.raftgres.operator.model.ForcedRecovery;
import io.raftgres.operator.model.ImagePolicy;
import io.raftgres.operator.model.LogEnd;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.PodView;
import io.raftgres.operator.model.RaftView;
import io.raftgres.operator.model.RecoveryPhase;
import io.raftgres.operator.model.RecoveryView;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.model.ResizeView;
import io.raftgres.operator.model.SetView;
import io.raftgres.operator.model.Wanted;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** An observation to begin a test with: a cluster that is as wanted, led by c-0, and what a test changes of that. */
public final class Scene {

    public int replicas;
    public boolean paused;
    public boolean hibernated;
    public long bytes = 10;
    public Optional<ForcedRecovery> recovery = Optional.empty();
    public Optional<RecoveryView> run = Optional.empty();
    public ImagePolicy images = new ImagePolicy(Optional.empty(), false);
    public boolean formed = true;
    public Optional<String> noted = Optional.of("k1");
    public String clusterId = "k1";
    public int first;
    public Optional<SetView> set;
    public Optional<String> leader = Optional.of("c-0");
    public boolean answered = true;
    public final List<RefusedWrite> refused = new ArrayList<>();
    public final TreeMap<Integer, PodView> pods = new TreeMap<>();
    public final TreeMap<Integer, ClaimView> claims = new TreeMap<>();
    public final TreeMap<Integer, MemberView> members = new TreeMap<>();

    public static Scene of(int replicas) {
        return new Scene(replicas);
    }

    private Scene(int replicas) {
        this.replicas = replicas;
        this.first = replicas;
        set(replicas);
        for (int ordinal = 0; ordinal < replicas; ordinal++) {
            pods.put(ordinal, pod(ordinal));
            claims.put(ordinal, claim(ordinal));
            members.put(ordinal, member(ordinal));
        }
    }

    public Scene set(int replicas) {
        set = Optional.of(new SetView("set", replicas, "r1", 10, OptionalLong.empty(), ""));
        return this;
    }

    public static PodView pod(int ordinal) {
        return new PodView(
                ordinal, "pod" + ordinal, true, true, false, false, Optional.empty(), false, Optional.empty());
    }

    public static ClaimView claim(int ordinal) {
        return new ClaimView(ClaimKind.DATA, ordinal, "claim" + ordinal, 10, 10, true, false, Optional.empty());
    }

    public static MemberView member(int ordinal) {
        return new MemberView("c-" + ordinal, "id" + ordinal, true, true, true, 100, 0, List.of(), "1");
    }

    /** Of an old revision. */
    public Scene outdated(int... ordinals) {
        return pods(pod -> changed(pod, pod.ready(), false, pod.removed(), pod.trouble(), pod.silence()), ordinals);
    }

    public Scene unready(int... ordinals) {
        return pods(pod -> changed(pod, false, pod.current(), pod.removed(), pod.trouble(), pod.silence()), ordinals);
    }

    /** Does not run, and its member does not answer. */
    public Scene broken(int... ordinals) {
        for (int ordinal : ordinals) {
            silent(ordinal);
        }
        return pods(
                pod -> changed(
                        pod,
                        false,
                        pod.current(),
                        pod.removed(),
                        Optional.of("its image cannot be pulled; correct spec.image"),
                        pod.silence()),
                ordinals);
    }

    /** Does not run as its machine has reported it, and the operator cannot reach it. */
    public Scene brokenAsReported(int... ordinals) {
        broken(ordinals);
        return pods(
                pod -> new PodView(
                        pod.ordinal(),
                        pod.version(),
                        false,
                        pod.current(),
                        pod.terminating(),
                        pod.removed(),
                        pod.trouble(),
                        false,
                        pod.silence()),
                ordinals);
    }

    public Scene removed(int... ordinals) {
        for (int ordinal : ordinals) {
            members.remove(ordinal);
        }
        return pods(pod -> changed(pod, false, pod.current(), true, pod.trouble(), pod.silence()), ordinals);
    }

    /** The operator hears nothing of its node. */
    public Scene unheard(String why, int... ordinals) {
        return pods(
                pod -> changed(pod, pod.ready(), pod.current(), pod.removed(), pod.trouble(), Optional.of(why)),
                ordinals);
    }

    private static PodView changed(
            PodView pod,
            boolean ready,
            boolean current,
            boolean removed,
            Optional<String> trouble,
            Optional<String> silence) {
        return new PodView(
                pod.ordinal(),
                pod.version(),
                ready,
                current,
                pod.terminating(),
                removed,
                trouble,
                trouble.isPresent(),
                silence);
    }

    private Scene pods(UnaryOperator<PodView> change, int... ordinals) {
        for (int ordinal : ordinals) {
            pods.computeIfPresent(ordinal, (key, pod) -> change.apply(pod));
        }
        return this;
    }

    public Scene noPod(int... ordinals) {
        for (int ordinal : ordinals) {
            pods.remove(ordinal);
        }
        return this;
    }

    public Scene noPods() {
        pods.clear();
        return this;
    }

    public Scene noMember(int... ordinals) {
        for (int ordinal : ordinals) {
            members.remove(ordinal);
        }
        return this;
    }

    public Scene noClaim(int... ordinals) {
        for (int ordinal : ordinals) {
            claims.remove(ordinal);
        }
        return this;
    }

    /** An administrator has deleted it; it stays while its pod runs. */
    public Scene claimDeleted(int ordinal) {
        claims.computeIfPresent(
                ordinal,
                (key, claim) -> new ClaimView(
                        claim.kind(),
                        ordinal,
                        claim.uid(),
                        claim.bytes(),
                        claim.capacity(),
                        claim.canGrow(),
                        true,
                        claim.resize()));
        return this;
    }

    public Scene claimBytes(int ordinal, long bytes, boolean canGrow) {
        return claim(ordinal, bytes, bytes, canGrow, Optional.empty());
    }

    /** It requests more than it has. */
    public Scene claimGrows(int ordinal, long bytes, long capacity, Optional<ResizeView> resize) {
        return claim(ordinal, bytes, capacity, true, resize);
    }

    private Scene claim(int ordinal, long bytes, long capacity, boolean canGrow, Optional<ResizeView> resize) {
        claims.put(
                ordinal,
                new ClaimView(ClaimKind.DATA, ordinal, "claim" + ordinal, bytes, capacity, canGrow, false, resize));
        return this;
    }

    /** Its pod is made, and the leader does not hear it. */
    public Scene silent(int ordinal) {
        return member(ordinal, each -> {
            each.serving = false;
            each.connected = false;
        });
    }

    public Scene lag(int ordinal, long lag) {
        return member(ordinal, each -> {
            each.matchIndex = 100 - lag;
            each.lag = lag;
        });
    }

    /** Without a leader: the end of its log as it reports it, and the highest index that it knows to be committed. */
    public Scene logEnd(int ordinal, long term, long index, long committed) {
        return member(ordinal, each -> {
            each.matchIndex = committed;
            each.lag = 0;
            each.logEnd = Optional.of(new LogEnd(term, index));
        });
    }

    /** It votes and has its log, but its rows come from other members. */
    public Scene rebuilding(int ordinal) {
        return member(ordinal, each -> each.serving = false);
    }

    public Scene release(int ordinal, String version) {
        return member(ordinal, each -> each.version = version);
    }

    public Scene learner(int ordinal) {
        return member(ordinal, each -> each.voter = false);
    }

    public Scene alarm(int ordinal, String alarm) {
        return member(ordinal, each -> each.alarms = List.of(alarm));
    }

    private Scene member(int ordinal, Consumer<MemberDraft> change) {
        members.computeIfPresent(ordinal, (key, member) -> {
            MemberDraft draft = new MemberDraft(member);
            change.accept(draft);
            return draft.view();
        });
        return this;
    }

    public Scene leader(int ordinal) {
        leader = Optional.of("c-" + ordinal);
        return this;
    }

    public Scene noLeader() {
        leader = Optional.empty();
        pods.keySet().stream().mapToInt(Integer::intValue).forEach(this::unready);
        return this;
    }

    public Scene noResponse() {
        answered = false;
        return this;
    }

    public Scene wanted(int replicas) {
        this.replicas = replicas;
        return this;
    }

    public Scene recover(String member, String clusterId) {
        recovery = Optional.of(new ForcedRecovery(member, clusterId));
        return this;
    }

    public Scene ran(RecoveryPhase phase) {
        run = Optional.of(new RecoveryView(recovery.orElseThrow(), phase, "v1", "disk full"));
        return this;
    }

    public Observed seen() {
        return new Observed(
                "c",
                new Wanted(replicas, paused, hibernated, bytes, OptionalLong.empty(), recovery, images),
                formed,
                formed ? noted : Optional.empty(),
                first,
                set,
                List.copyOf(pods.values()),
                List.copyOf(claims.values()),
                answered
                        ? Optional.of(new RaftView(clusterId, 7, leader, List.copyOf(members.values())))
                        : Optional.empty(),
                run,
                List.copyOf(refused));
    }

    /** This write stands refused. */
    public Scene refused(String kind, RefusedWrite.Reason reason, String sentence) {
        refused.add(new RefusedWrite(kind, "c", reason, sentence));
        return this;
    }

    /** This step was refused, and is to be tried later. */
    public Scene heldBack(Step step, String sentence) {
        refused.add(
                new RefusedWrite("Thing", "c", RefusedWrite.Reason.REFUSED, sentence, Optional.of(step.key()), false));
        return this;
    }

    /** This step was refused, and may be tried again. */
    public Scene due(Step step, String sentence) {
        refused.add(
                new RefusedWrite("Thing", "c", RefusedWrite.Reason.REFUSED, sentence, Optional.of(step.key()), true));
        return this;
    }

    ClusterState state() {
        return new ClusterState(seen(), EnumSet.allOf(Guard.class), false);
    }

    public Step plan() {
        return new Planner().plan(seen());
    }
}
