package io.raftgres.operator.guard;

import io.raftgres.operator.guard.Electorate.Voter;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What has to hold before a member is stopped, removed, or loses its data. Each says why not, in a sentence. */
public enum Guard {

    /** What cannot be undone is done only on a leader's word. */
    LIVE_LEADER {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            return when(
                    electorate.leader().isEmpty(), "no leader is seen, and without one it is not known who is needed");
        }
    },

    /** A voter that works is not stopped while another is down. */
    ONE_AT_A_TIME {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            return objectionTo(
                    electorate.isConnected(member) ? electorate.others(member) : List.of(),
                    voter -> !voter.connected(),
                    "not connected to the leader: only one voter may be down at a time");
        }
    },

    /** No voter is stopped for convenience unless all the others are in order. */
    OTHERS_ARE_WELL {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            return objectionTo(electorate.others(member), voter -> !voter.well(), "not well yet");
        }
    },

    /** Nobody's data is given up unless all the others have all of it. */
    OTHERS_ARE_CAUGHT_UP {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            return objectionTo(electorate.others(member), voter -> !voter.isCaughtUp(), "not up to date yet");
        }
    },

    /** The voters that are left when a voter stops are a majority. The only voter has nobody to leave behind. */
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
                    "without it only " + left + " of " + electorate.voters().size() + " voters would answer, and "
                            + needed + " are needed");
        }
    },

    /** Of the voters that are left when one is removed, a majority answers and is up to date. */
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
                    "of the " + voters + " voters that would be left only " + left + " answer and are up to date, and "
                            + needed + " are needed");
        }
    },

    /** Leadership is handed over before the leader is stopped or removed. */
    NOT_THE_LEADER {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            return when(
                    electorate.leader().filter(member::equals).isPresent() && !electorate.isOnlyVoter(member),
                    "it leads, and leadership has to be handed over first");
        }
    },

    /** A cluster keeps one voter, and that one its data. */
    NOT_THE_ONLY_VOTER {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            return when(electorate.isOnlyVoter(member), "it is the only voter: nobody else has the data");
        }
    },

    /** The claims of a member are its data. */
    NOT_A_MEMBER {
        @Override
        public Optional<String> objection(Electorate electorate, String member) {
            return when(electorate.members().contains(member), "it is a member of the cluster");
        }
    };

    /**
     * @param member whom something is to be done to
     * @return why it may not be done; empty when it may
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
