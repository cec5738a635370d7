package io.raftgres.operator.status;

/**
 * @param type CamelCase, one of a kind
 * @param reason CamelCase, for programs
 * @param message for people
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

        /** As Kubernetes writes it. */
        public String text() {
            return text;
        }
    }

    static Condition when(String type, boolean holds, String reason, String message) {
        return new Condition(type, holds ? Status.TRUE : Status.FALSE, reason, message);
    }
}
