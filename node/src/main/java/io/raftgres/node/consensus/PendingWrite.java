package io.raftgres.node.consensus;

import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.ServiceException;

/**
 * A write that was submitted to this node's consensus. One of {@link #applied}, {@link #refused} and {@link #notDone}
 * is called once, by a thread that must not be blocked; {@link #uncertain} may come before.
 */
public interface PendingWrite {

    /** @return the encoded request ({@code RequestCodec}); its clock is set when it is proposed */
    byte[] data();

    /** Committed and applied. */
    void applied(ApplyResult result);

    /** Committed, but it breaks a rule; nothing was changed. */
    void refused(ServiceException why);

    /** Never appended, or replaced by another leader's entry: not done. The client may try again. */
    void notDone(NotDone why);

    /**
     * This node has lost leadership before the write was committed: the next leader may still commit it. The final
     * outcome follows when it is known.
     */
    void uncertain();

    enum NotDone {
        NOT_LEADER,
        OVERLOADED
    }
}
