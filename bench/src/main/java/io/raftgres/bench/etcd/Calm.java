package io.raftgres.bench.etcd;

import com.sun.management.OperatingSystemMXBean;
import io.raftgres.bench.Format;
import io.raftgres.bench.suite.Conditions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Locale;

/**
 * How the machine is when nothing of ours runs. What is measured one after the other can only be compared when it was
 * the same before each.
 *
 * @param syncMillis median time to make a block durable
 * @param busy share of the processors that others use, 0 to 1; NaN when it is not known
 */
record Calm(double syncMillis, double busy) {

    private static final long LOOK_MILLIS = 2_000;
    private static final double MOST_BUSY = 0.1;
    private static final double MOST_UNEQUAL = 1.5;

    /** Takes two seconds. @param folder on the disk that is measured */
    static Calm look(Path folder) {
        try {
            OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
            // It gives the load since it was asked last.
            system.getCpuLoad();
            Thread.sleep(LOOK_MILLIS);
            double busy = system.getCpuLoad();
            return new Calm(Conditions.measureSyncs(folder).getValueAtPercentile(50) / 1e6,
                    busy < 0 ? Double.NaN : busy);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot measure the disk of " + folder, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    String text() {
        return "fdatasync of 4 KiB " + Format.millis(syncMillis * 1e6) + " (median), processors "
                + (Double.isNaN(busy) ? "not known" : String.format(Locale.ROOT, "%.0f %% busy", busy * 100));
    }

    /** @return whether what was measured after the one and after the other can be compared */
    boolean comparesTo(Calm other) {
        double unequal = syncMillis / other.syncMillis;
        return unequal <= MOST_UNEQUAL && unequal >= 1 / MOST_UNEQUAL
                && !(busy > MOST_BUSY) && !(other.busy > MOST_BUSY);
    }
}
