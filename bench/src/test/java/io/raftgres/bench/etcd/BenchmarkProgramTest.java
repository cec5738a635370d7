package io.raftgres.bench.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A script in place of etcd's program. */
@Timeout(60)
class BenchmarkProgramTest {

    private static final BenchmarkCall PUT = BenchmarkCall.all(1).getFirst();

    @TempDir
    Path directory;

    @Test
    void programRunsWithTheWorkloadAndItsOutputIsRead() throws Exception {
        Path sample = Files.writeString(directory.resolve("sample"), Outputs.of("put.txt"));
        Run run = run("echo \"$@\" >" + directory + "/line; cat " + sample, Duration.ofSeconds(30));
        assertNull(run.failure());
        assertEquals(1180.859, PUT.measures().getFirst().in(run), 0.001);
        assertEquals(
                "--endpoints a:1,b:2 --precise --conns 1 --clients 1 put --key-size 8 --val-size 256"
                        + " --key-space-size 100000 --total 4000",
                Files.readString(directory.resolve("line")).strip());
    }

    @Test
    void failuresAreReportedInFewWords() throws Exception {
        assertFailed("benchmark ended with 3: unknown flag: --frob", "echo unknown flag: --frob >&2; exit 3");
        assertFailed("benchmark ended with 1: it says nothing", "exit 1");
        assertFailed("benchmark said nothing of: throughput", "true");
        Path errors = Files.writeString(directory.resolve("sample"), Outputs.of("put.txt") + Outputs.of("errors.txt"));
        assertFailed("3 of 4000 failed: etcdserver: request is too large", "cat " + errors);
    }

    @Test
    void hangingProgramIsKilled() throws Exception {
        Run run = run("echo $$ >" + directory + "/pid; exec sleep 600", Duration.ofSeconds(3));
        assertEquals("did not end within 3 s", run.failure());
        assertTrue(run.endless());
        long pid = Long.parseLong(Files.readString(directory.resolve("pid")).strip());
        assertFalse(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false), "it still runs");
    }

    private void assertFailed(String failure, String script) throws Exception {
        Run run = run(script, Duration.ofSeconds(30));
        assertEquals(failure, run.failure());
        assertFalse(run.endless());
    }

    private Run run(String script, Duration timeout) throws Exception {
        Path program = directory.resolve("benchmark");
        Files.writeString(program, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        return new BenchmarkProgram(program, directory, timeout).run(PUT, "a:1,b:2");
    }

    @Test
    void programsAreFoundInOneDirectoryOrOnThePath() throws Exception {
        Path kube = Files.createDirectories(directory.resolve("kube/bin"));
        for (String name : List.of("etcd", "benchmark")) {
            Files.createFile(
                    kube.resolve(name),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Map<String, String> environment = Map.of("PATH", directory + ":/nonexistent", "KUBE_HOME", directory + "/kube");
        assertEquals(new Programs(kube.resolve("etcd"), kube.resolve("benchmark")), Programs.find(null, environment));
        assertEquals(kube.resolve("etcd"), Programs.find(kube, Map.of()).etcd());
    }
}
