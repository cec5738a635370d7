package io.raftgres.operator.resource;

/**
 * No object can be built from the spec of a RaftCluster. The message says what is wrong, why, and what to change. The
 * API server refuses most such specs itself; this is for what its rules cannot see.
 */
public final class SpecRefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public SpecRefusedException(String sentence) {
        super(sentence);
    }
}
