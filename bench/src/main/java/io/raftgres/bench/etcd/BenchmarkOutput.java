package io.raftgres.bench.etcd;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses the output of etcd's {@code benchmark --precise}. It has one summary, or two with a title each: reads and
 * writes of {@code txn-mixed}, puts and events of {@code watch-latency}.
 */
final class BenchmarkOutput {

    /** Title for a summary without one. */
    static final String UNTITLED = "";

    private static final Pattern TITLE =
            Pattern.compile("Total (Read|Write) Ops: \\d+|(Put|Watch) (?:events )?summary:");
    private static final Pattern RATE = Pattern.compile("\\s+Requests/sec:\\s+(\\S+)");
    private static final Pattern BUCKET = Pattern.compile("\\s+\\S+ \\[(\\d+)]\\s+\\|.*");
    private static final Pattern PERCENTILE = Pattern.compile("\\s+(\\S+)% in (\\S+) secs\\.");
    private static final Pattern ERROR = Pattern.compile("\\s+\\[(\\d+)]\\s+(.*)");

    private BenchmarkOutput() {}

    /**
     * @return the summaries by title: {@code read} and {@code write}, {@code put} and {@code watch}, or {@link
     *     #UNTITLED}; only those that the output has
     * @throws IllegalArgumentException when a number cannot be parsed
     */
    static Map<String, Summary> parse(String text) {
        Map<String, Draft> drafts = new LinkedHashMap<>();
        String title = UNTITLED;
        boolean errors = false;
        for (String line : text.lines().toList()) {
            Matcher titled = TITLE.matcher(line);
            if (titled.matches()) {
                title = (titled.group(1) != null ? titled.group(1) : titled.group(2)).toLowerCase(Locale.ROOT);
                errors = false;
            } else if (line.equals("Error distribution:")) {
                errors = true;
            } else if (line.startsWith(" ")) {
                drafts.computeIfAbsent(title, any -> new Draft()).take(line, errors);
            }
        }
        Map<String, Summary> summaries = new LinkedHashMap<>();
        drafts.forEach((name, draft) -> summaries.put(name, draft.summary()));
        return summaries;
    }

    /** The summary that is being parsed. */
    private static final class Draft {
        private long count;
        private double perSecond;
        private final Map<Double, Double> percentiles = new HashMap<>();
        private final Map<String, Long> errors = new HashMap<>();

        void take(String line, boolean error) {
            Matcher matcher = ERROR.matcher(line);
            if (error && matcher.matches()) {
                errors.merge(matcher.group(2), Long.parseLong(matcher.group(1)), Long::sum);
                return;
            }
            matcher = BUCKET.matcher(line);
            if (matcher.matches()) {
                count += Long.parseLong(matcher.group(1));
                return;
            }
            matcher = RATE.matcher(line);
            if (matcher.matches()) {
                perSecond = Double.parseDouble(matcher.group(1));
                return;
            }
            matcher = PERCENTILE.matcher(line);
            if (matcher.matches()) {
                percentiles.put(Double.parseDouble(matcher.group(1)), Double.parseDouble(matcher.group(2)) * 1e9);
            }
        }

        Summary summary() {
            return new Summary(count, perSecond, percentiles, errors);
        }
    }
}
