package io.raftgres.operator.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Versions are compared as numbers, and found in the tags of images. */
class ReleaseVersionTest {

    private static ReleaseVersion version(String text) {
        return ReleaseVersion.parse(text).orElseThrow();
    }

    @Test
    void numbersAreComparedAsNumbers() {
        List<String> ascending = List.of("0.1.0-SNAPSHOT", "0.1.0", "0.9.0", "0.9.10", "0.10.0", "1.0.0", "10.0.0");
        for (int i = 1; i < ascending.size(); i++) {
            assertTrue(version(ascending.get(i - 1)).compareTo(version(ascending.get(i))) < 0, ascending.get(i));
        }
        assertEquals("0.1.0-SNAPSHOT", version("v0.1.0-SNAPSHOT").toString());
        for (String none : new String[] {null, "", "latest", "1", "1.2", "1.2.3.4", "a1.2.3", "1.2.1234567"}) {
            assertEquals(Optional.empty(), ReleaseVersion.parse(none), none);
        }
    }

    @Test
    void theTagOfAnImageHoldsTheVersion() {
        String digest = "@sha256:" + "0".repeat(64);
        assertEquals(Optional.of(version("1.2.3")), ReleaseVersion.ofImage("raftgres/node:1.2.3"));
        assertEquals(Optional.of(version("1.2.3")), ReleaseVersion.ofImage("host:5000/node:1.2.3" + digest));
        for (String none : List.of("raftgres/node", "host:5000/node", "raftgres/node:dev", "raftgres/node" + digest)) {
            assertEquals(Optional.empty(), ReleaseVersion.ofImage(none), none);
        }
        for (String eighteen : List.of("postgres:18", "postgres:18.6", "a:5/pg:18.6-alpine", "pg:18-x" + digest)) {
            assertEquals(Optional.of(18), ReleaseVersion.postgresMajor(eighteen), eighteen);
        }
        for (String none : List.of("postgres", "postgres:latest", "pg:20251130", "pg:2025.1", "postgres" + digest)) {
            assertEquals(Optional.empty(), ReleaseVersion.postgresMajor(none), none);
        }
    }
}
