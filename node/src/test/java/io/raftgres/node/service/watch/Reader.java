package io.raftgres.node.service.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.ServiceException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A consumer that takes changes when the test says so, and compares them with the source. */
final class Reader {

    /** The changes that one watch has received. */
    static final class Seen {
        final long from;
        final List<Change> changes = new ArrayList<>();
        boolean created;
        boolean cancelled;
        ServiceException reason;

        Seen(long from) {
            this.from = from;
        }
    }

    final Map<Watcher, Seen> watches = new LinkedHashMap<>();
    final WatchFeed feed;
    private final Source source;
    int progress;

    Reader(Source source) {
        this.source = source;
        this.feed = source.hub.open(() -> {});
    }

    Watcher watch(WatchSpec spec) {
        Watcher watcher = new Watcher(spec);
        long revision = feed.add(watcher);
        watches.put(watcher, new Seen(spec.fromRevision() == 0 ? revision + 1 : spec.fromRevision()));
        return watcher;
    }

    /** @return whether there was something */
    boolean take() {
        Delivery delivery = feed.poll();
        switch (delivery) {
            case null -> {
                return false;
            }
            case Delivery.Created created -> {
                assertFalse(seen(created.watcher()).created);
                seen(created.watcher()).created = true;
            }
            case Delivery.Changes changes -> took(seen(changes.watcher()), changes);
            case Delivery.Cancelled cancelled -> {
                Seen seen = seen(cancelled.watcher());
                assertTrue(seen.created && !seen.cancelled, "cancelled before it was created, or twice");
                seen.cancelled = true;
                seen.reason = cancelled.reason();
            }
            case Delivery.Progress reported -> {
                progress++;
                watches.forEach((watcher, seen) -> {
                    if (seen.created
                            && !seen.cancelled
                            && (reported.watcher() == null || reported.watcher() == watcher)) {
                        List<Change> expected = source.expected(watcher.spec, seen.from, reported.revision());
                        assertTrue(seen.changes.size() >= expected.size(), "progress was sent too early");
                    }
                });
            }
            case Delivery.Own own -> assertEquals("own", own.content());
        }
        return true;
    }

    private Seen seen(Watcher watcher) {
        return watches.get(watcher);
    }

    private static void took(Seen seen, Delivery.Changes changes) {
        assertTrue(seen.created && !seen.cancelled, "changes before the creation or after the end");
        assertFalse(changes.changes().isEmpty());
        long last =
                seen.changes.isEmpty() ? seen.from - 1 : seen.changes.getLast().revision();
        assertTrue(changes.changes().getFirst().revision() > last, "a revision was split, sent twice or too late");
        assertTrue(changes.revision() >= changes.changes().getLast().revision());
        seen.changes.addAll(changes.changes());
    }

    /** All that there is up to a revision; less only if the watch has ended: then whole revisions from the start on. */
    void assertSeen(long revision) {
        watches.forEach((watcher, seen) -> {
            List<Change> expected = source.expected(watcher.spec, seen.from, revision);
            if (seen.cancelled) {
                long last = seen.changes.isEmpty()
                        ? seen.from - 1
                        : seen.changes.getLast().revision();
                expected = source.expected(watcher.spec, seen.from, last);
                if (seen.reason != null) {
                    assertNotNull(assertCompacted(seen, last));
                }
            }
            assertTrue(seen.created);
            assertEquals(expected, seen.changes);
        });
    }

    private ServiceException.Compacted assertCompacted(Seen seen, long last) {
        ServiceException.Compacted compacted = (ServiceException.Compacted) seen.reason;
        assertTrue(compacted.compactedRevision() > last + 1, "it was cancelled though nothing was lost");
        return compacted;
    }

    boolean hasSeen(long revision) {
        return watches.entrySet().stream()
                .allMatch(each -> each.getValue().cancelled
                        || each.getValue().changes.size()
                                == source.expected(each.getKey().spec, each.getValue().from, revision)
                                        .size());
    }
}
