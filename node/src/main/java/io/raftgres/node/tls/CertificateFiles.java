package io.raftgres.node.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The PEM files of one port.
 *
 * @param cert this node's certificate, and the intermediate ones after it
 * @param clientCa CAs of users
 * @param clusterCa CAs of nodes
 * @param member this node's name, which its certificate for peers must have; null: for clients
 * @param allowedNames names of which a user's certificate must have one; empty: any name
 */
record CertificateFiles(
        Path cert,
        Path key,
        Optional<Path> clientCa,
        Optional<Path> clusterCa,
        Optional<Path> clientCrl,
        Optional<Path> clusterCrl,
        String member,
        Set<String> allowedNames) {

    /** Far above any sensible bundle: a wrong path must not fill the memory. */
    private static final long MAX_BYTES = 4 << 20;

    /** @return the contents of all files, by path */
    Map<Path, String> read() throws IOException {
        Map<Path, String> contents = new HashMap<>();
        for (Path path : all()) {
            contents.put(path, read(path));
        }
        return contents;
    }

    private List<Path> all() {
        return Stream.of(
                        cert,
                        key,
                        clientCa.orElse(null),
                        clusterCa.orElse(null),
                        clientCrl.orElse(null),
                        clusterCrl.orElse(null))
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }

    private static String read(Path path) throws IOException {
        try {
            long size = Files.size(path);
            if (size > MAX_BYTES) {
                throw new IOException(path + " has " + size + " bytes, which no PEM file of certificates needs");
            }
            return PemText.latin(Files.readAllBytes(path));
        } catch (NoSuchFileException e) {
            throw new IOException(path + " does not exist", e);
        } catch (IOException e) {
            throw e.getMessage() != null
                            && e.getMessage().startsWith(path.toString())
                            && e.getClass() == IOException.class
                    ? e
                    : new IOException(path + " cannot be read: " + e, e);
        }
    }
}
