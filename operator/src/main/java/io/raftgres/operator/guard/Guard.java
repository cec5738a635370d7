package io.raftgres.operator.guard;

import io.raftgres.operator.guard.Electorate.Voter;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Conditions that must hold before a member is stopped, removed, or loses its data. Each guard gives its objection in a
 * sentence.
 */
public enum Guard {

    /** An action that cannot be undone needs a leader, which knows the members. */
    LIVE_LEADER {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            return when(
                    electorate.leader().isEmpty(),
                    "the operator sees no leader, and only a leader knows which" + " members are needed");
        }
    },

    /** A working voter is not stopped while another voter is down. */
    ONE_AT_A_TIME {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            return objectionTo(
                    electorate.isConnected(member) ? electorate.others(member) : List.of(),
                    voter -> !voter.connected(),
                    "not connected to the leader: only one voter may be down at a time");
        }
    },

    /** No voter is stopped for a rolling change unless all the others are healthy. */
    OTHERS_ARE_WELL {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            return objectionTo(electorate.others(member), voter -> !voter.well(), "not healthy yet");
        }
    },

    /** No member's data is discarded unless all the other voters are up to date. */
    OTHERS_ARE_CAUGHT_UP {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            return objectionTo(electorate.others(member), voter -> !voter.isCaughtUp(), "not up to date yet");
        }
    },

    /**
     * When a voter stops, the voters that are left must be a majority. The only voter may be stopped: no other depends
     * on it.
     */
    STOP_KEEPS_QUORUM {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            if (!electorate.isConnected(member) || electorate.isOnlyVoter(member)) {
                return Optional.empty();
            }
            long left =
                    electorate.others(member).stream().filter(Voter::connected).count();
            int needed = Electorate.majority(electorate.voters().size());
            return when(
                    left < needed,
                    "without it only " + left + " of " + electorate.voters().size() + " voters would answer; a quorum"
                            + " needs " + needed);
        }
    },

    /** When a voter is removed, a majority of the voters that are left must answer and be up to date. */
    REMOVAL_KEEPS_QUORUM {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            if (!electorate.isVoter(member)) {
                return Optional.empty();
            }
            long left =
                    electorate.others(member).stream().filter(Voter::isCaughtUp).count();
            int voters = electorate.voters().size() - 1;
            int needed = Electorate.majority(voters);
            return when(
                    left < needed,
                    "of the " + voters + " voters that would be left only " + left + " answer and are up to date; a"
                            + " quorum needs " + needed);
        }
    },

    /** Leadership is transferred before the leader is stopped or removed. */
    NOT_THE_LEADER {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            return when(
                    electorate.leader().filter(member::equals).isPresent() && !electorate.isOnlyVoter(member),
                    "it is the leader, and must transfer its leadership first");
        }
    },

    /** A cluster keeps at least one voter, with its data. */
    NOT_THE_ONLY_VOTER {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            return when(electorate.isOnlyVoter(member), "it is the only voter: no other member has the data");
        }
    },

    /** The claims of a member hold its data and are not deleted. */
    NOT_A_MEMBER {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            return when(electorate.members().contains(member), "it is a member of the cluster");
        }
    };

    /**
     * @param member name of the member to which the action applies
     * @return why the action is not allowed; empty when it is
     */
    public abstract Optional<String> objection(Electorate electorate, String member);

    private static Optional<String> when(boolean objected, String sentence) {
        return objected ? Optional.of(sentence) : Optional.empty();
    }

    private static Optional<String> objectionTo(List<Voter> voters, Predicate<Voter> bad, String what) {
        String names = voters.stream().filter(bad).map(Voter::name).sorted().collect(Collectors.joining(", "));
        return when(!names.isEmpty(), names + (names.contains(",") ? " are " : " is ") + what);
    }
}
