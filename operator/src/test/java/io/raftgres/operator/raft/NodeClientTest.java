package io.raftgres.operator.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import org.junit.jupiter.api.Test;

/** Why a node said nothing, in words for the status. */
class NodeClientTest {

    @Test
    void whatIsKnownOfASilentNode() {
        assertEquals(
                "no connection within 2 s", NodeClient.silence(new HttpConnectTimeoutException("connect timed out")));
        assertEquals("no response within 2 s", NodeClient.silence(new HttpTimeoutException("request timed out")));
        assertEquals("no connection", NodeClient.silence(new ConnectException()));
        assertEquals("too long", NodeClient.silence(new IOException("too long")));
        assertEquals("java.io.IOException", NodeClient.silence(new IOException()));
    }
}
