package io.raftgres.operator.guard;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The leader, voters and members of the cluster, as the guards need them.
 *
 * @param leader name of the leader, empty when the operator sees none
 * @param voters all voters, including those that are down
 * @param members names of voters and learners
 */
public record Electorate(Optional<String> leader, List<Voter> voters, Set<String> members) {

    /** Number of entries by which a member may be behind and still count as up to date. */
    public static final long LAG_MAX = 1000;

    /**
     * @param connected the leader hears from it, and its pod is not being stopped
     * @param well connected, its pod is ready, and it serves
     * @param lag number of entries by which it is behind the leader
     */
    public record Voter(String name, boolean connected, boolean well, long lag) {
        boolean isCaughtUp() {
            return connected && lag <= LAG_MAX;
        }
    }

    public Electorate {
        voters = List.copyOf(voters);
        members = Set.copyOf(members);
    }

    public static int majority(int voters) {
        return voters / 2 + 1;
    }

    boolean isVoter(String name) {
        return voters.stream().anyMatch(voter -> voter.name().equals(name));
    }

    boolean isOnlyVoter(String name) {
        return voters.size() == 1 && isVoter(name);
    }

    boolean isConnected(String name) {
        return voters.stream().anyMatch(voter -> voter.name().equals(name) && voter.connected());
    }

    List<Voter> others(String name) {
        return voters.stream().filter(voter -> !voter.name().equals(name)).toList();
    }
}
