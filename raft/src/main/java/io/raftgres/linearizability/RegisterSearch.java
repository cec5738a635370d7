package io.raftgres.linearizability;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Searches for an order of one key's operations that explains every response. It is the depth-first search of Wing and
 * Gong ("Testing and verifying concurrent objects", 1993): its next operation is any that was invoked before the first
 * pending return. It adds the memory of Lowe ("Testing for linearizability", 2017): the same set of operations with the
 * same state is searched once.
 *
 * <p>Five observations keep the search near linear for registers:
 * <ul>
 * <li>a read that fits the state changes nothing, so taking it at once never loses a solution;
 * <li>operations with known revisions can only be taken in the order of those revisions, writes before reads;
 * <li>operations with unknown outcome need no explanation, so they are tried last, and success does not wait for them;
 * <li>taking one of those is of use only when the next operation observes the state that it leaves;
 * <li>those that differ in nothing that a client read are taken in the order of their invocations.
 * </ul>
 */
final class RegisterSearch {

    enum Outcome {
        EXPLAINED,
        UNEXPLAINED,
        UNDECIDED
    }

    /** One choice that can be undone. */
    private record Choice(int operation, Register before, boolean unobservedBefore, int trailMark) {}

    private final Register.Step[] steps;
    private final long[] invokedNs;
    /**
     * Operations from 0 to known - 1 have a response, by invocation; the others have an unknown outcome, by invocation.
     */
    private final int known;
    /** Events in time order as a doubly linked list: event i is the call of i, event known + i its return. */
    private final int[] next;

    private final int[] previous;
    private final long[] returnedNs;
    private final int head;
    private final boolean[] taken;
    /** For each operation with a known revision, the number of operations with a lower one; -1 when unknown. */
    private final int[] reportedBefore;

    private int reportedTaken;
    /** For each operation of unknown outcome, the previous equal one; -1 for none. */
    private final int[] twinBefore;

    private final int[] trail;
    private int trailSize;
    private final Deque<Choice> choices = new ArrayDeque<>();
    private final VisitedStates visited = new VisitedStates();
    private Register state = Register.EMPTY;
    /** The latest operation has an unknown outcome, and no operation has observed its effect yet. */
    private boolean unobserved;

    private long setHigh;
    private long setLow;

    RegisterSearch(List<Operation> operations) {
        List<Operation> answered = new ArrayList<>();
        List<Operation> open = new ArrayList<>();
        for (Operation operation : operations) {
            boolean tells = !(operation.result() instanceof Result.Failed)
                    && !(operation.result() instanceof Result.Unknown && operation.action() instanceof Action.Get);
            if (tells) {
                (operation.result() instanceof Result.Unknown ? open : answered).add(operation);
            }
        }
        Comparator<Operation> byInvocation = Comparator.comparingLong(Operation::invokedNs);
        answered.sort(byInvocation);
        open.sort(byInvocation);
        known = answered.size();
        int count = known + open.size();
        steps = new Register.Step[count];
        invokedNs = new long[count];
        returnedNs = new long[known];
        Map<String, Integer> numbers = Register.numbers();
        for (int i = 0; i < count; i++) {
            Operation operation = i < known ? answered.get(i) : open.get(i - known);
            steps[i] = Register.step(operation, numbers);
            invokedNs[i] = operation.invokedNs();
            if (i < known) {
                returnedNs[i] = operation.returnedNs();
            }
        }
        taken = new boolean[count];
        trail = new int[count];
        head = 2 * known;
        next = new int[2 * known + 1];
        previous = new int[2 * known + 1];
        linkEvents();
        reportedBefore = rankReported();
        twinBefore = pairTwins();
    }

    private void linkEvents() {
        Integer[] events = new Integer[2 * known];
        Arrays.setAll(events, i -> i);
        // At the same instant, calls come before returns: operations that touch count as concurrent.
        Arrays.sort(
                events,
                Comparator.<Integer>comparingLong(e -> e < known ? invokedNs[e] : returnedNs[e - known])
                        .thenComparingInt(e -> e));
        int last = head;
        for (int event : events) {
            next[last] = event;
            previous[event] = last;
            last = event;
        }
        next[last] = head;
        previous[head] = last;
    }

    private int[] rankReported() {
        int[] before = new int[steps.length];
        Arrays.fill(before, -1);
        List<Integer> reported = new ArrayList<>();
        for (int i = 0; i < known; i++) {
            if (steps[i].reported() != Result.UNKNOWN_REVISION) {
                reported.add(i);
            }
        }
        reported.sort(Comparator.comparingLong(i -> steps[i].reported()));
        for (int rank = 0; rank < reported.size(); rank++) {
            int operation = reported.get(rank);
            boolean same = rank > 0 && steps[reported.get(rank - 1)].reported() == steps[operation].reported();
            before[operation] = same ? before[reported.get(rank - 1)] : rank;
        }
        return before;
    }

    private int[] pairTwins() {
        Set<Integer> read = new HashSet<>();
        for (int i = 0; i < known; i++) {
            if (steps[i].kind() == Register.Kind.GET_VALUE) {
                read.add(steps[i].value());
            }
        }
        int[] before = new int[steps.length];
        Arrays.fill(before, -1);
        Map<Register.Step, Integer> latest = new HashMap<>();
        for (int i = known; i < steps.length; i++) {
            Register.Step step = steps[i];
            int value = read.contains(step.value()) ? step.value() : -1;
            Integer twin = latest.put(new Register.Step(step.kind(), value, step.expected(), step.reported()), i);
            before[i] = twin == null ? -1 : twin;
        }
        return before;
    }

    /** @return whether the operation leaves the same state whatever the state before */
    private boolean isBlind(int operation) {
        return steps[operation].kind() == Register.Kind.PUT || steps[operation].kind() == Register.Kind.MAYBE_DELETE;
    }

    private boolean isWrite(int operation) {
        return switch (steps[operation].kind()) {
            case PUT, DELETE, SWAP, MAYBE_DELETE -> true;
            case DELETE_NOTHING, SWAP_REFUSED, GET_VALUE, GET_NOTHING -> false;
        };
    }

    /** @param statesMax states visited before the outcome is {@link Outcome#UNDECIDED} */
    static Outcome run(List<Operation> operations, long statesMax) {
        return new RegisterSearch(operations).search(statesMax);
    }

    /** @return number of states visited */
    long states() {
        return visited.size();
    }

    Outcome search(long statesMax) {
        absorbReads();
        int from = -1;
        while (next[head] != head) {
            int choice = nextChoice(from);
            if (choice >= 0) {
                from = -1;
                continue;
            }
            if (visited.size() >= statesMax) {
                return Outcome.UNDECIDED;
            }
            if (choices.isEmpty()) {
                return Outcome.UNEXPLAINED;
            }
            from = undo();
        }
        return Outcome.EXPLAINED;
    }

    /** Takes every read that fits the state and was invoked before the first pending return. */
    private void absorbReads() {
        int kept = head;
        for (int event = next[head]; event < known; event = next[kept]) {
            if (!isWrite(event) && state.after(steps[event]) == state) {
                take(event);
                unobserved = false;
            } else {
                kept = event;
            }
        }
    }

    /**
     * Takes the first operation after {@code from}, in the order of trial, that leads to a state not seen before.
     *
     * @param from operation tried last here; -1 for none
     * @return the operation taken, -1 when there is none
     */
    private int nextChoice(int from) {
        int event = next[head];
        for (; event < known; event = next[event]) {
            if (event > from && attempt(event)) {
                return event;
            }
        }
        // While an operation is pending, the list does not end before a return, so this event is a return.
        long firstReturnNs = returnedNs[event - known];
        for (int open = Math.max(known, from + 1); open < steps.length; open++) {
            if (invokedNs[open] > firstReturnNs) {
                break;
            }
            if (!taken[open] && attempt(open)) {
                return open;
            }
        }
        return -1;
    }

    private boolean attempt(int operation) {
        if (reportedBefore[operation] > reportedTaken || twinBefore[operation] >= 0 && !taken[twinBefore[operation]]) {
            return false;
        }
        Register after = state.after(steps[operation]);
        if (after == null || after.equals(state) && operation >= known || unobserved && isBlind(operation)) {
            return false;
        }
        boolean open = operation >= known;
        long high = setHigh ^ (open ? 1 : 0) ^ token(operation, 0x9E3779B97F4A7C15L);
        long low = setLow ^ token(operation, 0xD1B54A32D192ED03L);
        if (!visited.add(
                high ^ fingerprint(after, 0x8CB92BA72F3D8DD7L), low ^ fingerprint(after, 0xABC98388FB8FAC03L))) {
            return false;
        }
        choices.push(new Choice(operation, state, unobserved, trailSize));
        take(operation);
        state = after;
        unobserved = open;
        absorbReads();
        return true;
    }

    private int undo() {
        Choice choice = choices.pop();
        while (trailSize > choice.trailMark()) {
            untake(trail[--trailSize]);
        }
        state = choice.before();
        unobserved = choice.unobservedBefore();
        return choice.operation();
    }

    private void take(int operation) {
        taken[operation] = true;
        trail[trailSize++] = operation;
        setHigh ^= token(operation, 0x9E3779B97F4A7C15L);
        setLow ^= token(operation, 0xD1B54A32D192ED03L);
        if (reportedBefore[operation] >= 0) {
            reportedTaken++;
        }
        if (operation < known) {
            unlink(operation);
            unlink(operation + known);
        }
    }

    private void untake(int operation) {
        taken[operation] = false;
        setHigh ^= token(operation, 0x9E3779B97F4A7C15L);
        setLow ^= token(operation, 0xD1B54A32D192ED03L);
        if (reportedBefore[operation] >= 0) {
            reportedTaken--;
        }
        if (operation < known) {
            relink(operation + known);
            relink(operation);
        }
    }

    private void unlink(int event) {
        next[previous[event]] = next[event];
        previous[next[event]] = previous[event];
    }

    private void relink(int event) {
        next[previous[event]] = event;
        previous[next[event]] = event;
    }

    private static long token(int operation, long salt) {
        return mix((operation + 1) * salt);
    }

    private static long fingerprint(Register register, long salt) {
        return mix(mix(mix(register.value() + salt) ^ register.revision()) ^ register.floor());
    }

    private static long mix(long value) {
        long z = value;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
