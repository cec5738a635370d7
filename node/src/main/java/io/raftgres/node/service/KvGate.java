package io.raftgres.node.service;

import io.raftgres.node.auth.Caller;
import io.raftgres.node.auth.Callers;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.service.health.NodePosition;

/**
 * The way of every API to the service: it gives the operations only for a {@link Caller}, and they check the caller's
 * rights. While users are not checked, they do what the service itself does.
 */
public final class KvGate {

    private final KvService service;

    public KvGate(KvService service) {
        this.service = service;
    }

    /** @return the operations of this caller. A refusal is a Rejected, of reasons that {@link AuthState} gives */
    public KvService as(Caller caller) {
        return new CheckedKvService(service, caller);
    }

    /** @throws io.raftgres.node.kv.ServiceException on a node that does not know whether users are checked */
    public Callers callers() {
        return service.callers();
    }

    /** @return the node's position, which is no secret */
    public NodePosition position() {
        return service.position();
    }

    public boolean hasLeader() {
        return service.hasLeader();
    }
}
