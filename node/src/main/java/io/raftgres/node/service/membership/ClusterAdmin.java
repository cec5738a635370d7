package io.raftgres.node.service.membership;

import io.raftgres.node.service.health.ClusterView.Leader;
import io.raftgres.node.service.health.ClusterView.MemberView;
import java.time.Duration;
import java.util.List;

/**
 * Changes of the cluster itself: asked of any node, done by the leader, one at a time. All of it blocks until the
 * change is committed or refused; call it on a virtual thread. A member is named by its name or its id (16 hexadecimal
 * digits). Fails with a {@link io.raftgres.node.kv.ServiceException}: NotFound, Refused with the reason, Unavailable
 * when no leader did it in time, OutcomeUnknown when it may have been done.
 */
public interface ClusterAdmin {

    /**
     * @param created false: the member was there already under the same addresses and has never taken part
     * @param members all of them, the new one included
     */
    record Added(String clusterId, MemberView member, List<MemberView> members, boolean created) {}

    /**
     * @param replace an unreachable member of the same name is removed first; a new identity takes its place
     * @param reads the highest version of a cluster that it can read, as a node tells that joins; null: not told
     */
    record NewMember(String name, String peerAddress, String clientAddress, boolean replace, Integer reads) {
        public NewMember(String name, String peerAddress, String clientAddress, boolean replace) {
            this(name, peerAddress, clientAddress, replace, null);
        }
    }

    /** A new member under a new identity, as a learner. */
    Added add(NewMember member, Duration timeout);

    /** The learner becomes a voter. */
    MemberView promote(String member, Duration timeout);

    /** @param peerAddress and @param clientAddress null: as it was */
    MemberView update(String member, String peerAddress, String clientAddress, Duration timeout);

    /** The member leaves for ever. The leader hands leadership over first. */
    MemberView remove(String member, Duration timeout);

    /** @param target null: the voter that is furthest @return who leads now */
    Leader transferLeadership(String target, Duration timeout);
}
