package io.raftgres.node.tls;

import io.raftgres.node.config.NodeConfig;
import java.io.IOException;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;

/** The TLS of a node's ports: the options, and the files for clients and for peers. Thread-safe. */
public final class NodeTls implements AutoCloseable {

    private final TlsOptions options;
    private final TlsFiles clients;
    private final TlsFiles peers;

    private NodeTls(TlsOptions options, TlsFiles clients, TlsFiles peers) {
        this.options = options;
        this.clients = clients;
        this.peers = peers;
    }

    /** @return without TLS on any port */
    public static NodeTls off() {
        return new NodeTls(TlsOptions.OFF, null, null);
    }

    /**
     * Reads all files, and from then on again every 10 seconds.
     *
     * @throws IllegalArgumentException when options contradict each other
     * @throws IOException when a file cannot be used; the message names the file and the remedy
     */
    public static NodeTls open(NodeConfig config) throws IOException {
        TlsOptions options = TlsOptions.of(config.tls(), config.name());
        TlsFiles clients = options.mode() == NodeConfig.Tls.Mode.OFF
                ? null
                : TlsFiles.open("clients", options.clientFiles(), TlsFiles.INTERVAL);
        try {
            TlsFiles peers = options.peerMode() == NodeConfig.Tls.Mode.OFF
                    ? null
                    : TlsFiles.open("peers", options.peerFiles(), TlsFiles.INTERVAL);
            return new NodeTls(options, clients, peers);
        } catch (IOException e) {
            if (clients != null) {
                clients.close();
            }
            throw e;
        }
    }

    public TlsOptions options() {
        return options;
    }

    /** @return the certificates of the ports of clients; null when these are plain */
    public TlsFiles clients() {
        return clients;
    }

    /** @return the certificates of the port of peers; null when it is plain */
    public TlsFiles peers() {
        return peers;
    }

    /** @return for requests to the REST API of other nodes; null: the JDK's own, as this node has no certificate */
    public SSLContext outgoing() {
        TlsFiles files = peers != null ? peers : clients;
        return files == null ? null : files.current().context();
    }

    /** @return a sentence for the alarm {@code certificate}; null when all is well */
    public String problem() {
        return Stream.of(clients, peers)
                .filter(files -> files != null && files.problem() != null)
                .map(TlsFiles::problem)
                .findFirst()
                .orElse(null);
    }

    @Override
    public void close() {
        Stream.of(clients, peers).filter(files -> files != null).forEach(TlsFiles::close);
    }
}
