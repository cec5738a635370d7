package io.raftgres.bench.suite;

import com.sun.management.OperatingSystemMXBean;
import io.raftgres.bench.Format;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Finds the conditions of a measurement, which are printed next to its figures. */
public final class Conditions {
    private static final int SYNCS = 300;
    private static final int BLOCK_BYTES = 4096;
    private static final String UNKNOWN = "not known";

    private Conditions() {}

    /** @param data directory on the disk that the nodes write to; null when it is not on this machine */
    static Map<String, String> of(Path data) {
        Map<String, String> conditions = machine();
        conditions.put("fdatasync of 4 KiB", data == null ? UNKNOWN : syncs(data));
        return conditions;
    }

    /** @return all conditions except the disk's; the caller may add more */
    public static Map<String, String> machine() {
        Map<String, String> conditions = new LinkedHashMap<>();
        conditions.put("Processors", Runtime.getRuntime().availableProcessors() + " x " + processor());
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
            conditions.put(
                    "Memory",
                    String.format(Locale.ROOT, "%.1f GiB", system.getTotalMemorySize() / (double) (1L << 30)));
            conditions.put("Load before", String.format(Locale.ROOT, "%.2f", system.getSystemLoadAverage()));
        }
        conditions.put(
                "System",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        conditions.put("JDK", System.getProperty("java.vm.name") + " " + Runtime.version());
        return conditions;
    }

    /** @return version of the PostgreSQL that works on the directory, asked of its own program */
    public static String postgresVersion(Path data) {
        try {
            List<String> lines = Files.readAllLines(data.resolve("node1/postgres/data/postmaster.pid"));
            String program = ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
                    .flatMap(handle -> handle.info().command())
                    .orElse(null);
            if (program == null) {
                return UNKNOWN;
            }
            Process process = new ProcessBuilder(program, "--version")
                    .redirectErrorStream(true)
                    .start();
            try (var output = process.getInputStream()) {
                String text = new String(output.readAllBytes(), StandardCharsets.UTF_8).strip();
                process.waitFor(5, TimeUnit.SECONDS);
                return text.isEmpty() || text.contains("\n") ? UNKNOWN : text;
            }
        } catch (IOException | NumberFormatException e) {
            return UNKNOWN;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return UNKNOWN;
        }
    }

    private static String processor() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }

    private static String syncs(Path data) {
        try {
            Histogram nanos = measureSyncs(data);
            return "median " + Format.millis(nanos.getValueAtPercentile(50)) + ", p99 "
                    + Format.millis(nanos.getValueAtPercentile(99)) + ", max " + Format.millis(nanos.getMaxValue());
        } catch (IOException e) {
            return UNKNOWN + ": " + e.getMessage();
        }
    }

    /**
     * Overwrites blocks of a preallocated file, as a log does.
     *
     * @return duration of each sync, in nanoseconds
     */
    public static Histogram measureSyncs(Path directory) throws IOException {
        Files.createDirectories(directory);
        Path file = Files.createTempFile(directory, "sync", ".probe");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(SYNCS * BLOCK_BYTES));
            channel.force(true);
            Histogram nanos = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
            ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
            for (int i = 0; i < SYNCS; i++) {
                block.clear().putInt(0, i + 1);
                long began = System.nanoTime();
                channel.write(block, (long) i * BLOCK_BYTES);
                channel.force(false);
                nanos.recordValue(System.nanoTime() - began);
            }
            return nanos;
        } finally {
            Files.deleteIfExists(file);
        }
    }
}
