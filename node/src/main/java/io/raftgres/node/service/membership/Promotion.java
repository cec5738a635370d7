package io.raftgres.node.service.membership;

import io.raftgres.node.consensus.RaftThread;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.health.StatusBroadcast;
import io.raftgres.raft.Member;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** A learner that is to be a voter asks for it until it is one; the leader agrees when its lag is bounded. */
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
        String told = "";
        try {
            while (!isVoter()) {
                String why = ask();
                // The lag changes all the time: one line for it is enough.
                if (!why.isEmpty() && !withoutNumbers(why).equals(told)) {
                    LOG.infof("not yet a voter: %s", why);
                    told = withoutNumbers(why);
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

    /** @return why not; empty when it was agreed */
    private String ask() {
        Optional<Member> own = raft.view().membership().member(self);
        if (own.isEmpty()) {
            return "the log does not say yet that this member belongs to the cluster";
        }
        if (UnstartedMember.staysLearner(own.get().name())) {
            return "it was announced as a learner: it stays one until it is promoted by MemberPromote";
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
