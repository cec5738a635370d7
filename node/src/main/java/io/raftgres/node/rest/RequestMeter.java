package io.raftgres.node.rest;

/** Is notified of every request when it has been answered. Called on event loops: must not block. */
@FunctionalInterface
public interface RequestMeter {

    RequestMeter NONE = (route, status, nanos) -> {};

    /**
     * @param status HTTP status; 499 when the client has gone before the response
     * @param nanos from the request's head to the end of the response; of a watch, to its beginning
     */
    void record(Route route, int status, long nanos);
}
