package io.raftgres.node.log;

import java.io.IOException;
import java.nio.file.Path;

/** The disk has no room for a file of the log. All synced data is still there. */
final class NoSpaceException extends IOException {

    private static final long serialVersionUID = 1L;

    NoSpaceException(Path directory, long bytes, IOException cause) {
        super(
                "no space for a log segment of " + bytes + " bytes in " + directory
                        + ": free disk space or enlarge the disk",
                cause);
    }

    /**
     * @return whether a write failed for lack of room. Java's only sign is the operating system's message, in any
     *     language: so the caller also checks the free space
     */
    static boolean saidBy(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("No space left on device") || message.contains("Disk quota exceeded");
    }
}
