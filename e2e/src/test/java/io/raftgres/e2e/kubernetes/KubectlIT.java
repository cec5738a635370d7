package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.client.LocalPortForward;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** {@code kubectl raftgres}, found on the PATH as kubectl finds its plugins. */
@OnKubernetes
class KubectlIT {

    private static final Path DIRECTORY = Operator.root().resolve("bin");

    @Test
    void pluginShowsAClusterAndTransfersItsLeadership(RaftCluster cluster) throws Exception {
        String status = done(run(cluster, "status", cluster.name()));
        System.out.println(status);
        assertTrue(status.contains("quorum 3/3") && status.contains("CONDITION"), status);
        String members = done(run(cluster, "member", "list"));
        for (int i = 0; i < 3; i++) {
            String name = cluster.name() + "-" + i;
            String line = name + " " + cluster.memberId(name) + " ";
            assertTrue(members.replaceAll(" +", " ").contains(line), members);
        }
        String next = cluster.follower();
        assertEquals(next + " leads\n", done(run(cluster, "transfer", cluster.name(), "--to", next)));
        assertEquals(next, cluster.leader());
        String other = done(run(cluster, "transfer")).replace(" leads\n", "");
        assertEquals(other, cluster.leader());
        String list = done(run(cluster, "list"));
        assertTrue(list.contains("STATE") && list.matches("(?s).*" + cluster.name() + " +Ready .*"), list);
    }

    @Test
    void queriesKeysWithSql(RaftCluster cluster) throws Exception {
        cluster.exec(cluster.leader(), "node", "raftgres put asked/by-sql yes --endpoint http://localhost:8081");
        String query = "SELECT value FROM raftgres.kv_text WHERE key = 'asked/by-sql'";
        cluster.await(
                "a follower's PostgreSQL to show the key",
                Duration.ofSeconds(10),
                () -> done(run(cluster, "sql", cluster.name(), "-c", query)).contains(" yes") ? true : null);
        refused(run(cluster, "sql", "-c", "CREATE TABLE t ()"), 1, "read-only transaction");
        refused(run(cluster, "sql", "--member", "nobody", "-c", "SELECT 1"), 1, "\"nobody\" not found");
        refused(run(cluster, "sql", "--member", "a b", "-c", "SELECT 1"), 2, "is not a member's name");
    }

    @Test
    void theQueriesOfThePageSucceed(RaftCluster cluster) throws Exception {
        String page = Files.readString(Operator.root().resolve("docs/kubernetes.md"));
        String chapter = page.substring(page.indexOf("\n## SQL\n"), page.indexOf("\n## The spec\n"));
        Matcher statement = Pattern.compile("(?m)^    (SELECT [^;]*;)$|`(SELECT [^`]*)`|'((?:SELECT|TABLE) [^']*)'$")
                .matcher(chapter);
        int count = 0;
        while (statement.find()) {
            String query = IntStream.rangeClosed(1, 3)
                    .mapToObj(statement::group)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElseThrow();
            done(run(cluster, "sql", cluster.name(), "-c", query));
            count++;
        }
        assertTrue(count > 5, "only " + count + " queries in: " + chapter);
    }

    /** PostgreSQL listens only inside its pod; a forwarded port reaches it all the same. */
    @Test
    void aForwardedPortReachesPostgres(RaftCluster cluster) throws Exception {
        try (LocalPortForward port = Kubernetes.CLIENT
                        .pods()
                        .inNamespace(cluster.namespace())
                        .withName(cluster.follower())
                        .portForward(5432);
                Connection connection = DriverManager.getConnection(
                        "jdbc:postgresql://localhost:" + port.getLocalPort() + "/raftgres", "raftgres_reader", "");
                Statement statement = connection.createStatement()) {
            try (ResultSet status = statement.executeQuery("SELECT revision FROM status")) {
                assertTrue(status.next() && status.getLong(1) > 0);
            }
            SQLException refused = assertThrows(SQLException.class, () -> statement.execute("CREATE TABLE t ()"));
            assertTrue(refused.getMessage().contains("read-only transaction"), refused::getMessage);
        }
    }

    @Test
    void pluginExplainsErrors(RaftCluster cluster) throws Exception {
        refused(run(cluster, "status", "nobody"), 1, "\"nobody\" not found");
        refused(run(cluster, "transfer", "--to", "nobody"), 1, "there is no member 'nobody'");
        refused(run(cluster, "transfer", "--to"), 2, "--to needs a value");
        refused(run(cluster, "member", "add"), 2, "spec.replicas");
        refused(run(cluster, "status", "a", "b"), 2, "'b'");
        refused(run(cluster, "dance"), 2, "there is no command 'dance'");
        refused(run(cluster, "status", "--loud"), 2, "unknown option '--loud'");
        refused(run(cluster, "status", "$(id)"), 2, "is not a name");
        assertTrue(run(cluster, "--help").output().startsWith("Usage: kubectl raftgres"));
    }

    private static Shell.Result run(RaftCluster cluster, String... words) throws Exception {
        List<String> line = new ArrayList<>(List.of("kubectl", "raftgres"));
        line.addAll(List.of(words));
        // Not at the end: there an option without its value would take these words as its value.
        line.addAll(2, List.of("--namespace", cluster.namespace()));
        return Shell.tryRun(Map.of("PATH", DIRECTORY + ":" + System.getenv("PATH")), line);
    }

    private static String done(Shell.Result result) {
        assertEquals(0, result.exitCode(), result::output);
        return result.output();
    }

    private static void refused(Shell.Result result, int exitCode, String words) {
        assertEquals(exitCode, result.exitCode(), result::output);
        assertTrue(result.output().contains(words), result::output);
    }
}
