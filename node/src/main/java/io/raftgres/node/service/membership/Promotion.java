package io.raftgres.node.service.membership;

import io.raftgres.node.consensus.RaftThread;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.health.StatusBroadcast;
import io.raftgres.raft.Member;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Asks for the promotion of this learner until it is a voter. The leader agrees when its lag is small enough. */
public final class Promotion implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Promotion.class);
    private static final long ASK_MILLIS = 250;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final RaftThread raft;
    private final ClusterAdmin admin;
    private final long self;
    private final Thread thread;

    public Promotion(RaftThread raft, ClusterAdmin admin, long self) {
        this.raft = raft;
        this.admin = admin;
        this.self = self;
        this.thread = Thread.ofVirtual().name("promotion").unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        String reported = "";
        try {
            while (!isVoter()) {
                String why = ask();
                // The lag changes all the time, so it is logged once.
                if (!why.isEmpty() && !withoutNumbers(why).equals(reported)) {
                    LOG.infof("this member is not a voter yet: %s", why);
                    reported = withoutNumbers(why);
                }
                TimeUnit.MILLISECONDS.sleep(ASK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isVoter() {
        return raft.view().committedMembership().isVoter(self);
    }

    /** @return the reason of a refusal; empty when the promotion was accepted */
    private String ask() {
        Optional<Member> own = raft.view().membership().member(self);
        if (own.isEmpty()) {
            return "this member's log does not contain it as a member yet";
        }
        if (UnstartedMember.staysLearner(own.get().name())) {
            return "it was added as a learner: it stays one until MemberPromote promotes it";
        }
        try {
            admin.promote(StatusBroadcast.hex(self), PATIENCE);
            return "";
        } catch (ServiceException e) {
            return e.getMessage();
        }
    }

    private static String withoutNumbers(String text) {
        return text.replaceAll("\\d+", "");
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
