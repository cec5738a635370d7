package io.raftgres.linearizability;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Reduces a history that is not linearizable until people can read it. It only weakens the history, so the rest is
 * still a proof. First it cuts the history at the earliest time where it already fails (linearizability is closed under
 * prefixes). Then it relaxes operations: it drops a read, or lets a write take effect at any time. When the known
 * revisions of writes contradict each other at any times, a write may also never have happened.
 */
final class Reduction {
    /** Upper bound of the effort for one attempt, and for all attempts: states visited plus operations read. */
    private static final long STATES_MAX = 20_000;

    private static final long EFFORT_MAX = 30_000_000;

    private final List<Operation> operations;
    private long effort;

    Reduction(List<Operation> operations) {
        this.operations = operations.stream()
                .sorted(Comparator.comparingLong(Operation::invokedNs))
                .toList();
    }

    /** @return the operations that could not be relaxed, by invocation */
    List<Operation> window() {
        List<Operation> prefix = shortestFailingPrefix();
        List<Operation> window = strictest(prefix, Operation::timeless);
        return window.isEmpty() ? strictest(prefix, Operation::uncertain) : window;
    }

    private List<Operation> strictest(List<Operation> prefix, UnaryOperator<Operation> relaxation) {
        effort = 0;
        boolean[] relaxed = new boolean[prefix.size()];
        for (int chunk = Math.max(1, prefix.size() / 2); chunk >= 1; chunk /= 2) {
            for (int start = 0; start < prefix.size() && effort < EFFORT_MAX; start += chunk) {
                int end = Math.min(start + chunk, prefix.size());
                relaxIfStillFailing(prefix, relaxed, relaxation, start, end);
            }
        }
        List<Operation> window = new ArrayList<>();
        for (int i = 0; i < prefix.size(); i++) {
            if (!relaxed[i] && !(prefix.get(i).result() instanceof Result.Unknown)) {
                window.add(prefix.get(i));
            }
        }
        return window;
    }

    private List<Operation> shortestFailingPrefix() {
        long[] returns = operations.stream()
                .mapToLong(Operation::returnedNs)
                .filter(t -> t != Operation.NEVER)
                .sorted()
                .distinct()
                .toArray();
        int passes = -1;
        int fails = returns.length - 1;
        while (fails - passes > 1) {
            int middle = (passes + fails) >>> 1;
            if (fails(until(returns[middle]))) {
                fails = middle;
            } else {
                passes = middle;
            }
        }
        return until(returns[fails]);
    }

    private List<Operation> until(long timeNs) {
        List<Operation> prefix = new ArrayList<>();
        for (Operation operation : operations) {
            if (operation.invokedNs() <= timeNs) {
                boolean open = operation.returnedNs() > timeNs && !(operation.result() instanceof Result.Failed);
                prefix.add(open ? operation.pending() : operation);
            }
        }
        return prefix;
    }

    private void relaxIfStillFailing(
            List<Operation> prefix, boolean[] relaxed, UnaryOperator<Operation> relaxation, int start, int end) {
        boolean[] attempt = relaxed.clone();
        boolean changes = false;
        for (int i = start; i < end; i++) {
            if (!attempt[i] && !sharesRevision(prefix, i)) {
                changes = true;
                attempt[i] = true;
            }
        }
        if (!changes) {
            return;
        }
        List<Operation> weaker = new ArrayList<>(prefix.size());
        for (int i = 0; i < prefix.size(); i++) {
            weaker.add(attempt[i] ? relaxation.apply(prefix.get(i)) : prefix.get(i));
        }
        if (fails(weaker)) {
            System.arraycopy(attempt, 0, relaxed, 0, relaxed.length);
        }
    }

    /** Two writes with the same revision contradict each other at any times: they are the finding itself. */
    private static boolean sharesRevision(List<Operation> prefix, int index) {
        return prefix.get(index).result() instanceof Result.Written written
                && written.revision() != Result.UNKNOWN_REVISION
                && prefix.stream()
                                .filter(other -> other.result().equals(written))
                                .count()
                        > 1;
    }

    private boolean fails(List<Operation> candidate) {
        RegisterSearch search = new RegisterSearch(candidate);
        RegisterSearch.Outcome outcome = search.search(STATES_MAX);
        effort += 10 * search.states() + candidate.size();
        return outcome == RegisterSearch.Outcome.UNEXPLAINED;
    }
}
