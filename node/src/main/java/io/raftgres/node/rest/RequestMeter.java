package io.raftgres.node.rest;

/** Is told of every request when it has been answered. Called on event loops: must not block. */
@FunctionalInterface
public interface RequestMeter {

    RequestMeter NONE = (route, status, nanos) -> {};

    /**
     * @param status HTTP status; 499 when the client went away before the response
     * @param nanos from the request's head to the end of the response; of a watch, to its beginning
     */
    void record(Route route, int status, long nanos);
}
