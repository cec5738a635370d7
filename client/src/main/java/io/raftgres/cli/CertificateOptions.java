package io.raftgres.cli;

import io.raftgres.cli.local.LocalDataDirectory;
import io.raftgres.cli.local.LocalTls;
import io.raftgres.client.RaftgresClient;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Options of TLS, under etcdctl's names. */
final class CertificateOptions {

    @Option(
            names = "--cacert",
            paramLabel = "FILE",
            description = "PEM file of the CAs of the nodes' certificates. Default: that of the local cluster.")
    private Path cacert;

    @Option(names = "--cert", paramLabel = "FILE", description = "PEM file of your certificate; it needs --key.")
    private Path cert;

    @Option(names = "--key", paramLabel = "FILE", description = "PEM file of your private key (PKCS#8).")
    private Path key;

    @Option(
            names = "--insecure-skip-tls-verify",
            description = "Accept any certificate of a node. For tests alone: anyone can be the node then.")
    private boolean skipVerify;

    /** @param local the local cluster, if that is asked; null: nodes that --endpoint names */
    void apply(RaftgresClient.Builder builder, LocalDataDirectory local) {
        Path ca = cacert;
        if (ca == null && local != null && LocalTls.in(local).exists()) {
            ca = LocalTls.in(local).clusterCa();
        }
        if (ca != null) {
            builder.cacert(ca);
        }
        if (cert != null || key != null) {
            builder.certificate(cert, key);
        }
        if (skipVerify) {
            builder.insecureSkipTlsVerify(true);
        }
    }
}
