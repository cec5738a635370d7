package io.raftgres.cli;

import java.util.Locale;

/** The format in which results are printed. */
enum OutputFormat {
    /** Text for people and simple scripts. */
    PLAIN,
    /** Columns with a heading. */
    TABLE,
    /** One JSON object per line. */
    JSON;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
