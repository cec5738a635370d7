package io.raftgres.bench.etcd;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what etcd's {@code benchmark --precise} prints to its standard output. It is one summary, or two with a title
 * each: those of the reads and writes of {@code txn-mixed}, of the puts and events of {@code watch-latency}.
 */
final class BenchmarkOutput {

    /** The title of a summary that has none. */
    static final String UNTITLED = "";

    private static final Pattern TITLE =
            Pattern.compile("Total (Read|Write) Ops: \\d+|(Put|Watch) (?:events )?summary:");
    private static final Pattern RATE = Pattern.compile("\\s+Requests/sec:\\s+(\\S+)");
    private static final Pattern BUCKET = Pattern.compile("\\s+\\S+ \\[(\\d+)]\\s+\\|.*");
    private static final Pattern PERCENTILE = Pattern.compile("\\s+(\\S+)% in (\\S+) secs\\.");
    private static final Pattern ERROR = Pattern.compile("\\s+\\[(\\d+)]\\s+(.*)");

    private BenchmarkOutput() {}

    /**
     * @return by title: {@code read} and {@code write}, {@code put} and {@code watch}, or {@link #UNTITLED}; without
     *     those that nothing is said of
     * @throws IllegalArgumentException a number cannot be read
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

    /** A summary that is being read. */
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
