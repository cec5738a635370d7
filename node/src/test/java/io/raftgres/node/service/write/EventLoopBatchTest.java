package io.raftgres.node.service.write;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** The frames of one turn of an event loop leave together, at its end. A thread without turns sends at once. */
class EventLoopBatchTest {

    private final List<String> done = new CopyOnWriteArrayList<>();

    @Test
    void taskAtTheEndRunsOnceHoweverOftenItIsRequested() throws Exception {
        try (ExecutorService loop = Executors.newSingleThreadExecutor()) {
            loop.submit(() -> EventLoopBatch.enable(loop)).get();
            for (int i = 0; i < 3; i++) {
                loop.submit(() -> {
                            for (int request = 0; request < 5; request++) {
                                done.add("request");
                                EventLoopBatch.atEnd(() -> done.add("flush"));
                            }
                        })
                        .get();
                loop.submit(() -> done.add("next")).get();
            }
        }
        List<String> turn = List.of("request", "request", "request", "request", "request", "flush", "next");
        assertEquals(turn, done.subList(0, 7));
        assertEquals(turn, done.subList(7, 14));
        assertEquals(turn, done.subList(14, 21));
        assertEquals(21, done.size());
    }

    @Test
    void withoutBatchingTheTaskRunsAtOnce() {
        EventLoopBatch.atEnd(() -> done.add("flush"));
        done.add("next");
        assertEquals(List.of("flush", "next"), done);
    }
}
