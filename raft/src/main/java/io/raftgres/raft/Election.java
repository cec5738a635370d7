package io.raftgres.raft;

import io.raftgres.raft.Message.PreVoteRequest;
import io.raftgres.raft.Message.PreVoteResponse;
import io.raftgres.raft.Message.VoteRequest;
import io.raftgres.raft.Message.VoteResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Terms, votes and roles (paper, section 5.2; pre-vote: thesis, section 9.6). */
final class Election {

    /** Campaigns with short waits after the connection to the leader broke; then it is as patient as ever. */
    private static final int HASTY_CAMPAIGNS = 8;

    /** How many times longer a degraded member waits before it campaigns. */
    private static final int DEGRADED_PATIENCE = 3;

    /** Most that a candidate waits for votes, in times of what it waits at first. */
    private static final int MOST_PATIENCE_FOR_VOTES = 4;

    private final MemberState state;
    private final Leader leadership;
    private final ReadIndex reads;

    /** Answers in this campaign: granted or not. */
    private final TreeMap<Long, Boolean> votes = new TreeMap<>();

    /** The append that makes this candidate's own vote durable. */
    private long ownVoteSequence;

    private int ticksSinceHeard;
    private int elapsedTicks;
    private int timeoutTicks;
    private int hastyCampaigns;

    /** Campaigns in a row that nobody refused, and that not enough voters answered in time. */
    private int unanswered;

    Election(MemberState state, Leader leadership, ReadIndex reads) {
        this.state = state;
        this.leadership = leadership;
        this.reads = reads;
        restartTimer();
    }

    // Time

    /** One tick of a member that does not lead. */
    void tick() {
        ticksSinceHeard++;
        elapsedTicks++;
        if (elapsedTicks < patience()) {
            return;
        }
        if (state.mayCampaign()) {
            if (state.role == Role.CANDIDATE && !votes.containsValue(false)) {
                unanswered = Math.min(unanswered + 1, MOST_PATIENCE_FOR_VOTES - 1);
            }
            preCampaign();
        } else {
            restartTimer();
            if (state.leader != Member.NONE) {
                follow(
                        state.term,
                        Member.NONE,
                        "nothing from leader " + name(state.leader) + " for " + ticksSinceHeard + " ticks");
            }
        }
    }

    /**
     * A degraded member lets the others try first. A candidate whose voters need long to store their
     * votes waits longer each time, or each vote would come when it has gone on to the next term.
     *
     * @return ticks to wait before campaigning
     */
    private int patience() {
        if (state.role == Role.CANDIDATE) {
            return timeoutTicks * (1 + unanswered);
        }
        boolean alone = state.quorum.isOnly(state.self());
        return !state.isDegraded() || alone
                ? timeoutTicks
                : DEGRADED_PATIENCE * Math.max(timeoutTicks, state.config.electionTicks());
    }

    private void restartTimer() {
        elapsedTicks = 0;
        int election = state.config.electionTicks();
        if (hastyCampaigns > 0) {
            int heartbeat = state.config.heartbeatTicks();
            timeoutTicks = heartbeat + 1 + state.random.nextInt(2 * heartbeat);
        } else {
            timeoutTicks = election + state.random.nextInt(election);
        }
    }

    /**
     * The leader may be gone: no longer hold on to it, and campaign soon. Only a hint, so the pre-vote still has to
     * find a majority that thinks the same.
     */
    void leaderUnreachable() {
        long gone = state.leader;
        hastyCampaigns = HASTY_CAMPAIGNS;
        follow(state.term, Member.NONE, "leader " + name(gone) + " is unreachable");
        timeoutTicks = 1 + turnAfter(gone) * Math.max(1, state.config.heartbeatTicks() / 2);
    }

    /**
     * Everyone notices at about the same time, and candidates that campaign together take votes from one another. So
     * the survivors take turns, in an order that differs from term to term.
     */
    private int turnAfter(long gone) {
        int turn = 0;
        int survivors = 0;
        for (long voter : state.membership().voters()) {
            if (voter == state.self()) {
                turn = survivors;
            }
            if (voter != gone) {
                survivors++;
            }
        }
        return survivors == 0 ? 0 : (int) ((turn + state.term) % survivors);
    }

    private boolean keepsToLeader(boolean transfer) {
        int heard = state.isLeader() ? 0 : ticksSinceHeard;
        return state.rules.keepsToLeader(state.leader, heard, state.config.electionTicks(), transfer);
    }

    // Roles

    /** Becomes or stays follower (or learner), in this term or a higher one. */
    void follow(long term, long leader, String reason) {
        boolean wasLeader = state.isLeader();
        long before = state.leader;
        state.become(state.passiveRole(), term, leader, reason);
        votes.clear();
        if (wasLeader) {
            leadership.end();
            reads.leadershipLost();
        }
        if (before != leader) {
            reads.leaderLost();
        }
        restartTimer();
    }

    /**
     * An append or heartbeat in the current term has come.
     *
     * @return whether its sender is the leader; false for one that cannot be
     */
    boolean heardFromLeader(long from) {
        if (state.isLeader() || state.leader != Member.NONE && state.leader != from) {
            return false;
        }
        hastyCampaigns = 0;
        unanswered = 0;
        ticksSinceHeard = 0;
        if (state.leader != from || state.role == Role.PRE_CANDIDATE || state.role == Role.CANDIDATE) {
            follow(state.term, from, "follows " + name(from) + ", elected in term " + state.term);
        }
        elapsedTicks = 0;
        return true;
    }

    /** The membership has changed: the role may have to. */
    void membershipChanged() {
        Role passive = state.passiveRole();
        switch (state.role) {
            case LEADER -> leadership.membershipChanged();
            case FOLLOWER, LEARNER -> {
                if (state.role != passive) {
                    state.become(
                            passive,
                            state.term,
                            state.leader,
                            passive == Role.FOLLOWER ? "became a voter" : "is no voter any more");
                }
            }
            case PRE_CANDIDATE, CANDIDATE -> {
                if (!state.mayCampaign()) {
                    follow(state.term, Member.NONE, "is no voter any more");
                }
            }
        }
    }

    private void preCampaign() {
        boolean leaderLost = state.leader != Member.NONE;
        String reason = leaderLost
                ? "nothing from leader " + name(state.leader) + " for " + ticksSinceHeard + " ticks"
                : "no leader for " + elapsedTicks + " ticks";
        state.become(Role.PRE_CANDIDATE, state.term, Member.NONE, reason);
        if (leaderLost) {
            reads.leaderLost();
        }
        votes.clear();
        votes.put(state.self(), true);
        hastyCampaigns = Math.max(0, hastyCampaigns - 1);
        restartTimer();
        if (state.quorum.reached(this::granted)) {
            campaign(false, "no other voter to ask");
            return;
        }
        for (long voter : otherVoters()) {
            state.out.send(voter, new PreVoteRequest(state.term + 1, state.log.lastIndex(), state.log.lastTerm()));
        }
    }

    private void campaign(boolean transfer, String reason) {
        boolean leaderLost = state.leader != Member.NONE;
        state.become(Role.CANDIDATE, state.term + 1, Member.NONE, reason);
        if (leaderLost) {
            reads.leaderLost();
        }
        votes.clear();
        state.votedFor = state.self();
        restartTimer();
        // The own vote counts, and the others are asked, when it is on disk (paper, figure 2).
        state.out.wantAppend();
        ownVoteSequence = state.log.nextSequence();
        for (long voter : otherVoters()) {
            state.out.send(voter, new VoteRequest(state.term, state.log.lastIndex(), state.log.lastTerm(), transfer));
        }
    }

    /** Appends up to this sequence are on disk. */
    void durable(long sequence) {
        if (state.role == Role.CANDIDATE && sequence >= ownVoteSequence && !votes.containsKey(state.self())) {
            votes.put(state.self(), true);
            elapsedTicks = 0;
            countVotes();
        }
    }

    /** The leader hands over (thesis, section 3.10). */
    void onTimeoutNow(long from) {
        if (state.leader == from && !state.isLeader() && state.mayCampaign()) {
            campaign(true, "leader " + name(from) + " hands over");
        }
    }

    // Pre-votes

    void onPreVoteRequest(long from, PreVoteRequest request) {
        boolean granted = request.term() > state.term
                && !keepsToLeader(false)
                && state.rules.mayVote(state.committedMembership(), state.self())
                && isUpToDate(request.lastIndex(), request.lastTerm());
        state.out.send(from, new PreVoteResponse(granted ? request.term() : state.term, granted));
    }

    void onPreVoteResponse(long from, PreVoteResponse response) {
        if (!response.granted() && state.rules.stepsDown(response.term(), state.term)) {
            follow(response.term(), Member.NONE, higherTerm(response.term(), from));
            return;
        }
        if (state.role != Role.PRE_CANDIDATE || response.granted() && response.term() != state.term + 1) {
            return;
        }
        votes.put(from, response.granted());
        if (state.quorum.reached(this::granted)) {
            campaign(false, "would be elected by " + names());
        } else if (state.quorum.blocked(this::refused)) {
            follow(state.term, Member.NONE, "a majority would not elect it");
        }
    }

    // Votes

    void onVoteRequest(long from, VoteRequest request) {
        if (keepsToLeader(request.transfer())) {
            return;
        }
        if (state.rules.stepsDown(request.term(), state.term)) {
            follow(request.term(), Member.NONE, higherTerm(request.term(), from));
        }
        boolean granted = request.term() >= state.term
                && !state.isLeader()
                && state.rules.mayVote(state.committedMembership(), state.self())
                && state.rules.mayGrantVote(state.votedFor, from)
                && isUpToDate(request.lastIndex(), request.lastTerm());
        if (granted) {
            state.votedFor = from;
            if (state.role == Role.PRE_CANDIDATE) {
                follow(state.term, Member.NONE, "votes for " + name(from));
            }
            restartTimer();
        }
        state.out.send(from, new VoteResponse(state.term, granted));
    }

    void onVoteResponse(long from, VoteResponse response) {
        if (state.rules.stepsDown(response.term(), state.term)) {
            follow(response.term(), Member.NONE, higherTerm(response.term(), from));
            return;
        }
        if (state.role == Role.CANDIDATE && state.rules.countsVote(response.term(), state.term)) {
            votes.put(from, response.granted());
            countVotes();
        }
    }

    private void countVotes() {
        if (state.quorum.reached(this::granted)) {
            hastyCampaigns = 0;
            unanswered = 0;
            state.become(Role.LEADER, state.term, state.self(), "elected by " + names() + " in term " + state.term);
            leadership.begin();
            votes.clear();
        } else if (state.quorum.blocked(this::refused)) {
            follow(state.term, Member.NONE, "refused by a majority in term " + state.term);
        }
    }

    private boolean isUpToDate(long lastIndex, long lastTerm) {
        return state.rules.isUpToDate(lastIndex, lastTerm, state.log.lastIndex(), state.log.lastTerm());
    }

    private boolean granted(long voter) {
        return votes.getOrDefault(voter, false);
    }

    private boolean refused(long voter) {
        return !votes.getOrDefault(voter, true);
    }

    private List<Long> otherVoters() {
        List<Long> others = new ArrayList<>();
        for (Member member : state.membership().members()) {
            if (member.id() != state.self() && state.rules.countsInQuorum(member)) {
                others.add(member.id());
            }
        }
        return others;
    }

    private String names() {
        StringBuilder names = new StringBuilder();
        votes.forEach((voter, granted) -> {
            if (granted) {
                names.append(names.isEmpty() ? "" : ",").append(name(voter));
            }
        });
        return names.toString();
    }

    static String higherTerm(long term, long from) {
        return "higher term " + term + " from " + name(from);
    }

    private static String name(long id) {
        return MembershipRules.name(id);
    }
}
