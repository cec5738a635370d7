package io.raftgres.e2e.extremes;

/**
 * What became of a request.
 *
 * @param kind method and status, for counting
 * @param fault null when it was answered as it should be, whatever the response; otherwise what was answered
 */
public record Outcome(String kind, String fault) {

    /** What a node says of a request whose evaluation failed. */
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
