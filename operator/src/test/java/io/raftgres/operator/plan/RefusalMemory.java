package io.raftgres.operator.plan;

import io.raftgres.operator.model.RefusedWrite;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/** What the operator of a walk remembers of refused steps: each is held back for some rounds, and then tried again. */
final class RefusalMemory {

    private static final int PAUSE_MAX = 6;
    /** More rounds than there are claims, since each round tries one refused step. */
    private static final int KEPT = 30;

    private final Random random;
    private final TreeMap<String, Integer> due = new TreeMap<>();
    private int round;

    RefusalMemory(Random random) {
        this.random = random;
    }

    void nextRound() {
        round++;
        due.values().removeIf(each -> each + KEPT < round);
    }

    void refused(Step step) {
        due.put(step.key(), round + 1 + random.nextInt(PAUSE_MAX));
    }

    void succeeded(Step step) {
        due.remove(step.key());
    }

    /** The operator was restarted, or the spec has changed. */
    void forget() {
        due.clear();
    }

    List<RefusedWrite> standing() {
        return due.entrySet().stream()
                .map(each -> new RefusedWrite(
                        "Object",
                        "o",
                        RefusedWrite.Reason.REFUSED,
                        "refused: " + each.getKey(),
                        Optional.of(each.getKey()),
                        each.getValue() <= round))
                .toList();
    }
}
