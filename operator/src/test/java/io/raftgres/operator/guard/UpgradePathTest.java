package io.raftgres.operator.guard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.operator.model.ReleaseVersion;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which release may follow which. */
class UpgradePathTest {

    private static Optional<String> objection(String from, String to) {
        return UpgradePath.objection(
                ReleaseVersion.parse(from).orElseThrow(),
                ReleaseVersion.parse(to).orElseThrow());
    }

    @ParameterizedTest
    @CsvSource({"0.9.0,0.9.3", "0.9.3,0.9.0", "0.9.3,0.10.0", "0.1.0-SNAPSHOT,0.1.0", "0.7.1,1.0.4", "1.9.0,1.10.0"})
    void theNextReleaseAndPatchesAreAllowed(String from, String to) {
        assertEquals(Optional.empty(), objection(from, to));
    }

    @ParameterizedTest
    @CsvSource({
        "0.10.0, 0.9.9, release 0.9 may not read what release 0.10 has written",
        "1.0.0, 0.9.9, may not read",
        "0.9.0, 0.11.0, go to release 0.10 first",
        "0.9.0, 1.1.0, then to release 1.0",
        "1.2.0, 3.0.0, then to release 2.0"
    })
    void othersAreRefusedWithWhatToDo(String from, String to, String words) {
        assertTrue(objection(from, to).orElseThrow().contains(words), objection(from, to)::toString);
    }
}
