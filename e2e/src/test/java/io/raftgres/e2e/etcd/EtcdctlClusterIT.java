package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.raftgres.e2e.Await;
import io.raftgres.e2e.Cluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** etcd's command line on a cluster as a whole: members, leader, a mirror, and etcdctl's own checks. */
@Tag("long")
class EtcdctlClusterIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern VERDICT = Pattern.compile("(PASS|FAIL)(: [^\n\r]*)?");

    @TempDir
    Path directory;

    private List<RealEtcd> etcd = List.of();
    private Cluster cluster;
    private String theirEndpoints;
    private Etcdctl theirs;
    private Etcdctl ours;

    @BeforeEach
    void start() throws Exception {
        etcd = RealEtcd.start(directory.resolve("etcd"), 3);
        theirEndpoints = etcd.stream().map(RealEtcd::endpoint).collect(Collectors.joining(","));
        cluster = Cluster.start(directory.resolve("raftgres"), 3);
        theirs = new Etcdctl(theirEndpoints, directory.resolve("theirs"));
        ours = new Etcdctl(cluster.etcdEndpoints(), directory.resolve("ours"));
    }

    @AfterEach
    void stop() throws Exception {
        for (RealEtcd each : etcd) {
            each.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void membersAndTheLeaderAreChangedTheSameWay() throws Exception {
        // etcd accepts no new member until its members have been connected for five seconds.
        Await.until(
                "etcd to take members",
                Duration.ofSeconds(60),
                () -> theirs.run("member add first --learner --peer-urls=http://127.0.0.1:5", "", 0)
                        .contains("added"));
        theirs.run("member remove $MEMBER", "", 0);
        List<String> differences = new ArrayList<>();
        String[] lines = {
            "put a b",
            "get a",
            "member list",
            "endpoint health",
            "move-leader $FOLLOWER",
            "move-leader $LEADER",
            "move-leader 1234",
            "get a",
            "member promote $FOLLOWER",
            "member add extra --learner --peer-urls=http://127.0.0.1:1",
            "member list",
            "member promote $MEMBER",
            "member update $MEMBER --peer-urls=http://127.0.0.1:2",
            "member list",
            "member remove $MEMBER",
            "member list",
            "member add third --learner --peer-urls=http://127.0.0.1:3",
            "member remove $MEMBER",
            "member remove $MEMBER",
            "member update $MEMBER --peer-urls=http://127.0.0.1:4",
            "member promote $MEMBER",
            "member list",
            "get a"
        };
        for (String line : lines) {
            String expected = theirs.run(named(theirs, line), "", 0);
            String found = ours.run(named(ours, line), "", 0);
            if (!sorted(expected).equals(sorted(found))) {
                differences.add("etcdctl " + line + "\n--- etcd: " + expected + "--- raftgres: " + found);
            }
        }
        System.out.println("etcdctl, three members: " + lines.length + " commands, " + differences.size()
                + " with another response");
        assertTrue(differences.isEmpty(), () -> String.join("\n", differences));
    }

    /**
     * etcdctl lists members in the order of their ids, which are random, and the health of endpoints as it arrives. So
     * the lines are sorted.
     */
    private static String sorted(String said) {
        return said.lines().sorted().collect(Collectors.joining("\n"));
    }

    /** @return the line with the ids of $LEADER and $FOLLOWER; all members must agree on the leader */
    private static String named(Etcdctl etcdctl, String line) throws Exception {
        if (!line.contains("$LEADER") && !line.contains("$FOLLOWER")) {
            return line;
        }
        Set<Long> leaders = new HashSet<>();
        Set<Long> followers = new HashSet<>();
        Await.until("all members to know one leader", Duration.ofSeconds(30), () -> {
            leaders.clear();
            followers.clear();
            for (JsonNode each : JSON.readTree(etcdctl.raw("endpoint status -w json"))) {
                leaders.add(each.at("/Status/leader").bigIntegerValue().longValue());
                followers.add(
                        each.at("/Status/header/member_id").bigIntegerValue().longValue());
            }
            followers.removeAll(leaders);
            return leaders.size() == 1 && followers.size() == 2;
        });
        return line.replace("$LEADER", Long.toHexString(leaders.iterator().next()))
                .replace("$FOLLOWER", Long.toHexString(followers.iterator().next()));
    }

    @Test
    void aMirrorGoesBothWays() throws Exception {
        mirror(theirs, theirEndpoints, ours, cluster.etcdEndpoints(), "to-ours/");
        mirror(ours, cluster.etcdEndpoints(), theirs, theirEndpoints, "to-theirs/");
    }

    private void mirror(Etcdctl from, String source, Etcdctl to, String destination, String prefix) throws Exception {
        for (int i = 0; i < 300; i += 10) {
            from.run("put " + prefix + i + " before", "", 0);
        }
        Process mirror = new ProcessBuilder(
                        EtcdPrograms.named("etcdctl").toString(),
                        "--endpoints",
                        source,
                        "make-mirror",
                        destination.split(",")[0],
                        "--prefix",
                        prefix)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("mirror").toFile())
                .start();
        try {
            Await.until("what was there is mirrored", Duration.ofSeconds(60), () -> count(to, prefix) == 30);
            from.run("put " + prefix + "new after", "", 0);
            from.run("del " + prefix + "10", "", 0);
            from.run("put " + prefix + "20 changed", "", 0);
            String expected = from.run("get " + prefix + " --prefix", "", 0);
            Await.until(
                    "what comes is mirrored",
                    Duration.ofSeconds(60),
                    () -> to.run("get " + prefix + " --prefix", "", 0).equals(expected));
            assertTrue(mirror.isAlive(), () -> "the mirror has ended");
        } finally {
            mirror.destroy();
            mirror.waitFor(10, TimeUnit.SECONDS);
        }
    }

    private static long count(Etcdctl etcdctl, String prefix) throws Exception {
        return etcdctl.run("get " + prefix + " --prefix --keys-only", "", 0)
                .lines()
                .filter(l -> l.startsWith(prefix))
                .count();
    }

    /**
     * Runs both checks at once: each takes a minute, at a rate far below what either system can do. The other verdict
     * of the check, that no request took half a second, is printed and not asserted: the first requests of a new
     * cluster may take longer.
     */
    @Test
    void etcdsOwnChecksFindThePaceAndTheMemory() throws Exception {
        Process expected = check("theirs.txt", theirEndpoints, "perf");
        Process found = check("ours.txt", cluster.etcdEndpoints(), "perf");
        // Waits for both, so that no process is left behind.
        assertTrue(ends(expected) & ends(found));
        String said = verdicts("ours.txt");
        System.out.println("etcdctl check perf: etcd " + verdicts("theirs.txt") + ", Raftgres " + said);
        assertTrue(said.contains("PASS: Throughput"), said);
        Process scale = check("scale.txt", cluster.etcdEndpoints(), "datascale");
        assertTrue(ends(scale));
        System.out.println("etcdctl check datascale: " + verdicts("scale.txt"));
        assertEquals(0, scale.exitValue(), Files.readString(directory.resolve("scale.txt")));
    }

    private static boolean ends(Process process) throws InterruptedException {
        boolean ended = process.waitFor(120, TimeUnit.SECONDS);
        process.destroyForcibly();
        return ended;
    }

    private Process check(String file, String endpoints, String what) throws Exception {
        return new ProcessBuilder(EtcdPrograms.named("etcdctl").toString(), "--endpoints", endpoints, "check", what)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve(file).toFile())
                .start();
    }

    private String verdicts(String file) throws Exception {
        // The verdict follows a progress bar, on the same line.
        return VERDICT.matcher(Files.readString(directory.resolve(file)))
                .results()
                .map(MatchResult::group)
                .toList()
                .toString();
    }
}
