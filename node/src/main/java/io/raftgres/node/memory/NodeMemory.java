package io.raftgres.node.memory;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * The memory of this process: who may hold how much, and who holds how much. Shares that many threads take from have an
 * account; those that one thread counts for itself tell what they hold.
 */
public final class NodeMemory {

    private final MemoryBudget budget;
    private final Map<Share, MemoryAccount> accounts = new EnumMap<>(Share.class);
    private final Map<Share, LongSupplier> told = new ConcurrentHashMap<>();

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
     * @return what the JVM allows, and no more than half of the heap: where nothing was said it allows as much as the
     *     heap, and in a container nobody knows whether that is there
     */
    private static long directBytes(long heap) {
        String said = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue();
        long bytes = Long.parseLong(said);
        return bytes > 0 ? Math.min(bytes, heap / 2) : heap / 2;
    }

    /** @return bytes that the share may hold */
    public long limit(Share share) {
        return budget.bytes(share);
    }

    public MemoryAccount account(Share share) {
        return accounts.get(share);
    }

    /** From now on {@code used} says what the share holds besides what is on its account. */
    public void tell(Share share, LongSupplier used) {
        told.put(share, used);
    }

    /** @return bytes that the share holds */
    public long used(Share share) {
        return accounts.get(share).used() + told.getOrDefault(share, () -> 0).getAsLong();
    }
}
