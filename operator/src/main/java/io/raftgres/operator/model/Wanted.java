package io.raftgres.operator.model;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the spec asks for.
 *
 * @param paused the operator must change nothing
 * @param recovery a recovery that the spec asks for and that has not finished
 * @param dataBytes wanted size of each data claim
 * @param logBytes wanted size of each log claim, when logs have claims of their own
 */
public record Wanted(
        int replicas,
        boolean paused,
        boolean hibernated,
        long dataBytes,
        OptionalLong logBytes,
        Optional<ForcedRecovery> recovery,
        ImagePolicy images) {

    /** @return wanted size of each claim of this kind; empty for logs without claims of their own */
    public OptionalLong bytes(ClaimKind kind) {
        return kind == ClaimKind.DATA ? OptionalLong.of(dataBytes) : logBytes;
    }

    Wanted resumed() {
        return new Wanted(replicas, false, hibernated, dataBytes, logBytes, recovery, images);
    }
}
