package io.raftgres.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses durations such as 5s or 500ms. */
final class Durations {
    private Durations() {}

    private static final Pattern FORM = Pattern.compile("(\\d{1,9})(ms|s|m)?");

    /** @param text such as 5, 5s, 500ms or 2m; a bare number is seconds */
    static Duration parse(String text) {
        Matcher matcher = FORM.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a duration; write it like 5s, 500ms or 2m");
        }
        long number = Long.parseLong(matcher.group(1));
        Duration duration = switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "m" -> Duration.ofMinutes(number);
            case null, default -> Duration.ofSeconds(number);
        };
        if (duration.isZero()) {
            throw new IllegalArgumentException("a timeout must be above 0");
        }
        return duration;
    }
}
