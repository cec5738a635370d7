package io.raftgres.linearizability;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;

/** Histories of concurrent clients on real atomic registers: linearizable by construction. */
final class RandomHistories {
    private record Value(String text, long revision) {}

    private record Call(
            long client,
            String key,
            Action action,
            long invokedNs,
            long effectNs,
            long returnedNs,
            boolean responseLost) {}

    private final Random random;
    private final Map<String, Value> store = new HashMap<>();
    private final Map<String, Long> seen = new HashMap<>();
    private final List<Operation> operations = new ArrayList<>();
    private final boolean reportRevisions;
    private long revision = 1;
    private int values;

    private RandomHistories(long seed, boolean reportRevisions) {
        random = new Random(seed);
        this.reportRevisions = reportRevisions;
    }

    /** @param lost share of operations without a response; half of those writes are not done */
    static List<Operation> make(long seed, int count, int clients, int keys, double lost, boolean reportRevisions) {
        RandomHistories histories = new RandomHistories(seed, reportRevisions);
        histories.run(count, clients, keys, lost);
        return histories.operations;
    }

    private void run(int count, int clients, int keys, double lost) {
        PriorityQueue<Call> effects = new PriorityQueue<>(Comparator.comparingLong(Call::effectNs));
        long[] freeNs = new long[clients];
        int started = 0;
        while (started < count || !effects.isEmpty()) {
            int client = started < count ? earliest(freeNs) : -1;
            if (client >= 0
                    && (effects.isEmpty() || freeNs[client] <= effects.peek().effectNs())) {
                Call call = call(client, "k" + random.nextInt(keys), freeNs[client], random.nextDouble() < lost);
                effects.add(call);
                freeNs[client] = call.returnedNs() + 1 + random.nextInt(50);
                started++;
            } else {
                take(effects.poll());
            }
        }
    }

    private int earliest(long[] freeNs) {
        int best = 0;
        for (int i = 1; i < freeNs.length; i++) {
            best = freeNs[i] < freeNs[best] ? i : best;
        }
        return best;
    }

    private Call call(long client, String key, long invokedNs, boolean responseLost) {
        int kind = random.nextInt(10);
        Action action = kind < 4
                ? new Action.Get()
                : kind < 7
                        ? new Action.Put("v" + values++)
                        : kind < 9
                                ? new Action.CompareAndSet(seen.getOrDefault(key, 0L), "v" + values++)
                                : new Action.Delete();
        long effectNs = invokedNs + 1 + random.nextInt(200);
        return new Call(client, key, action, invokedNs, effectNs, effectNs + 1 + random.nextInt(200), responseLost);
    }

    private void take(Call call) {
        boolean happens = !call.responseLost() || random.nextBoolean();
        Result result = happens ? apply(call.key(), call.action()) : new Result.Unknown();
        operations.add(new Operation(
                call.client(),
                call.key(),
                call.action(),
                call.responseLost() ? new Result.Unknown() : result,
                call.invokedNs(),
                call.returnedNs()));
    }

    private Result apply(String key, Action action) {
        Value current = store.get(key);
        Result result = switch (action) {
            case Action.Get _ ->
                current == null ? new Result.Absent() : new Result.Found(current.text(), reported(current.revision()));
            case Action.Put(String value) -> write(key, value);
            case Action.CompareAndSet(long expected, String value) ->
                (current == null ? 0 : current.revision()) == expected ? write(key, value) : new Result.Mismatch();
            case Action.Delete _ -> {
                store.remove(key);
                yield current == null ? new Result.Absent() : new Result.Written(reported(++revision));
            }
        };
        seen.put(key, store.containsKey(key) ? store.get(key).revision() : 0L);
        return result;
    }

    private Result write(String key, String value) {
        store.put(key, new Value(value, ++revision));
        return new Result.Written(reported(revision));
    }

    private long reported(long revision) {
        return reportRevisions ? revision : Result.UNKNOWN_REVISION;
    }
}
