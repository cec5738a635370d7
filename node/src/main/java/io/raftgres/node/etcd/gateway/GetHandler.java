package io.raftgres.node.etcd.gateway;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Answers GET requests of one path. */
public interface GetHandler {

    /**
     * Runs on an event loop, so it must not block.
     *
     * @param query parameters, each with its values in order
     * @return never fails
     */
    CompletionStage<GatewayResponse> get(Map<String, List<String>> query);
}
