package io.raftgres.sim;

import io.raftgres.raft.Entry;
import io.raftgres.raft.Membership;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The replicated state machine: a few keys with mod revisions, the latest token of each client process, and the term
 * and membership at the last entry for snapshots.
 */
final class MapMachine {
    private record LastResponse(int number, SimResponse response) {}

    private final boolean forgetsTokens;
    private final int[] values;
    private final long[] revisions;
    private final Map<Integer, LastResponse> tokens;
    private long revision = 1;
    private long applied;
    private long term;
    private Membership membership;

    MapMachine(int keys, boolean forgetsTokens, Membership bootstrap) {
        membership = bootstrap;
        this.forgetsTokens = forgetsTokens;
        values = new int[keys];
        revisions = new long[keys];
        tokens = new HashMap<>();
    }

    private MapMachine(MapMachine other) {
        forgetsTokens = other.forgetsTokens;
        values = other.values.clone();
        revisions = other.revisions.clone();
        tokens = new HashMap<>(other.tokens);
        revision = other.revision;
        applied = other.applied;
        term = other.term;
        membership = other.membership;
    }

    MapMachine copy() {
        return new MapMachine(this);
    }

    /** @return index of the last applied entry */
    long applied() {
        return applied;
    }

    /** @return term of the last applied entry, 0 when there is none */
    long term() {
        return term;
    }

    /** @return the latest membership applied */
    Membership membership() {
        return membership;
    }

    /** For sabotage only: claims a higher applied index. */
    void pretendApplied(long index) {
        applied = index;
    }

    /** For sabotage only: keeps the state, but claims the other's index. */
    void pretend(MapMachine other) {
        applied = other.applied;
        term = other.term;
        membership = other.membership;
    }

    /** @return the response to the write, null when the entry is not a command */
    SimResponse apply(Entry entry) {
        if (entry.index() != applied + 1) {
            throw new Violation(
                    Invariant.STATE_MACHINE_SAFETY,
                    "entry " + entry.index() + " cannot be applied: the last applied entry is " + applied);
        }
        applied++;
        term = entry.term();
        if (entry.kind() == Entry.Kind.MEMBERSHIP) {
            membership = Membership.decode(entry.data());
        }
        if (entry.kind() != Entry.Kind.COMMAND) {
            return null;
        }
        Command command = Command.decode(entry.data());
        LastResponse latest = tokens.get(command.process());
        boolean known = command.number() > 0 && latest != null && latest.number() >= command.number();
        if (known && !forgetsTokens) {
            return latest.response();
        }
        SimResponse response = write(command);
        if (command.number() > 0) {
            tokens.put(command.process(), new LastResponse(command.number(), response));
        }
        return response;
    }

    private SimResponse write(Command command) {
        int key = command.key();
        boolean deletesNothing = command.value() == Command.DELETE && revisions[key] == 0;
        if (command.expected() != Command.ANY && command.expected() != revisions[key] || deletesNothing) {
            return new SimResponse(SimResponse.Kind.UNCHANGED, 0, 0);
        }
        revision++;
        values[key] = command.value();
        revisions[key] = command.value() == Command.DELETE ? 0 : revision;
        return new SimResponse(SimResponse.Kind.WRITTEN, revision, 0);
    }

    SimResponse read(int key) {
        return new SimResponse(SimResponse.Kind.READ, revisions[key], values[key]);
    }

    long hash() {
        long hash = Randomness.mix(revision);
        for (int key = 0; key < values.length; key++) {
            hash += Randomness.mix(Randomness.mix(key * 31L + values[key]) ^ revisions[key]);
        }
        return hash;
    }

    @Override
    public String toString() {
        return "at " + applied + " revision " + revision + " values " + Arrays.toString(values) + " mod revisions "
                + Arrays.toString(revisions);
    }
}
