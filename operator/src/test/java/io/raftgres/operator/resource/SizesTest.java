package io.raftgres.operator.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Quantity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A size is a whole number of bytes, rounded up. */
class SizesTest {

    @ParameterizedTest
    @CsvSource({
        "1.1Gi, 1181116007",
        "1181116006400m, 1181116007",
        "0.5Ti, 549755813888",
        "300000000500m, 300000001",
        "1500m, 2",
        "10Gi, 10737418240",
        "1e3, 1000",
        "10E, 9223372036854775807"
    })
    void fractionsAreRoundedUp(String size, long bytes) {
        assertEquals(bytes, Sizes.bytes(size));
    }

    @Test
    void theClaimTemplateHasWholeBytesAndOtherwiseTheTextOfTheSpec() {
        assertEquals("1181116007", Sizes.whole("1.1Gi").toString());
        assertEquals("10Gi", Sizes.whole("10Gi").toString());
        assertEquals(Quantity.parse("0.5Ti"), Sizes.whole("0.5Ti"));
    }
}
