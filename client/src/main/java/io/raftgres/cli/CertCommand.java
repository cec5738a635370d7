package io.raftgres.cli;

import io.raftgres.cli.local.LocalTls;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "cert",
        description = "Makes a certificate with its key: of a user, or of a node. Makes the CAs too if there are none.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class CertCommand implements Callable<Integer> {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,62}");

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "Name of the user, or with --node of the node (raftgres.name).")
    private String name;

    @Option(names = "--node", description = "Make a certificate of a node, signed by the CA of nodes.")
    private boolean node;

    @Option(
            names = "--host",
            paramLabel = "HOST",
            description = "Name or IP address by which clients and nodes reach the node. May be repeated. Default:"
                    + " localhost and 127.0.0.1.")
    private List<String> hosts = List.of();

    @Option(
            names = "--ca-dir",
            paramLabel = "DIR",
            description = "Directory of the CAs. Default: that of the local cluster, DATA/tls.")
    private Path caDirectory;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = ".",
            description = "Directory for NAME.crt and NAME.key. Default: this one.")
    private Path out;

    @Mixin
    private DataOptions data = new DataOptions();

    @Override
    public Integer call() {
        if (!NAME.matcher(name).matches() || !node && !hosts.isEmpty()) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    hosts.isEmpty()
                            ? "'" + name + "' cannot be a name and a file: use letters, digits and . _ - @"
                            : "--host is for nodes: add --node");
        }
        LocalTls tls = caDirectory == null ? LocalTls.in(data.directory()) : LocalTls.in(caDirectory);
        Path cert = node
                ? tls.issueNode(name, hosts.isEmpty() ? List.of("localhost", "127.0.0.1") : hosts, out)
                : tls.issueUser(name, out);
        spec.commandLine().getOut().println(cert + " and " + name + ".key; the CA of nodes is " + tls.clusterCa());
        return ExitCode.DONE;
    }
}
