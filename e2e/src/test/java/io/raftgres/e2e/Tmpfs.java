package io.raftgres.e2e;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A small disk in memory, mounted over a directory. It takes over the directory's content. */
final class Tmpfs implements AutoCloseable {

    private static final String FILLER = "filler";

    private final Path directory;

    private Tmpfs(Path directory) {
        this.directory = directory;
    }

    static boolean isPossible() throws IOException, InterruptedException {
        Path probe = Files.createTempDirectory("mount-probe");
        boolean possible = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", probe.toString());
        if (possible) {
            run("umount", probe.toString());
        }
        Files.delete(probe);
        return possible;
    }

    static Tmpfs over(Path directory, long bytes) throws IOException, InterruptedException {
        Path aside = directory.resolveSibling(directory.getFileName() + ".aside");
        Files.move(directory, aside);
        Files.createDirectory(directory);
        if (!run("mount", "-t", "tmpfs", "-o", "mode=0700,size=" + bytes, "tmpfs", directory.toString())) {
            throw new IOException("no tmpfs could be mounted on " + directory);
        }
        if (!run("cp", "-a", aside + "/.", directory.toString())) {
            throw new IOException("the content of " + directory + " does not fit into " + bytes + " bytes");
        }
        Trees.deleteTree(aside);
        return new Tmpfs(directory);
    }

    /** Fills the remaining space. */
    void fill() throws IOException {
        try (OutputStream out = Files.newOutputStream(directory.resolve(FILLER))) {
            byte[] zeros = new byte[64 << 10];
            while (true) {
                out.write(zeros);
            }
        } catch (IOException e) {
            // The disk is full, as intended.
        }
    }

    void empty() throws IOException {
        Files.deleteIfExists(directory.resolve(FILLER));
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        if (!run("umount", directory.toString()) && !run("umount", "-l", directory.toString())) {
            throw new IOException(directory + " could not be unmounted");
        }
    }
}
