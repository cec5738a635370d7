package io.raftgres.node.etcd.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class JsonWeightTest {

    private static long weight(String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return JsonWeight.of(bytes, bytes.length);
    }

    /** Three bytes each, and an object with a table of its own, and a message. */
    @Test
    void manyEmptyObjectsWeighMuchMoreThanTheirText() {
        String many = "{\"compare\":[" + "{},".repeat(100_000) + "{}]}";
        assertTrue(weight(many) > 90L * many.length(), "weight " + weight(many));
    }

    @Test
    void aLargeValueWeighsLittleMore() {
        String put = "{\"key\":\"aw==\",\"value\":\"" + "A".repeat(1 << 20) + "\"}";
        assertTrue(weight(put) < 5 * put.length() / 2, "weight " + weight(put));
    }

    @Test
    void structureWithinAStringCountsAsText() {
        assertEquals(weight("{\"k\":\"aaaaaaaa\"}"), weight("{\"k\":\"{[,:]}\\\"\"}"));
        assertEquals(160, JsonWeight.of(new byte[10], 0));
    }
}
