package io.raftgres.e2e.extremes;

/**
 * The outcome of a request.
 *
 * @param kind method and status, for counting
 * @param fault null if the response was allowed; otherwise a description of the response
 */
public record Outcome(String kind, String fault) {

    /** The message of a request whose evaluation failed. */
    private static final String DEFECT = "the node could not evaluate this request";

    /**
     * @param isFailure whether the status is one of the server's own failure
     * @param said with it, null for nothing
     * @param request for people
     */
    static Outcome of(String method, String status, boolean isFailure, String said, String request) {
        boolean wrong = isFailure || said != null && said.contains(DEFECT);
        return new Outcome(
                method + " " + status,
                wrong
                        ? status + ": " + said + " for " + method + " "
                                + request.substring(0, Math.min(2_000, request.length()))
                        : null);
    }
}
