package io.raftgres.raft;

import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;

/** Whether a change of membership may be made, and what it makes (thesis, chapter 4). */
final class MembershipRules {

    /** Either the next membership, or a sentence that says why there is none. */
    record Decision(Membership next, String refusal) {
        static Decision refused(String sentence) {
            return new Decision(null, sentence);
        }

        static Decision accepted(Membership next) {
            return new Decision(next, null);
        }
    }

    private final MemberState state;

    MembershipRules(MemberState state) {
        this.state = state;
    }

    /**
     * @param lagOf how many entries a member is behind the leader
     * @param answers whether a member was heard within an election timeout
     */
    Decision decide(MembershipChange change, LongUnaryOperator lagOf, LongPredicate answers) {
        Membership now = state.membership();
        if (!state.rules.mayChangeMembership(state.termAtCommit(), state.term)) {
            return Decision.refused("no entry of term " + state.term + " is committed yet");
        }
        if (!state.rules.mayFollowChange(state.log.memberships().latestIndex(), state.commitIndex)) {
            return Decision.refused("the membership change at index " + state.log.memberships().latestIndex()
                    + " is not committed yet");
        }
        return switch (change) {
            case MembershipChange.AddLearner add -> addLearner(now, add.member());
            case MembershipChange.Promote promote -> promote(now, promote.id(), lagOf, answers);
            case MembershipChange.Remove remove -> remove(now, remove.id(), answers);
            case MembershipChange.UpdateAddresses update -> updateAddresses(now, update);
        };
    }

    private Decision addLearner(Membership now, Member member) {
        if (member.voter()) {
            return Decision.refused("a new member joins as a learner");
        }
        if (!state.rules.mayAdd(now, member.id())) {
            return Decision.refused("member " + name(member.id())
                    + (now.contains(member.id()) ? " belongs to the cluster already" : " was removed for ever"));
        }
        return Decision.accepted(now.with(member));
    }

    private Decision promote(Membership now, long id, LongUnaryOperator lagOf, LongPredicate answers) {
        Optional<Member> member = now.member(id);
        if (member.isEmpty()) {
            return notAMember(id);
        }
        if (member.get().voter()) {
            return Decision.refused("member " + name(id) + " is a voter already");
        }
        if (now.voters().size() >= Membership.MAX_VOTERS) {
            return Decision.refused("there are " + Membership.MAX_VOTERS + " voters already");
        }
        long lag = lagOf.applyAsLong(id);
        if (!state.rules.mayPromote(lag, state.config.maxPromotionLag())) {
            return Decision.refused("member " + name(id) + " is " + lag + " entries behind, more than "
                    + state.config.maxPromotionLag());
        }
        if (lag == state.log.lastIndex()) {
            // In a short log everyone's lag is small. A voter that does not run would cost a quorum, maybe for ever.
            return Decision.refused("member " + name(id) + " has not acknowledged anything yet");
        }
        Membership next = now.with(member.get().asVoter());
        return keepsMajority(next, answers) ? Decision.accepted(next)
                : Decision.refused("with member " + name(id) + " the voters would be " + voters(next, answers)
                        + ": no majority. Bring back those that do not answer, or remove them, first");
    }

    /** A majority that does not answer cannot commit the change, nor anything after it. */
    private boolean keepsMajority(Membership next, LongPredicate answers) {
        long answering = next.voters().stream().filter(answers::test).count();
        return answering >= state.rules.quorum(next.voters().size());
    }

    private static String voters(Membership membership, LongPredicate answers) {
        List<String> names = membership.voters().stream()
                .map(voter -> name(voter) + (answers.test(voter) ? "" : " (does not answer)")).toList();
        return String.join(", ", names);
    }

    private Decision remove(Membership now, long id, LongPredicate answers) {
        if (!now.contains(id)) {
            return notAMember(id);
        }
        Membership next = now.without(id);
        if (next.voters().isEmpty()) {
            return Decision.refused("member " + name(id) + " is the last voter");
        }
        if (now.isVoter(id) && !keepsMajority(next, answers)) {
            return Decision.refused("without member " + name(id) + " the voters would be " + voters(next, answers)
                    + ": no majority. Bring back those that do not answer, or remove them, first");
        }
        return Decision.accepted(next);
    }

    private static Decision updateAddresses(Membership now, MembershipChange.UpdateAddresses update) {
        Optional<Member> member = now.member(update.id());
        if (member.isEmpty()) {
            return notAMember(update.id());
        }
        Member old = member.get();
        return Decision.accepted(now.with(
                new Member(old.id(), old.name(), old.voter(), update.peerAddress(), update.clientAddress())));
    }

    private static Decision notAMember(long id) {
        return Decision.refused("there is no member " + name(id));
    }

    static String name(long id) {
        return Long.toHexString(id);
    }
}
