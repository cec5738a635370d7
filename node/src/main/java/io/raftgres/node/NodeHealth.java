package io.raftgres.node;

import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.consensus.Replica;
import io.raftgres.node.service.health.Alarm;
import io.raftgres.raft.Member;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;

/**
 * The health of the node. Live: the process works, regardless of its peers and PostgreSQL. Started: the node takes part
 * in its cluster. Ready: the leader is known and reachable, PostgreSQL answers, and neither the log nor the applied
 * state is behind.
 */
@ApplicationScoped
public class NodeHealth {

    private static final long MAX_LAG_ENTRIES = 10_000;

    @Inject
    NodeLifecycle lifecycle;

    @Produces
    @Liveness
    @ApplicationScoped
    HealthCheck live() {
        return () -> {
            Throwable failure = lifecycle.failure();
            RunningNode node = lifecycle.node();
            boolean works =
                    failure == null && (node == null || node.consensus().raft().isAlive());
            HealthCheckResponseBuilder response =
                    HealthCheckResponse.named("process").status(works);
            return failure == null
                    ? response.build()
                    : response.withData("failure", String.valueOf(failure)).build();
        };
    }

    @Produces
    @Startup
    @ApplicationScoped
    HealthCheck started() {
        return () -> HealthCheckResponse.named("node")
                .status(lifecycle.node() != null || lifecycle.removed() != null)
                .build();
    }

    @Produces
    @Readiness
    @ApplicationScoped
    HealthCheck ready() {
        return () -> {
            RunningNode node = lifecycle.node();
            Replica replica = node == null ? null : node.consensus().replica();
            if (replica == null) {
                String why = lifecycle.removed() != null
                        ? "removed from the cluster"
                        : node == null ? "starting" : "being rebuilt from the other members";
                return HealthCheckResponse.named("serving")
                        .down()
                        .withData("reason", why)
                        .build();
            }
            ConsensusView view = node.consensus().raft().view();
            long lag = view.commitIndex() - replica.applier().progress().state().index();
            boolean heard = view.leads() || node.peer(view.leader()).connected();
            boolean behind = node.services().alarms().has(Alarm.BEHIND);
            String reason = unready(view.leader(), heard, node.store().available(), behind, lag);
            HealthCheckResponseBuilder response = HealthCheckResponse.named("serving")
                    .status(reason == null)
                    .withData("role", view.role().name())
                    .withData("term", view.term())
                    .withData("lag", lag);
            return reason == null
                    ? response.build()
                    : response.withData("reason", reason).build();
        };
    }

    /**
     * @param heard whether requests can be sent to the leader
     * @return why the node is not ready; null when it is
     */
    static String unready(long leader, boolean heard, boolean postgres, boolean behind, long lag) {
        if (leader == Member.NONE) {
            return "no leader is known";
        }
        if (!heard) {
            return "not connected to the leader yet";
        }
        if (!postgres) {
            return "PostgreSQL does not answer";
        }
        if (behind) {
            return "its log is behind the others' and does not catch up";
        }
        return lag > MAX_LAG_ENTRIES ? "applied state is " + lag + " entries behind" : null;
    }
}
