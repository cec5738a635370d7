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

/** etcd's command line, run against one system; what it says is made comparable with what it says of another. */
final class Etcdctl {

    private static final long PATIENCE_SECONDS = 60;
    private static final Pattern GRANTED = Pattern.compile("lease ([0-9a-f]+) granted");

    private final Path program;
    private final String endpoint;
    private final Path folder;
    private String lease = "0";

    /** @param folder for its files */
    Etcdctl(String endpoint, Path folder) throws IOException {
        this.program = EtcdPrograms.named("etcdctl");
        this.endpoint = endpoint;
        this.folder = Files.createDirectories(folder);
    }

    /**
     * @param lines 0: until it ends; otherwise until it has said so many, for what would go on for ever
     * @param input of the program
     * @return exit status and what it said, without what differs from one system to the next
     */
    String run(String line, String input, int lines) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(program.toString(), "--endpoints", endpoint));
        for (String word : line.split(" ")) {
            words.add(word.replace("$LEASE", lease).replace("$FOLDER", folder.toString()).replace("''", ""));
        }
        Path said = folder.resolve("said");
        Path errors = folder.resolve("errors");
        Process process = new ProcessBuilder(words).redirectOutput(said.toFile()).redirectError(errors.toFile()).start();
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String status;
        try {
            if (lines > 0) {
                awaitLines(process, said, lines);
                status = "goes on";
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
        String error = Files.readString(errors).lines().filter(each -> !each.startsWith("{"))
                .reduce("", (one, next) -> one + next + "\n");
        return status + "\n" + comparable(output + error);
    }

    private static void awaitLines(Process process, Path said, int lines) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (Files.readString(said).lines().count() < lines && process.isAlive()
                && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private String comparable(String said) {
        String known = lease.equals("0") ? said
                : said.replace(lease, "LEASE").replace("" + Long.parseUnsignedLong(lease, 16), "LEASE");
        return known
                .replace(folder.toString(), "FOLDER")
                .replace(endpoint, "ENDPOINT")
                .replaceAll("(\"?(cluster_id|member_id|raft_term|ClusterID|MemberID|RaftTerm|raftTerm|ID)\"?\\s*:\\s*)\\d+", "$1N")
                .replaceAll("took(:? =)? [0-9.]+(µ|m)?s", "took TIME")
                // What is one's own: names, addresses, sizes, versions, and how far the store is while the past is told.
                .replaceAll("(started, )\\w+, http://[0-9.:]+", "$1NAME, PEER")
                .replaceAll("\"(dbSize|dbSizeInUse|dbSizeQuota|leader|raftIndex|raftAppliedIndex)\":\\d+,?", "")
                .replaceAll("3\\.7\\.\\d", "3.7.N")
                .replaceAll("(\"Header\":\\{[^}]*\"revision\":)\\d+", "$1N")
                .replaceAll("remaining\\([0-9]+s\\)", "remaining(TIME)")
                .replaceAll("\\b[0-9a-f]{13,16}\\b", "ID");
    }
}
