package io.raftgres.bench.suite;

import java.net.HttpURLConnection;
import java.net.URI;

/**
 * Stands in for {@code raftgres}: sends its arguments to the {@link FakeCluster} whose control port is the first
 * argument.
 */
final class FakeLauncher {
    private FakeLauncher() {}

    public static void main(String[] arguments) throws Exception {
        StringBuilder path = new StringBuilder();
        for (int i = 1; i < arguments.length && !arguments[i].startsWith("--"); i++) {
            path.append('/').append(arguments[i]);
        }
        URI uri = URI.create("http://127.0.0.1:" + arguments[0] + path);
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
        if (connection.getResponseCode() != 200) {
            throw new IllegalStateException("refused: " + uri);
        }
    }
}
