package io.raftgres.cli.local;

import io.raftgres.client.RaftgresClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The certificates of a local cluster, in the directory {@code tls} of its data: a CA for nodes ({@code ca.crt}), one
 * for users ({@code clients-ca.crt}), and a certificate for each node.
 */
public final class LocalTls {

    private static final String CLUSTER_CA = "ca";
    private static final String CLIENTS_CA = "clients-ca";

    private final Path directory;

    private LocalTls(Path directory) {
        this.directory = directory;
    }

    public static LocalTls in(LocalDataDirectory data) {
        return new LocalTls(data.root().resolve(LocalDataDirectory.TLS));
    }

    /** @param directory has the CAs, or will have them */
    public static LocalTls in(Path directory) {
        return new LocalTls(directory);
    }

    public boolean exists() {
        return Files.isRegularFile(clusterCa());
    }

    /** @return the builder, which trusts the nodes of this cluster if they have certificates */
    RaftgresClient.Builder trust(RaftgresClient.Builder builder) {
        return exists() ? builder.cacert(clusterCa()) : builder;
    }

    /** @return the file with the CA of nodes, which clients trust */
    public Path clusterCa() {
        return cert(CLUSTER_CA);
    }

    Path clientsCa() {
        return cert(CLIENTS_CA);
    }

    Path cert(String name) {
        return directory.resolve(name + ".crt");
    }

    Path key(String name) {
        return directory.resolve(name + ".key");
    }

    /** Makes the CAs that are not there, and a certificate for a node if it has none. */
    void prepare(int node) {
        if (!Files.isRegularFile(cert(Layout.name(node)))) {
            issueNode(Layout.name(node), List.of("localhost", Layout.HOST, "::1"), directory);
        }
    }

    /**
     * @param name the node's raftgres.name
     * @param hosts names and IP addresses by which clients and other nodes reach it
     * @return the file of the certificate, with the key next to it
     */
    public Path issueNode(String name, List<String> hosts, Path to) {
        try {
            return ca(CLUSTER_CA, "Raftgres nodes").node(name, hosts).write(to, name);
        } catch (IOException e) {
            throw new LocalClusterException("No certificate for " + name + ": " + e.getMessage(), e);
        }
    }

    /** @return the file of the certificate, with the key next to it */
    public Path issueUser(String name, Path to) {
        try {
            ca(CLUSTER_CA, "Raftgres nodes");
            return ca(CLIENTS_CA, "Raftgres clients").user(name).write(to, name);
        } catch (IOException e) {
            throw new LocalClusterException("No certificate for " + name + ": " + e.getMessage(), e);
        }
    }

    private Issuer ca(String file, String commonName) throws IOException {
        if (!Files.exists(cert(file))) {
            Issuer fresh = Issuer.selfSigned(commonName);
            fresh.own().write(directory, file);
            return fresh;
        }
        return Issuer.read(cert(file), key(file));
    }

    /** @return the options with which a node uses these certificates */
    List<String> nodeOptions(int node, int restPort) {
        Path cert = cert(Layout.name(node));
        Path key = key(Layout.name(node));
        try {
            ca(CLIENTS_CA, "Raftgres clients");
        } catch (IOException e) {
            throw new LocalClusterException("No CA for clients: " + e.getMessage(), e);
        }
        return List.of(
                "-Draftgres.tls.mode=required",
                "-Draftgres.tls.rest-port=" + restPort,
                "-Draftgres.tls.cert=" + cert,
                "-Draftgres.tls.key=" + key,
                "-Draftgres.tls.client-auth=optional",
                "-Draftgres.tls.client-ca=" + clientsCa(),
                "-Draftgres.tls.peer-mode=required",
                "-Draftgres.tls.peer-cert=" + cert,
                "-Draftgres.tls.peer-key=" + key,
                "-Draftgres.tls.peer-ca=" + clusterCa());
    }
}
