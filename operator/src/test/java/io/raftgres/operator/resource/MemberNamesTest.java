package io.raftgres.operator.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Names of members. */
class MemberNamesTest {

    @Test
    void namesOfMembersAreReadStrictly() {
        Names names = new Names("ns", "c");
        assertEquals(10, names.ordinal("c-10").orElseThrow());
        Stream.of("c-01", "c-", "c-recovery", "d-1", "c-1-2")
                .forEach(name -> assertTrue(names.ordinal(name).isEmpty(), name));
    }
}
