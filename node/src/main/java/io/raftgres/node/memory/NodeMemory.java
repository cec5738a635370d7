package io.raftgres.node.memory;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * The memory of this process: the limit and the use of each share. A share that many threads use has an account. A
 * share that one thread counts reports its use.
 */
public final class NodeMemory {

    private final MemoryBudget budget;
    private final Map<Share, MemoryAccount> accounts = new EnumMap<>(Share.class);
    private final Map<Share, LongSupplier> reported = new ConcurrentHashMap<>();

    public NodeMemory(MemoryBudget budget) {
        this.budget = budget;
        for (Share share : Share.values()) {
            accounts.put(share, new MemoryAccount(budget.bytes(share)));
        }
    }

    /** @throws IllegalArgumentException when this process has too little memory for a node */
    public static NodeMemory ofThisProcess() {
        long heap = Runtime.getRuntime().maxMemory();
        return new NodeMemory(MemoryBudget.of(heap, directBytes(heap)));
    }

    /**
     * @return the JVM's limit, but at most half of the heap. Without an explicit limit the JVM allows as much as the
     *     heap, and a container may not have that memory
     */
    private static long directBytes(long heap) {
        String option = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue();
        long bytes = Long.parseLong(option);
        return bytes > 0 ? Math.min(bytes, heap / 2) : heap / 2;
    }

    /** @return bytes that the share may hold */
    public long limit(Share share) {
        return budget.bytes(share);
    }

    public MemoryAccount account(Share share) {
        return accounts.get(share);
    }

    /** Registers {@code used} as the share's use besides its account. */
    public void register(Share share, LongSupplier used) {
        reported.put(share, used);
    }

    /** @return bytes that the share holds */
    public long used(Share share) {
        return accounts.get(share).used()
                + reported.getOrDefault(share, () -> 0).getAsLong();
    }
}
