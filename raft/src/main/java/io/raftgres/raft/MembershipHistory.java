package io.raftgres.raft;

import java.util.ArrayList;
import java.util.List;

/** The memberships in the log, preceded by the membership in force at its base. */
final class MembershipHistory {

    private record Change(long index, Membership membership) {}

    private final List<Change> changes = new ArrayList<>();

    MembershipHistory(long baseIndex, Membership baseMembership) {
        changes.add(new Change(baseIndex, baseMembership));
    }

    Membership latest() {
        return changes.getLast().membership();
    }

    long latestIndex() {
        return changes.getLast().index();
    }

    /** @return the latest membership at or below {@code index} */
    Membership at(long index) {
        int i = changes.size() - 1;
        while (i > 0 && changes.get(i).index() > index) {
            i--;
        }
        return changes.get(i).membership();
    }

    void append(long index, Membership membership) {
        changes.add(new Change(index, membership));
    }

    /** Drops the changes from {@code from} on: the membership before them is in force again (thesis, section 4.1). */
    void truncate(long from) {
        while (changes.size() > 1 && changes.getLast().index() >= from) {
            changes.removeLast();
        }
    }

    void trim(long baseIndex) {
        while (changes.size() > 1 && changes.get(1).index() <= baseIndex) {
            changes.removeFirst();
        }
    }
}
