package io.raftgres.cli;

import java.util.Locale;

/** How a result is printed. */
enum OutputFormat {
    /** Text for the eye and for the simplest scripts. */
    PLAIN,
    /** Columns with a heading. */
    TABLE,
    /** One JSON object a line. */
    JSON;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
