package io.raftgres.raft;

import java.util.Arrays;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;

/** Computes majorities of the voters of a membership. */
final class Quorum {
    private final Rules rules;
    private Membership membership;
    private long[] voters = {};

    Quorum(Rules rules) {
        this.rules = rules;
    }

    /** @return whether this membership differs from the previous one */
    boolean use(Membership next) {
        if (next == membership) {
            return false;
        }
        membership = next;
        voters = next.members().stream()
                .filter(rules::countsInQuorum)
                .mapToLong(Member::id)
                .toArray();
        return true;
    }

    boolean counts(long id) {
        return Arrays.binarySearch(voters, id) >= 0;
    }

    boolean isOnly(long id) {
        return voters.length == 1 && voters[0] == id;
    }

    /** @return whether the voters for which {@code test} holds are a majority */
    boolean reached(LongPredicate test) {
        int count = 0;
        for (long voter : voters) {
            if (test.test(voter)) {
                count++;
            }
        }
        return voters.length > 0 && count >= rules.quorum(voters.length);
    }

    /** @return whether the voters for which {@code test} holds leave too few others for a majority */
    boolean blocked(LongPredicate test) {
        int left = 0;
        for (long voter : voters) {
            if (!test.test(voter)) {
                left++;
            }
        }
        return left < rules.quorum(voters.length);
    }

    /** @return the largest value that a majority of the voters has reached */
    long reachedBy(LongUnaryOperator valueOf) {
        if (voters.length == 0) {
            return 0;
        }
        long[] values = new long[voters.length];
        for (int i = 0; i < voters.length; i++) {
            values[i] = valueOf.applyAsLong(voters[i]);
        }
        Arrays.sort(values);
        return values[values.length - Math.max(1, Math.min(values.length, rules.quorum(voters.length)))];
    }
}
