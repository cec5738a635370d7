package io.raftgres.linearizability;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Decides whether a history of registers is linearizable. Linearizability is local (Herlihy and Wing, "Linearizability:
 * a correctness condition for concurrent objects", 1990, theorem 1), so {@link RegisterSearch} checks each key alone.
 */
public final class Checker {
    /** Upper bound of states visited for one key before the search stops; each takes about 32 bytes of memory. */
    public static final long STATES_MAX = 10_000_000;

    private final long statesMax;

    public Checker() {
        this(STATES_MAX);
    }

    /** @param statesMax states visited for one key before the verdict is {@link Verdict.Undecided} */
    public Checker(long statesMax) {
        if (statesMax < 1) {
            throw new IllegalArgumentException("a search needs at least one state");
        }
        this.statesMax = statesMax;
    }

    public Verdict check(History history) {
        return check(history.operations());
    }

    /** @return a violation when there is one, else undecided when a key is undecided, else ok */
    public Verdict check(List<Operation> operations) {
        Map<String, List<Operation>> byKey = new TreeMap<>();
        for (Operation operation : operations) {
            byKey.computeIfAbsent(operation.key(), _ -> new ArrayList<>()).add(operation);
        }
        Verdict undecided = null;
        for (Map.Entry<String, List<Operation>> register : byKey.entrySet()) {
            switch (RegisterSearch.run(register.getValue(), statesMax)) {
                case EXPLAINED -> {}
                case UNEXPLAINED -> {
                    List<Operation> window = new Reduction(register.getValue()).window();
                    return new Verdict.Violation(register.getKey(), window);
                }
                case UNDECIDED -> undecided = new Verdict.Undecided(register.getKey(), statesMax);
            }
        }
        return undecided == null ? new Verdict.Ok(operations.size(), byKey.size()) : undecided;
    }
}
