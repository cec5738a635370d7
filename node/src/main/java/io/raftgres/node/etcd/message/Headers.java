package io.raftgres.node.etcd.message;

import io.raftgres.etcd.api.etcdserver.ResponseHeader;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.health.NodePosition;

/** The header of each response: cluster, member, term and revision. */
public final class Headers {

    private final KvService service;

    public Headers(KvService service) {
        this.service = service;
    }

    /** @return a header with the current revision */
    public ResponseHeader now() {
        NodePosition position = service.position();
        return at(position, position.revision());
    }

    /** @param revision the store's revision that the response shows */
    public ResponseHeader at(long revision) {
        return at(service.position(), revision);
    }

    private static ResponseHeader at(NodePosition position, long revision) {
        return ResponseHeader.newBuilder()
                .setClusterId(position.clusterId())
                .setMemberId(position.memberId())
                .setRaftTerm(position.term())
                .setRevision(revision)
                .build();
    }
}
