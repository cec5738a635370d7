package io.raftgres.node.service;

import io.raftgres.node.kv.AuthState;
import java.time.Duration;

/** The maintenance of one caller: all but the size needs the role root. */
final class CheckedMaintenance implements Maintenance {

    private final CheckedKvService caller;
    private final Maintenance maintenance;

    CheckedMaintenance(CheckedKvService caller, Maintenance maintenance) {
        this.caller = caller;
        this.maintenance = maintenance;
    }

    @Override
    public Size size() {
        caller.check(AuthState::requireUser);
        return maintenance.size();
    }

    @Override
    public RevisionHash hash(long revision, Duration timeout) {
        caller.check(AuthState::requireRoot);
        return maintenance.hash(revision, timeout);
    }

    @Override
    public void snapshot(SnapshotSink sink) {
        caller.check(AuthState::requireRoot);
        maintenance.snapshot(sink);
    }

    @Override
    public void vacuum() {
        caller.check(AuthState::requireRoot);
        maintenance.vacuum();
    }
}
