package io.raftgres.cli;

import io.raftgres.cli.local.Layout;
import io.raftgres.client.RaftgresClient;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of every client command: the cluster's addresses, the timeout and the output format. */
final class ClientOptions {

    @Option(
            names = "--endpoint",
            paramLabel = "URL",
            description = "Address of a node, such as http://127.0.0.1:8081. May be repeated: if a node does not"
                    + " answer, the client asks the next one. Default: the nodes of the local cluster.")
    List<String> endpoints = List.of();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            defaultValue = "5s",
            description = "Time limit for the whole operation with its retries: 5s, 500ms, 2m. Default:"
                    + " ${DEFAULT-VALUE}.")
    Duration timeout;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "Output format: plain, table or json. Default: table for lists, otherwise plain.")
    private OutputFormat output;

    @Mixin
    private CertificateOptions tls = new CertificateOptions();

    @Mixin
    DataOptions data = new DataOptions();

    OutputFormat output(OutputFormat byDefault) {
        return output == null ? byDefault : output;
    }

    RaftgresClient client() {
        List<String> asked = endpoints.isEmpty()
                ? data.directory().layout().orElse(Layout.DEFAULT).urls()
                : endpoints;
        RaftgresClient.Builder builder =
                RaftgresClient.builder().endpoints(asked).timeout(timeout);
        tls.apply(builder, endpoints.isEmpty() ? data.directory() : null);
        return builder.build();
    }
}
