package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every rule has a test of its own, shows before and after in its Javadoc, and is asked by the planner. */
class EveryRuleTest {

    private static final Path SOURCES = Path.of("src/main/java/io/raftgres/operator/plan");

    private static final Set<String> RULES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("io.raftgres.operator.plan").stream()
                    .filter(each -> each.isAssignableTo(Rule.class) && !each.isInterface())
                    .map(JavaClass::getSimpleName)
                    .collect(Collectors.toSet());

    @Test
    void everyRuleHasATest() {
        for (String rule : RULES) {
            String test = Rule.class.getPackageName() + "." + rule + "Test";
            assertDoesNotThrow(() -> Class.forName(test), () -> "write " + test);
        }
    }

    @Test
    void everyRuleShowsBeforeAndAfter() throws IOException {
        for (String rule : RULES) {
            String source = Files.readString(SOURCES.resolve(rule + ".java"));
            String comment = source.substring(source.indexOf("/**"), source.indexOf("final class"));
            assertTrue(
                    comment.contains("Before: ") && comment.contains(" After: "),
                    () -> "the Javadoc of " + rule + " has no line 'Before: ... After: ...'");
        }
    }

    @Test
    void everyRuleIsAskedByThePlanner() {
        assertEquals(
                RULES,
                Planner.rules().stream()
                        .map(rule -> rule.getClass().getSimpleName())
                        .collect(Collectors.toSet()));
    }
}
