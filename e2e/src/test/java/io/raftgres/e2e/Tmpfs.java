package io.raftgres.e2e;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A small disk in memory in the place of a folder, whose content it takes over. */
final class Tmpfs implements AutoCloseable {

    private static final String FILLER = "filler";

    private final Path folder;

    private Tmpfs(Path folder) {
        this.folder = folder;
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

    static Tmpfs over(Path folder, long bytes) throws IOException, InterruptedException {
        Path aside = folder.resolveSibling(folder.getFileName() + ".aside");
        Files.move(folder, aside);
        Files.createDirectory(folder);
        if (!run("mount", "-t", "tmpfs", "-o", "mode=0700,size=" + bytes, "tmpfs", folder.toString())) {
            throw new IOException("no tmpfs could be mounted on " + folder);
        }
        if (!run("cp", "-a", aside + "/.", folder.toString())) {
            throw new IOException("the content of " + folder + " does not fit into " + bytes + " bytes");
        }
        Trees.deleteTree(aside);
        return new Tmpfs(folder);
    }

    /** Takes all the space that is left. */
    void fill() throws IOException {
        try (OutputStream out = Files.newOutputStream(folder.resolve(FILLER))) {
            byte[] zeros = new byte[64 << 10];
            while (true) {
                out.write(zeros);
            }
        } catch (IOException e) {
            // Full, as was wanted.
        }
    }

    void empty() throws IOException {
        Files.deleteIfExists(folder.resolve(FILLER));
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
        if (!run("umount", folder.toString()) && !run("umount", "-l", folder.toString())) {
            throw new IOException(folder + " could not be unmounted");
        }
    }
}
