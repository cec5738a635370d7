package io.raftgres.raft;

import io.raftgres.raft.Message.PreVoteRequest;
import io.raftgres.raft.Message.PreVoteResponse;
import io.raftgres.raft.Message.VoteRequest;
import io.raftgres.raft.Message.VoteResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Manages terms, votes and roles (paper, section 5.2; pre-vote: thesis, section 9.6). */
final class Election {

    /**
     * Number of campaigns with short timeouts after the connection to the leader broke. Later campaigns use normal
     * timeouts.
     */
    private static final int HASTY_CAMPAIGNS = 8;

    /** Factor by which a degraded member lengthens its wait before it campaigns. */
    private static final int DEGRADED_PATIENCE = 3;

    /** Upper bound of a candidate's wait for votes, as a multiple of its first timeout. */
    private static final int MOST_PATIENCE_FOR_VOTES = 4;

    private final MemberState state;
    private final Leader leadership;
    private final ReadIndex reads;

    /** Responses of the voters in this campaign: granted or refused. */
    private final TreeMap<Long, Boolean> votes = new TreeMap<>();

    /** The append that makes this candidate's own vote durable. */
    private long ownVoteSequence;

    private int ticksSinceHeard;
    private int elapsedTicks;
    private int timeoutTicks;
    private int hastyCampaigns;

    /** Number of consecutive campaigns in which no voter refused, and too few voters responded in time. */
    private int campaignsWithoutMajority;

    Election(MemberState state, Leader leadership, ReadIndex reads) {
        this.state = state;
        this.leadership = leadership;
        this.reads = reads;
        restartTimer();
    }

    // Time

    /** Processes one tick of a member that is not the leader. */
    void tick() {
        ticksSinceHeard++;
        elapsedTicks++;
        if (elapsedTicks < patience()) {
            return;
        }
        if (state.mayCampaign()) {
            if (state.role == Role.CANDIDATE && !votes.containsValue(false)) {
                campaignsWithoutMajority = Math.min(campaignsWithoutMajority + 1, MOST_PATIENCE_FOR_VOTES - 1);
            }
            preCampaign();
        } else {
            restartTimer();
            if (state.leader != Member.NONE) {
                follow(
                        state.term,
                        Member.NONE,
                        "no message from leader " + name(state.leader) + " for " + ticksSinceHeard + " ticks");
            }
        }
    }

    /**
     * A degraded member lets the others campaign first. A candidate whose voters store their votes slowly waits longer
     * each time. Otherwise each vote would arrive after the candidate has moved to the next term.
     *
     * @return ticks to wait before campaigning
     */
    private int patience() {
        if (state.role == Role.CANDIDATE) {
            return timeoutTicks * (1 + campaignsWithoutMajority);
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
     * Drops the leader because it may be down, and schedules a campaign soon. The report is only a hint: the pre-vote
     * still has to find a majority that lost the leader too.
     */
    void leaderUnreachable() {
        long lost = state.leader;
        hastyCampaigns = HASTY_CAMPAIGNS;
        follow(state.term, Member.NONE, "leader " + name(lost) + " is unreachable");
        timeoutTicks = 1 + turnAfter(lost) * Math.max(1, state.config.heartbeatTicks() / 2);
    }

    /**
     * The surviving voters notice a failure at about the same time. Simultaneous candidates split the votes, so the
     * survivors campaign one after another, in an order that depends on the term.
     */
    private int turnAfter(long lost) {
        int turn = 0;
        int survivors = 0;
        for (long voter : state.membership().voters()) {
            if (voter == state.self()) {
                turn = survivors;
            }
            if (voter != lost) {
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

    /** Becomes or stays a follower (or learner), in this term or a higher one. */
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
     * Handles the arrival of an append or a heartbeat in the current term.
     *
     * @return whether its sender is the leader of this term; false when this member knows another leader
     */
    boolean heardFromLeader(long from) {
        if (state.isLeader() || state.leader != Member.NONE && state.leader != from) {
            return false;
        }
        hastyCampaigns = 0;
        campaignsWithoutMajority = 0;
        ticksSinceHeard = 0;
        if (state.leader != from || state.role == Role.PRE_CANDIDATE || state.role == Role.CANDIDATE) {
            follow(state.term, from, "follows " + name(from) + ", elected in term " + state.term);
        }
        elapsedTicks = 0;
        return true;
    }

    /** Adjusts the role to a new membership. */
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
                            passive == Role.FOLLOWER ? "became a voter" : "is no longer a voter");
                }
            }
            case PRE_CANDIDATE, CANDIDATE -> {
                if (!state.mayCampaign()) {
                    follow(state.term, Member.NONE, "is no longer a voter");
                }
            }
        }
    }

    private void preCampaign() {
        boolean leaderLost = state.leader != Member.NONE;
        String reason = leaderLost
                ? "no message from leader " + name(state.leader) + " for " + ticksSinceHeard + " ticks"
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
            campaign(false, "is the only voter");
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
        // The member counts its own vote, and sends its requests, only after its vote is on disk (paper, figure 2).
        state.out.wantAppend();
        ownVoteSequence = state.log.nextSequence();
        for (long voter : otherVoters()) {
            state.out.send(voter, new VoteRequest(state.term, state.log.lastIndex(), state.log.lastTerm(), transfer));
        }
    }

    /** Handles the report that appends up to this sequence are on disk. */
    void durable(long sequence) {
        if (state.role == Role.CANDIDATE && sequence >= ownVoteSequence && !votes.containsKey(state.self())) {
            votes.put(state.self(), true);
            elapsedTicks = 0;
            countVotes();
        }
    }

    /** The leader transfers leadership to this member (thesis, section 3.10). */
    void onTimeoutNow(long from) {
        if (state.leader == from && !state.isLeader() && state.mayCampaign()) {
            campaign(true, "leader " + name(from) + " transfers leadership");
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
            campaign(false, "won the pre-vote with " + names());
        } else if (state.quorum.blocked(this::refused)) {
            follow(state.term, Member.NONE, "lost the pre-vote: a majority refused it");
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
            campaignsWithoutMajority = 0;
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
