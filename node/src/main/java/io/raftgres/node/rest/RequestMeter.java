package io.raftgres.node.rest;

/** Records every request when it has ended. Called on event loops, so it must not block. */
@FunctionalInterface
public interface RequestMeter {

    RequestMeter NONE = (route, status, nanos) -> {};

    /**
     * @param status HTTP status; 499 if the client left before the response
     * @param nanos from the request's head to the end of the response; for a watch, to its beginning
     */
    void record(Route route, int status, long nanos);
}
