package io.raftgres.operator.guard;

import io.raftgres.operator.model.ReleaseVersion;
import java.util.Optional;

/**
 * Decides whether nodes of one release may be replaced by nodes of another. Releases with equal major and minor numbers
 * are interchangeable. Otherwise a cluster goes up, by one minor number at a time, or to the first minor number of the
 * next major one.
 */
public final class UpgradePath {

    private UpgradePath() {}

    /** @return why not, and what to do instead; empty when it is allowed */
    public static Optional<String> objection(ReleaseVersion from, ReleaseVersion to) {
        if (from.major() == to.major() && from.minor() == to.minor()) {
            return Optional.empty();
        }
        if (to.compareTo(from) < 0) {
            return Optional.of("release " + line(to) + " may not read what release " + line(from) + " has written");
        }
        if (to.major() == from.major()) {
            return to.minor() == from.minor() + 1
                    ? Optional.empty()
                    : Optional.of(
                            "that skips releases: go to release " + from.major() + "." + (from.minor() + 1) + " first");
        }
        return to.major() == from.major() + 1 && to.minor() == 0
                ? Optional.empty()
                : Optional.of("that skips releases: go to the last release of " + from.major()
                        + " first, then to release " + (from.major() + 1) + ".0");
    }

    private static String line(ReleaseVersion version) {
        return version.major() + "." + version.minor();
    }
}
