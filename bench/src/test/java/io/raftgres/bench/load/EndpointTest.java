package io.raftgres.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class EndpointTest {

    @Test
    void takesAddressesWithAndWithoutScheme() {
        assertEquals(new Endpoint("127.0.0.1", 8082), Endpoint.parse("127.0.0.1:8082"));
        assertEquals(new Endpoint("localhost", 8081), Endpoint.parse("http://localhost"));
        assertEquals(new Endpoint("[::1]", 9000), Endpoint.parse("http://[::1]:9000/"));
        assertEquals(9000, Endpoint.parse("[::1]:9000").address().getPort());
    }

    @Test
    void malformedAddressIsRefused() {
        for (String bad : List.of("", "http://", "https://a:1", "a:b", "a:1/path", "a b:1", "a:0", "a:99999999999")) {
            assertThrows(IllegalArgumentException.class, () -> Endpoint.parse(bad), bad);
        }
    }
}
