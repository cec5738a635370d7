package io.raftgres.operator.plan;

import java.util.List;

/** The phases of a plan, in their order. The first step that a phase plans is the one that the operator takes. */
enum Phase {

    /** Decides whether the cluster may be changed at all. Every rule is a gate: its wait ends the plan. */
    GATES(
            new AwaitResume(),
            new CreateStatefulSet(),
            new RecoverCluster(),
            new Hibernate(),
            new RestoreReplicas(),
            new RecordClusterId()),

    /** Repairs what is broken, also without a leader where that is safe. Its waits do not stop the later phases. */
    REPAIR(
            new KeepImages(),
            new GrowClaims(),
            new ReplaceRemovedMembers(),
            new ReplaceDeletedClaims(),
            new ReplaceUnreadyPods()),

    /** Changes a cluster that has a leader towards its spec. {@link AwaitLeader} is the gate of this phase. */
    CHANGE(
            new AwaitLeader(),
            new ScaleIn(),
            new ScaleOut(),
            new DeleteUnusedClaims(),
            new RollPods(),
            new RenewClaimTemplate()),

    /** Waits until the cluster is as its spec says. Without a wait here, the plan is done. */
    VERIFY(new AwaitHealth(), new AwaitClaims());

    private final List<Rule> rules;

    Phase(Rule... rules) {
        this.rules = List.of(rules);
    }

    /** In the order of their precedence. */
    List<Rule> rules() {
        return rules;
    }
}
