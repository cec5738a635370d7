package io.raftgres.e2e.load;

import io.raftgres.client.KeyValue;
import io.raftgres.client.RaftgresClient;
import io.raftgres.client.RangeCursor;
import io.raftgres.client.RangeQuery;
import io.raftgres.linearizability.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The verdict on a load: whether the cluster kept its promises.
 *
 * @param linearizable whether some order explains all responses: no read was stale, no write was undone
 * @param verdict the same in words
 * @param acknowledged keys that were written once and acknowledged
 * @param lost acknowledged keys that are missing or at another revision; at most ten
 */
public record Judgement(boolean linearizable, String verdict, int acknowledged, List<String> lost) {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int LOST_REPORTED = 10;

    public boolean ok() {
        return linearizable && lost.isEmpty();
    }

    /**
     * @param load a load that has ended
     * @param prefix of its keys
     * @param endpoint from which to read the state, linearizably
     */
    static Judgement of(Load load, String prefix, String endpoint) {
        Map<String, Long> acknowledged = load.acknowledged();
        Map<String, Long> found = new HashMap<>();
        try (RaftgresClient client = RaftgresClient.builder()
                        .endpoint(endpoint)
                        .timeout(TIMEOUT)
                        .build();
                RangeCursor rows = client.range(RangeQuery.prefix((prefix + "own/").getBytes(StandardCharsets.UTF_8))
                        .withKeysOnly())) {
            while (rows.hasNext()) {
                KeyValue row = rows.next();
                found.put(new String(row.key(), StandardCharsets.UTF_8), row.modRevision());
            }
        }
        List<String> lost = acknowledged.entrySet().stream()
                .filter(each -> !each.getValue().equals(found.get(each.getKey())))
                .map(each -> each.getKey() + " at " + each.getValue() + ", found at " + found.get(each.getKey()))
                .limit(LOST_REPORTED)
                .toList();
        Verdict verdict = load.verdict();
        return new Judgement(verdict.ok(), verdict.toString(), acknowledged.size(), lost);
    }
}
