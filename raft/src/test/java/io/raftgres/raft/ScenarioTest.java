package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs the commands of each scenario file, and compares the outputs below them line by line. With {@code
 * -Dscenarios.rewrite=true} it writes the outputs into the files.
 */
class ScenarioTest {

    private static final Path DIRECTORY = Path.of("src/test/resources/scenarios");

    /** Writes the outputs of this run into the files. Read the difference in version control before you commit it. */
    private static final boolean REWRITE = Boolean.getBoolean("scenarios.rewrite");

    private static final int MAX_LINES = 80;

    @TestFactory
    List<DynamicTest> everyScenarioMatchesItsFile() throws IOException {
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            List<DynamicTest> tests = files.filter(file -> file.toString().endsWith(".txt"))
                    .sorted()
                    .map(file -> dynamicTest(file.getFileName().toString(), () -> check(file)))
                    .toList();
            assertFalse(tests.isEmpty(), "no scenario in " + DIRECTORY.toAbsolutePath());
            return tests;
        }
    }

    private static void check(Path file) throws IOException {
        String expected = Files.readString(file);
        String actual = ScenarioScript.run(expected.lines().toList());
        if (REWRITE) {
            Files.writeString(file, actual);
        } else if (!actual.equals(expected)) {
            fail(file + " tells something else. If the new outputs (+) are right, rewrite them with\n"
                    + "mvn test -pl raft -Dtest=ScenarioTest -Dscenarios.rewrite=true\n\n"
                    + difference(expected.lines().toList(), actual.lines().toList()));
        }
        assertTrue(expected.startsWith("# "), file + " has to begin with its title");
        assertTrue(actual.lines().count() <= MAX_LINES, file + " has over " + MAX_LINES + " lines; divide it");
    }

    /** @return only the lines that differ (- expected, + actual), each run of them below the line before it */
    private static String difference(List<String> expected, List<String> actual) {
        int[][] common = common(expected, actual);
        StringBuilder text = new StringBuilder();
        int i = 0;
        int j = 0;
        boolean same = true;
        while (i < expected.size() || j < actual.size()) {
            if (i < expected.size() && j < actual.size() && expected.get(i).equals(actual.get(j))) {
                i++;
                j++;
                same = true;
                continue;
            }
            if (same && i > 0) {
                text.append("line ")
                        .append(i)
                        .append(":\n    ")
                        .append(expected.get(i - 1))
                        .append('\n');
            }
            same = false;
            if (j == actual.size() || i < expected.size() && common[i + 1][j] >= common[i][j + 1]) {
                text.append("  - ").append(expected.get(i++)).append('\n');
            } else {
                text.append("  + ").append(actual.get(j++)).append('\n');
            }
        }
        return text.toString();
    }

    /**
     * @return length of the longest common subsequence of the ends of two texts, for each line of the one and of the
     *     other at which the ends begin
     */
    private static int[][] common(List<String> left, List<String> right) {
        int[][] common = new int[left.size() + 1][right.size() + 1];
        for (int i = left.size() - 1; i >= 0; i--) {
            for (int j = right.size() - 1; j >= 0; j--) {
                common[i][j] = left.get(i).equals(right.get(j))
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        return common;
    }
}
