package io.raftgres.node.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node refuses an old spelling of an option, and names the new one. */
class RenamedOptionsTest {

    @Test
    void anOldSpellingIsRefusedWithTheNewOne() {
        assertEquals(
                "the option raftgres.max-writes-under-way is now called raftgres.max-writes-in-flight",
                RenamedOptions.objection(Set.of("java.home", "raftgres.max-writes-under-way"), Set.of()));
        assertEquals(
                "the variable RAFTGRES_KEY_MAX_BYTES is now called RAFTGRES_MAX_KEY_BYTES",
                RenamedOptions.objection(Set.of(), Set.of("PATH", "RAFTGRES_KEY_MAX_BYTES")));
    }

    @Test
    void namesInAFileAreFound(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("application.properties");
        assertEquals(Set.of(), RenamedOptions.namesIn(file));
        Files.writeString(file, "raftgres.max-writes-under-way = 5\n");
        assertEquals(
                "the option raftgres.max-writes-under-way is now called raftgres.max-writes-in-flight",
                RenamedOptions.objection(RenamedOptions.namesIn(file), Set.of()));
    }

    @Test
    void newSpellingsPass() {
        assertNull(RenamedOptions.objection(Set.of("raftgres.max-writes-in-flight"), Set.of("RAFTGRES_MAX_KEY_BYTES")));
    }
}
