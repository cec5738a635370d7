package io.raftgres.e2e.etcd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs etcd's command line against one system. Replaces the parts of its output that differ between any two systems.
 */
final class Etcdctl {

    private static final long PATIENCE_SECONDS = 60;
    private static final Pattern ADDED = Pattern.compile("Member +([0-9a-f]+) added");
    private static final Pattern GRANTED = Pattern.compile("lease ([0-9a-f]+) granted");

    private final Path program;
    private final String endpoints;
    private final Path directory;
    private String lease = "0";
    private String member = "0";

    /** @param endpoints separated by commas @param directory for its files */
    Etcdctl(String endpoints, Path directory) throws IOException {
        this.program = EtcdPrograms.named("etcdctl");
        this.endpoints = endpoints;
        this.directory = Files.createDirectories(directory);
    }

    /**
     * @param lines 0: run until the program ends; otherwise until it has printed this number of lines, for programs
     *     that do not end
     * @param input of the program
     * @return exit status and output, without the parts that differ between any two systems
     */
    String run(String line, String input, int lines) throws IOException, InterruptedException {
        Path said = directory.resolve("said");
        Path errors = directory.resolve("errors");
        Process process = new ProcessBuilder(words(line))
                .redirectOutput(said.toFile())
                .redirectError(errors.toFile())
                .start();
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String status;
        try {
            if (lines > 0) {
                awaitLines(process, said, lines);
                status = "still runs";
            } else if (process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                status = "exit " + process.exitValue();
            } else {
                status = "has not ended";
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        String output = Files.readString(said);
        Matcher granted = GRANTED.matcher(output);
        if (granted.find()) {
            lease = granted.group(1);
        }
        Matcher added = ADDED.matcher(output);
        if (added.find()) {
            member = added.group(1);
        }
        String error = Files.readString(errors)
                .lines()
                .filter(each -> !each.startsWith("{"))
                .reduce("", (one, next) -> one + next + "\n");
        return status + "\n" + comparable(output + error);
    }

    private List<String> words(String line) {
        List<String> words = new ArrayList<>(List.of(program.toString(), "--endpoints", endpoints));
        for (String word : line.split(" ")) {
            words.add(word.replace("$LEASE", lease)
                    .replace("$MEMBER", member)
                    .replace("$DIRECTORY", directory.toString())
                    .replace("''", ""));
        }
        return words;
    }

    /** @return its unchanged output */
    String raw(String line) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(words(line))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }

    private static void awaitLines(Process process, Path said, int lines) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (Files.readString(said).lines().count() < lines && process.isAlive() && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private String comparable(String said) {
        String known = lease.equals("0")
                ? said
                : said.replace(lease, "LEASE").replace("" + Long.parseUnsignedLong(lease, 16), "LEASE");
        String here = known.replace(directory.toString(), "DIRECTORY");
        for (String endpoint : endpoints.split(",")) {
            here = here.replace(endpoint, "ENDPOINT");
        }
        return here.replaceAll(
                        "(\"?(cluster_id|member_id|raft_term|ClusterID|MemberID|RaftTerm|raftTerm|ID)\"?"
                                + "\\s*:\\s*)\\d+",
                        "$1N")
                .replaceAll("took(:? =)? [0-9.]+(µ|m)?s", "took TIME")
                // Values that differ between systems: names, addresses, sizes, versions, and the store's revision while
                // it sends old changes.
                .replaceAll("(started, )\\w+, http://[0-9.:]+", "$1NAME, PEER")
                .replaceAll("\"(dbSize|dbSizeInUse|dbSizeQuota|leader|raftIndex|raftAppliedIndex)\":\\d+,?", "")
                // One id in sixteen is shorter, and is padded with spaces.
                .replaceAll("(Member|cluster) +(?=[0-9a-f]+)", "$1 ")
                .replaceAll("(ETCD_INITIAL_CLUSTER=).*", "$1MEMBERS")
                .replaceAll("3\\.7\\.\\d", "3.7.N")
                .replaceAll("(\"Header\":\\{[^}]*\"revision\":)\\d+", "$1N")
                .replaceAll("remaining\\([0-9]+s\\)", "remaining(TIME)")
                .replaceAll("\\b[0-9a-f]{13,16}\\b", "ID");
    }
}
