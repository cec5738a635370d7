package io.raftgres.linearizability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The checker judges histories that are written by hand and have a known verdict. */
class CheckerTest {
    private static final Result UNKNOWN = new Result.Unknown();
    private final List<Operation> operations = new ArrayList<>();

    @Test
    void anEmptyHistoryIsFine() {
        assertTrue(new Checker().check(List.of()).ok());
    }

    @Test
    void sequentialOperationsAreExplained() {
        at(0, 10, get(), new Result.Absent());
        at(20, 30, put("a"), new Result.Written(2));
        at(40, 50, get(), new Result.Found("a", 2));
        at(60, 70, cas(2, "b"), new Result.Written(3));
        at(80, 90, cas(2, "c"), new Result.Mismatch());
        at(100, 110, new Action.Delete(), new Result.Written(5));
        at(120, 130, new Action.Delete(), new Result.Absent());
        at(140, 150, cas(0, "d"), new Result.Written(9));
        at(160, 170, get(), new Result.Found("d", 9));
        explained();
    }

    @Test
    void concurrentOperationsMayTakeEitherOrder() {
        at(0, 100, put("a"), new Result.Written(0));
        at(0, 100, put("b"), new Result.Written(0));
        at(10, 90, get(), new Result.Found("b", 0));
        at(110, 120, get(), new Result.Found("a", 0));
        explained();
    }

    @Test
    void aReadMayShowAConcurrentWriteEarly() {
        at(0, 100, put("a"), new Result.Written(2));
        at(10, 20, get(), new Result.Found("a", 2));
        explained();
    }

    @Test
    void aStaleReadIsFound() {
        at(0, 10, put("a"), new Result.Written(2));
        at(20, 30, put("b"), new Result.Written(3));
        at(40, 50, get(), new Result.Found("a", 2));
        unexplained(2);
    }

    @Test
    void readsThatGoBackAreFound() {
        at(0, 100, put("a"), new Result.Written(2));
        at(10, 20, get(), new Result.Found("a", 2));
        at(30, 40, get(), new Result.Absent());
        unexplained(2);
    }

    @Test
    void aLostWriteIsFound() {
        at(0, 10, put("a"), new Result.Written(2));
        at(20, 30, get(), new Result.Absent());
        unexplained(2);
    }

    @Test
    void aWriteAppliedTwiceIsFound() {
        at(0, 10, put("a"), new Result.Written(2));
        at(20, 30, put("b"), new Result.Written(3));
        at(40, 50, get(), new Result.Found("b", 3));
        at(60, 70, get(), new Result.Found("a", 4));
        unexplained(0);
    }

    @Test
    void aWriteAppliedTwiceWithoutRevisionsIsFound() {
        at(0, 10, put("a"), new Result.Written(0));
        at(20, 30, put("b"), new Result.Written(0));
        at(60, 70, get(), new Result.Found("a", 0));
        unexplained(0);
    }

    @Test
    void aValueFromNowhereIsFound() {
        at(0, 10, put("a"), new Result.Written(2));
        at(20, 30, get(), new Result.Found("x", 2));
        unexplained(1);
    }

    @Test
    void aFailedWriteMustNotBeSeen() {
        at(0, 10, put("a"), new Result.Failed());
        at(20, 30, get(), new Result.Found("a", 2));
        unexplained(0);
    }

    @Test
    void revisionsAgainstTimeAreFound() {
        at(0, 10, put("a"), new Result.Written(5));
        at(20, 30, put("b"), new Result.Written(4));
        unexplained(2);
    }

    @Test
    void twoWritesWithOneRevisionAreFound() {
        at(0, 100, put("a"), new Result.Written(5));
        at(0, 100, put("b"), new Result.Written(5));
        unexplained(2);
    }

    @Test
    void twoSwapsOfOneRevisionAreFound() {
        at(0, 10, put("a"), new Result.Written(2));
        at(20, 90, cas(2, "b"), new Result.Written(3));
        at(20, 90, cas(2, "c"), new Result.Written(4));
        unexplained(0);
    }

    @Test
    void aRefusedSwapThatMatchedIsFound() {
        at(0, 10, put("a"), new Result.Written(2));
        at(20, 30, cas(2, "b"), new Result.Mismatch());
        unexplained(2);
    }

    @Test
    void anUnknownWriteMayHappenLateOrNever() {
        at(0, 0, put("a"), UNKNOWN);
        at(10, 20, get(), new Result.Absent());
        at(30, 40, put("b"), new Result.Written(2));
        at(50, 60, get(), new Result.Found("b", 2));
        explained();
        at(70, 80, get(), new Result.Found("a", 3));
        at(90, 99, cas(3, "c"), new Result.Written(4));
        explained();
        at(110, 120, get(), new Result.Found("a", 5));
        unexplained(0);
    }

    @Test
    void anUnknownWriteMayNotHappenBeforeItWasAskedFor() {
        at(0, 10, get(), new Result.Found("a", 0));
        at(20, 20, put("a"), UNKNOWN);
        unexplained(1);
    }

    @Test
    void anUnknownDeleteExplainsAnAbsentKey() {
        at(0, 10, put("a"), new Result.Written(2));
        at(20, 20, new Action.Delete(), UNKNOWN);
        at(30, 40, get(), new Result.Found("a", 2));
        at(50, 60, get(), new Result.Absent());
        explained();
        at(70, 80, get(), new Result.Found("a", 2));
        unexplained(0);
    }

    @Test
    void theRevisionOfAnUnknownWriteIsFixedByItsFirstReader() {
        at(0, 0, put("a"), UNKNOWN);
        at(10, 20, get(), new Result.Found("a", 7));
        at(30, 40, get(), new Result.Found("a", 8));
        unexplained(2);
    }

    @Test
    void keysAreIndependentAndTheGuiltyOneIsNamed() {
        operations.add(new Operation(1, "good", put("a"), new Result.Written(2), 0, 10));
        operations.add(new Operation(1, "bad", put("a"), new Result.Written(3), 20, 30));
        operations.add(new Operation(1, "bad", get(), new Result.Absent(), 40, 50));
        Verdict.Violation violation = assertInstanceOf(Verdict.Violation.class, new Checker().check(operations));
        assertEquals("bad", violation.key());
        assertEquals(2, violation.window().size());
        assertTrue(violation.toString().contains("[40 .. 50]"), violation.toString());
    }

    @Test
    void aBoundOnStatesMakesItUndecided() {
        for (int i = 0; i < 12; i++) {
            at(0, 100, put("v" + i), new Result.Written(0));
        }
        at(110, 120, get(), new Result.Found("nowhere", 0));
        assertInstanceOf(Verdict.Undecided.class, new Checker(100).check(operations));
        assertInstanceOf(Verdict.Violation.class, new Checker().check(operations));
    }

    @Test
    void inconsistentResultsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> at(0, 1, get(), new Result.Written(1)));
        assertThrows(IllegalArgumentException.class, () -> at(0, 1, put("a"), new Result.Absent()));
        assertThrows(IllegalArgumentException.class, () -> at(2, 1, put("a"), new Result.Written(1)));
        History.Pending pending = new History().invoke(1, "k", get());
        pending.complete(new Result.Absent());
        assertThrows(IllegalStateException.class, () -> pending.complete(new Result.Absent()));
    }

    private void at(long invokedNs, long returnedNs, Action action, Result result) {
        operations.add(new Operation(operations.size(), "k", action, result, invokedNs, returnedNs));
    }

    private void explained() {
        Verdict verdict = new Checker().check(operations);
        assertTrue(verdict.ok(), verdict::toString);
    }

    /** @param size expected size of the window; 0 if several sizes are as good */
    private void unexplained(int size) {
        Verdict verdict = new Checker().check(operations);
        Verdict.Violation violation = assertInstanceOf(Verdict.Violation.class, verdict);
        if (size > 0) {
            assertEquals(size, violation.window().size(), violation::toString);
        }
    }

    private static Action put(String value) {
        return new Action.Put(value);
    }

    private static Action get() {
        return new Action.Get();
    }

    private static Action cas(long expected, String value) {
        return new Action.CompareAndSet(expected, value);
    }
}
