package io.raftgres.operator.condition;

import io.raftgres.operator.model.ForcedRecovery;

/**
 * @param type CamelCase, unique among the conditions of a RaftCluster
 * @param reason one word in CamelCase, for programs
 * @param message a sentence for people
 */
public record Condition(String type, Status status, String reason, String message) {

    public enum Status {
        TRUE("True"),
        FALSE("False"),
        UNKNOWN("Unknown");

        private final String text;

        Status(String text) {
            this.text = text;
        }

        /** The text that Kubernetes uses for this status. */
        public String text() {
            return text;
        }
    }

    static Condition recovering(String type, ForcedRecovery recovery) {
        return when(
                type, false, "Recovering", "the operator makes a new cluster from the data of " + recovery.member());
    }

    static Condition when(String type, boolean holds, String reason, String message) {
        return new Condition(type, holds ? Status.TRUE : Status.FALSE, reason, message);
    }
}
