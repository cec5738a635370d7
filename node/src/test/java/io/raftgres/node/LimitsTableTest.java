package io.raftgres.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.raftgres.node.config.MemberRules;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.config.TestConfig;
import io.raftgres.node.kv.Limits;
import io.raftgres.raft.Membership;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The numbers of docs/limits.md are those of the code. */
class LimitsTableTest {

    private static final Pattern ROW = Pattern.compile("\\| [^|]+ \\| ([\\d,]+)[^|]* \\| `([A-Za-z.]+[A-Z_a-z]*)` \\|");

    @Test
    void theTableHasTheNumbersOfTheCode() throws IOException, IllegalAccessException {
        Map<String, String> rows = Files.readAllLines(table()).stream()
                .map(ROW::matcher)
                .filter(java.util.regex.Matcher::matches)
                .collect(Collectors.toMap(row -> row.group(2), row -> row.group(1)));
        Map<String, String> constants = new TreeMap<>();
        for (Class<?> holder : List.of(Limits.class, MemberRules.class)) {
            for (Field field : holder.getFields()) {
                if (Modifier.isStatic(field.getModifiers())) {
                    constants.put(holder.getSimpleName() + "." + field.getName(), shown(field.get(null)));
                }
            }
        }
        constants.put("Membership.MAX_VOTERS", shown(Membership.MAX_VOTERS));
        NodeConfig defaults = TestConfig.config();
        constants.put("NodeConfig.maxKeyBytes", shown(defaults.maxKeyBytes()));
        constants.put("NodeConfig.maxValueBytes", shown(defaults.maxValueBytes()));
        constants.forEach((name, value) -> assertEquals(value, rows.get(name), name));
    }

    private static String shown(Object number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static Path table() {
        Path here = Path.of("").toAbsolutePath();
        return (Files.exists(here.resolve("docs")) ? here : here.getParent())
                .resolve("docs")
                .resolve("limits.md");
    }
}
