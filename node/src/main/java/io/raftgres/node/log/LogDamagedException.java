package io.raftgres.node.log;

import java.io.IOException;
import java.nio.file.Path;

/** Durable bytes differ from the written ones: the log must not be used. */
public final class LogDamagedException extends IOException {

    private static final long serialVersionUID = 1L;

    private static final String ADVICE = ". This member must not use this log again, and nothing in it should be"
            + " edited by hand: keep the directory aside, check the disk, then remove the member from the cluster and add"
            + " a new member with empty data; it gets all data from its peers.";

    private final String damage;

    LogDamagedException(Path segment, long offset, String found) {
        this("log segment " + segment + " is damaged at offset " + offset + ": " + found);
    }

    private LogDamagedException(String damage) {
        super(damage + ADVICE);
        this.damage = damage;
    }

    /** @return the damage and its place, without the advice */
    public String damage() {
        return damage;
    }

    /** The disk cannot read back the written bytes. */
    static LogDamagedException unreadable(Path segment, long offset, IOException cause) {
        LogDamagedException damaged = new LogDamagedException(segment, offset, "cannot read it: " + cause.getMessage());
        damaged.initCause(cause);
        return damaged;
    }

    LogDamagedException(Path directory, String found) {
        this("log in " + directory + " is damaged: " + found);
    }
}
