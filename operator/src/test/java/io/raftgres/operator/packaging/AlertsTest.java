package io.raftgres.operator.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prometheus's promtool judges whether the alerts of the chart fire when they should; without it a test is skipped. */
class AlertsTest {

    private static final Path FILES = Path.of("..", "helm", "raftgres-operator", "files");
    private static final Path SERIES = Path.of("src", "test", "resources", "alerts", "alerts-test.yaml");

    @TempDir
    Path directory;

    private static String rules() throws IOException {
        return Files.readString(FILES.resolve("alerts.yaml")) + Files.readString(FILES.resolve("operator-alerts.yaml"));
    }

    private static Set<String> names(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void eachAlertHasSeriesForWhichItFires() throws IOException {
        String series = Files.readString(SERIES);
        String firing = series.substring(series.indexOf("name: no member has a leader"));
        assertEquals(names("alert: (\\w+)", rules()), names("alertname(?:=\"|: )(\\w+)", firing));
    }

    @Test
    void alertsFireForTheirSeries() throws Exception {
        String promtool = Stream.of(System.getenv("PATH").split(":"))
                .map(each -> Path.of(each, "promtool"))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse("");
        assumeTrue(!promtool.isEmpty(), "no promtool on the PATH: it judges the alerts");
        Files.writeString(directory.resolve("rules.yaml"), rules());
        Files.copy(SERIES, directory.resolve("alerts-test.yaml"));
        run(promtool, "check", "rules", "rules.yaml");
        run(promtool, "test", "rules", "alerts-test.yaml");
    }

    private void run(String... line) throws Exception {
        Process process = new ProcessBuilder(List.of(line))
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        assertTrue(process.waitFor() == 0 && output.contains("SUCCESS"), output);
    }
}
