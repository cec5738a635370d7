package io.raftgres.node.log;

import java.io.IOException;
import java.nio.file.Path;

/** There is no room on the disk for a file of the log. Nothing was lost: all that was synced is there. */
final class NoSpaceException extends IOException {

    private static final long serialVersionUID = 1L;

    NoSpaceException(Path directory, long bytes, IOException cause) {
        super(
                "no space for a log segment of " + bytes + " bytes in " + directory
                        + ": free some, or give the disk more",
                cause);
    }

    /**
     * @return whether a write failed for lack of room. Java has no other sign of it than the system's own words, which
     *     may be in any language: so the caller also looks at what is free
     */
    static boolean saidBy(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("No space left on device") || message.contains("Disk quota exceeded");
    }
}
