package io.raftgres.node.tls;

import io.raftgres.node.config.NodeConfig.Tls;
import io.raftgres.node.config.NodeConfig.Tls.ClientAuth;
import io.raftgres.node.config.NodeConfig.Tls.Mode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The options {@code raftgres.tls.*}, checked.
 *
 * @param clientFiles null when {@code mode} is off
 * @param peerFiles null when {@code peerMode} is off
 */
public record TlsOptions(
        Mode mode,
        Mode peerMode,
        ClientAuth clientAuth,
        boolean onlyTls13,
        CertificateFiles clientFiles,
        CertificateFiles peerFiles) {

    static final TlsOptions OFF = new TlsOptions(Mode.OFF, Mode.OFF, ClientAuth.NONE, false, null, null);

    /**
     * @param member this node's name
     * @throws IllegalArgumentException with a message that names the option and the remedy
     */
    static TlsOptions of(Tls tls, String member) {
        Optional<Path> clientCa = path(tls.clientCa());
        Optional<Path> peerCa = path(tls.peerCa());
        if (tls.mode() == Mode.OFF) {
            refuseIf(tls.clientAuth() != ClientAuth.NONE, "client-auth needs raftgres.tls.mode=both or required");
        } else if (tls.clientAuth() == ClientAuth.NONE) {
            refuseIf(
                    clientCa.isPresent(),
                    "client-ca has no effect with client-auth=none: set raftgres.tls.client-auth to optional or"
                            + " required, or remove client-ca");
        } else {
            refuseIf(
                    clientCa.isEmpty(),
                    "client-auth needs raftgres.tls.client-ca, a file with the CAs of clients' certificates");
        }
        CertificateFiles clients = tls.mode() == Mode.OFF
                ? null
                : new CertificateFiles(
                        required(tls.cert(), "cert", "mode"),
                        required(tls.key(), "key", "mode"),
                        clientCa,
                        peerCa,
                        path(tls.crl()),
                        path(tls.peerCrl()),
                        null,
                        names(tls.allowedNames()));
        CertificateFiles peers = tls.peerMode() == Mode.OFF
                ? null
                : new CertificateFiles(
                        required(tls.peerCert(), "peer-cert", "peer-mode"),
                        required(tls.peerKey(), "peer-key", "peer-mode"),
                        Optional.empty(),
                        Optional.of(required(tls.peerCa(), "peer-ca", "peer-mode")),
                        Optional.empty(),
                        path(tls.peerCrl()),
                        member,
                        Set.of());
        return new TlsOptions(
                tls.mode(), tls.peerMode(), tls.clientAuth(), onlyTls13(tls.minVersion()), clients, peers);
    }

    private static Set<String> names(Optional<List<String>> values) {
        return values.orElse(List.of()).stream()
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toSet());
    }

    private static boolean onlyTls13(String minVersion) {
        return switch (minVersion.strip()) {
            case "1.2" -> false;
            case "1.3" -> true;
            default ->
                throw new IllegalArgumentException(
                        "raftgres.tls.min-version is '" + minVersion + "': set it to 1.2 or 1.3");
        };
    }

    private static Path required(Optional<String> value, String option, String because) {
        return path(value)
                .orElseThrow(() -> new IllegalArgumentException("raftgres.tls." + option
                        + " is not set: it names a PEM file, and raftgres.tls." + because + " needs it"));
    }

    private static Optional<Path> path(Optional<String> value) {
        return value.filter(text -> !text.isBlank())
                .map(text -> Path.of(text.strip()).toAbsolutePath());
    }

    private static void refuseIf(boolean wrong, String what) {
        if (wrong) {
            throw new IllegalArgumentException("raftgres.tls." + what);
        }
    }
}
