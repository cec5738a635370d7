package io.raftgres.node.service.membership;

import io.raftgres.node.service.health.ClusterView.Leader;
import io.raftgres.node.service.health.ClusterView.MemberView;
import java.time.Duration;
import java.util.List;

/**
 * Changes of the cluster itself. Any node accepts a request; the leader carries out one at a time. Every method blocks
 * until the change is committed or refused; call it on a virtual thread. A member is named by its name or its id (16
 * hexadecimal digits). Fails with a {@link io.raftgres.node.kv.ServiceException}: NotFound, Refused with the reason,
 * Unavailable when no leader accepted it in time, OutcomeUnknown when it may have been done.
 */
public interface ClusterAdmin {

    /**
     * @param created false: the member existed already with the same addresses and has never started
     * @param members all members, including the new one
     */
    record Added(String clusterId, MemberView member, List<MemberView> members, boolean created) {}

    /**
     * @param replace whether to remove an unreachable member of the same name first; the new member gets another id
     * @param reads the highest version of a cluster that the joining node can read; null: not given
     */
    record NewMember(String name, String peerAddress, String clientAddress, boolean replace, Integer reads) {
        public NewMember(String name, String peerAddress, String clientAddress, boolean replace) {
            this(name, peerAddress, clientAddress, replace, null);
        }
    }

    /** Adds a new member with a new id, as a learner. */
    Added add(NewMember member, Duration timeout);

    /** Makes the learner a voter. */
    MemberView promote(String member, Duration timeout);

    /** Changes a member's addresses; null: unchanged. */
    MemberView update(String member, String peerAddress, String clientAddress, Duration timeout);

    /** Removes the member permanently. A leader transfers its leadership first. */
    MemberView remove(String member, Duration timeout);

    /**
     * Transfers leadership.
     *
     * @param target null: the voter that is furthest
     * @return the new leader
     */
    Leader transferLeadership(String target, Duration timeout);
}
