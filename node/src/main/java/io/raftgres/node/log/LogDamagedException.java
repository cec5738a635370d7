package io.raftgres.node.log;

import java.io.IOException;
import java.nio.file.Path;

/** Bytes that were durable are not what was written: the log must not be used. */
public final class LogDamagedException extends IOException {

    private static final long serialVersionUID = 1L;

    private static final String ADVICE = ". This member must not go on with this log, and nothing in it should be"
            + " edited by hand: keep the folder aside, check the disk, then remove the member from the cluster and add"
            + " a new one with empty data; it gets everything from its peers.";

    private final String what;

    LogDamagedException(Path segment, long offset, String found) {
        this("log segment " + segment + " is damaged at offset " + offset + ": " + found);
    }

    private LogDamagedException(String what) {
        super(what + ADVICE);
        this.what = what;
    }

    /** @return what is damaged and how, without the advice */
    public String what() {
        return what;
    }

    /** The disk cannot give back what was written to it. */
    static LogDamagedException unreadable(Path segment, long offset, IOException cause) {
        LogDamagedException damaged = new LogDamagedException(segment, offset, "cannot read it: " + cause.getMessage());
        damaged.initCause(cause);
        return damaged;
    }

    LogDamagedException(Path folder, String found) {
        this("log in " + folder + " is damaged: " + found);
    }
}
