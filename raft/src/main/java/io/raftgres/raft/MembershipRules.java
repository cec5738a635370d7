package io.raftgres.raft;

import io.raftgres.raft.Output.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Decides whether a membership change is safe, and computes the next membership (thesis, chapter 4). */
final class MembershipRules {

    /** Either the next membership, or a refusal with a sentence that gives the reason. */
    record Decision(Membership next, Refusal refusal, String sentence) {
        static Decision refused(String sentence) {
            return new Decision(null, Refusal.UNSAFE, sentence);
        }

        static Decision tooEarly(String sentence) {
            return new Decision(null, Refusal.TOO_EARLY, sentence);
        }

        static Decision accepted(Membership next) {
            return new Decision(next, null, null);
        }
    }

    /** The leader's knowledge of the members, itself included. */
    interface Knowledge {
        /** @return number of entries that the member lacks */
        long lag(long id);

        /** @return whether the leader received a message from it within an election timeout */
        boolean answers(long id);

        /** @return whether it reported that it is not degraded: see {@link Input.Degraded} */
        boolean isHealthy(long id);

        /** @return whether this leadership is too new for all running members to have responded */
        boolean isYoung();
    }

    private final MemberState state;
    private final Knowledge knowledge;

    MembershipRules(MemberState state, Knowledge knowledge) {
        this.state = state;
        this.knowledge = knowledge;
    }

    Decision decide(MembershipChange change) {
        Membership now = state.membership();
        if (!state.rules.mayChangeMembership(state.termAtCommit(), state.term)) {
            return Decision.tooEarly("no entry of term " + state.term + " is committed yet; try again in a moment");
        }
        if (!state.rules.mayFollowChange(state.log.memberships().latestIndex(), state.commitIndex)) {
            return Decision.refused("the membership change at index "
                    + state.log.memberships().latestIndex() + " is not committed yet; try again when it is");
        }
        return switch (change) {
            case MembershipChange.AddLearner add -> addLearner(now, add.member());
            case MembershipChange.Promote promote -> promote(now, promote.id());
            case MembershipChange.Remove remove -> remove(now, remove.id());
            case MembershipChange.Update update -> update(now, update);
        };
    }

    private Decision addLearner(Membership now, Member member) {
        if (member.voter()) {
            return Decision.refused("a new member joins as a learner; promote it when it has caught up");
        }
        if (!state.rules.mayAdd(now, member.id())) {
            return Decision.refused(
                    now.contains(member.id())
                            ? "member " + label(now, member.id()) + " is already in the cluster"
                            : "member " + name(member.id())
                                    + " was removed permanently; let it join under a new identity");
        }
        return Decision.accepted(now.with(member));
    }

    private Decision promote(Membership now, long id) {
        Optional<Member> member = now.member(id);
        if (member.isEmpty()) {
            return notAMember(id);
        }
        String label = "member " + label(now, id);
        if (member.get().voter()) {
            return Decision.refused(label + " is already a voter");
        }
        if (now.voters().size() >= Membership.MAX_VOTERS) {
            return Decision.refused(
                    "there are " + Membership.MAX_VOTERS + " voters already, the maximum; remove one first");
        }
        long lag = knowledge.lag(id);
        if (!state.rules.mayPromote(lag, state.config.maxPromotionLag())) {
            return Decision.refused(label + " is " + lag + " entries behind, more than "
                    + state.config.maxPromotionLag() + "; wait until it has caught up");
        }
        // In a short log every member's lag is small. A voter that does not run could cost the quorum, maybe
        // permanently.
        if (lag == state.log.lastIndex()) {
            return Decision.refused(label + " has not acknowledged any entry yet; start it first");
        }
        Membership next = now.with(member.get().asVoter());
        String silent = silentMajority("promotion of " + label(now, id) + " would make voters of ", next);
        if (silent != null) {
            return silent(silent);
        }
        if (!knowledge.answers(id)) {
            return silent(label + " does not respond; promote it when it runs again");
        }
        return Decision.accepted(next);
    }

    private Decision remove(Membership now, long id) {
        Optional<Member> member = now.member(id);
        if (member.isEmpty()) {
            return notAMember(id);
        }
        Membership next = now.without(id);
        if (!member.get().voter()) {
            return Decision.accepted(next);
        }
        String label = label(now, id);
        if (next.voters().isEmpty()) {
            return Decision.refused("member " + label + " is the last voter; a cluster needs one");
        }
        if (id == state.self()) {
            return Decision.refused("member " + label + " is the leader; transfer leadership to another voter first");
        }
        String silent = silentMajority("removal of " + label + " would leave ", next);
        if (silent != null) {
            return silent(silent);
        }
        if (knowledge.isHealthy(id) && next.voters().stream().noneMatch(knowledge::isHealthy)) {
            return Decision.refused("member " + label
                    + " is the only voter with a healthy state; wait until another voter has recovered");
        }
        return Decision.accepted(next);
    }

    private Decision silent(String sentence) {
        return knowledge.isYoung() ? Decision.tooEarly(sentence) : Decision.refused(sentence);
    }

    /** @return null when enough voters respond, otherwise a sentence that begins with {@code what} */
    private String silentMajority(String what, Membership next) {
        List<Long> voters = next.voters();
        List<Long> responding = new ArrayList<>(voters);
        responding.removeIf(id -> !knowledge.answers(id));
        if (state.rules.leavesQuorum(responding.size(), voters.size())) {
            return null;
        }
        List<Long> silent = new ArrayList<>(voters);
        silent.removeAll(responding);
        return what + labels(next, voters) + ", of which only " + labels(next, responding)
                + (responding.size() == 1 ? " responds" : " respond") + "; start or remove "
                + labels(next, silent) + " first";
    }

    private static Decision update(Membership now, MembershipChange.Update update) {
        Optional<Member> member = now.member(update.id());
        if (member.isEmpty()) {
            return notAMember(update.id());
        }
        Member old = member.get();
        return Decision.accepted(now.with(
                new Member(old.id(), update.name(), old.voter(), update.peerAddress(), update.clientAddress())));
    }

    private static Decision notAMember(long id) {
        return Decision.refused("there is no member " + name(id));
    }

    private static String labels(Membership membership, List<Long> ids) {
        return ids.stream().map(id -> label(membership, id)).collect(Collectors.joining(", "));
    }

    /** @return the member's display name; its hexadecimal id when it has no name or is not a member */
    static String label(Membership membership, long id) {
        return membership
                .member(id)
                .map(Member::name)
                .filter(name -> !name.isBlank())
                .orElseGet(() -> name(id));
    }

    static String name(long id) {
        return Long.toHexString(id);
    }
}
