package io.raftgres.node.peer;

import io.raftgres.node.config.NodeConfig.Tls.Mode;
import io.raftgres.node.tls.CertificateNames;
import io.raftgres.node.tls.CertificateSet;
import io.raftgres.node.tls.NodeTls;
import io.raftgres.node.tls.PeerCertificates;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** TLS between nodes: version 1.3 alone, and each side shows a certificate. */
final class PeerEncryption {

    /** The first byte of a TLS connection (RFC 8446, section 5.1), and of no hello. */
    static final int HANDSHAKE_RECORD = 0x16;

    private static final String[] VERSIONS = {"TLSv1.3"};
    private static final String[] GROUPS = {"secp256r1", "x25519", "secp384r1"};

    private final NodeTls tls;

    PeerEncryption(NodeTls tls) {
        this.tls = tls;
    }

    boolean isOff() {
        return mode() == Mode.OFF;
    }

    boolean isRequired() {
        return mode() == Mode.REQUIRED;
    }

    private Mode mode() {
        return tls.options().peerMode();
    }

    /** @param listener called with each new set of certificates */
    void onChange(Consumer<CertificateSet> listener) {
        if (!isOff()) {
            tls.peers().onChange(listener);
        }
    }

    void forget(Consumer<CertificateSet> listener) {
        if (!isOff()) {
            tls.peers().forget(listener);
        }
    }

    /** @param address {@code host:port} of the peer, whose certificate must have this host among its names */
    EncryptedChannel dialled(SocketChannel channel, String address) {
        int colon = address.lastIndexOf(':');
        String host = address.substring(0, colon).replaceAll("[\\[\\]]", "");
        int port = Integer.parseInt(address, colon + 1, address.length(), 10);
        SSLEngine engine = tls.peers().current().context().createSSLEngine(host, port);
        engine.setUseClientMode(true);
        SSLParameters parameters = parameters(engine.getSSLParameters());
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        return new EncryptedChannel(channel, engine);
    }

    /**
     * @param consumed the bytes that were read from the socket already
     * @return in the server's role, before its handshake
     */
    SSLSocket accepted(Socket socket, byte[] consumed) throws IOException {
        SSLSocket encrypted = (SSLSocket) tls.peers()
                .current()
                .context()
                .getSocketFactory()
                .createSocket(socket, new ByteArrayInputStream(consumed), true);
        encrypted.setUseClientMode(false);
        SSLParameters parameters = parameters(encrypted.getSSLParameters());
        parameters.setNeedClientAuth(true);
        encrypted.setSSLParameters(parameters);
        return encrypted;
    }

    private static SSLParameters parameters(SSLParameters parameters) {
        parameters.setProtocols(VERSIONS);
        parameters.setNamedGroups(GROUPS);
        return parameters;
    }

    /**
     * @param certificates those that the sender has shown; empty on a plain connection
     * @param sender the name in its hello
     * @param member the name of the member with the id in its hello; null when there is none
     * @return why the sender is not who it says; null when it is
     */
    static String objection(List<X509Certificate> certificates, String sender, String member) {
        if (certificates.isEmpty()) {
            return null;
        }
        CertificateNames names = CertificateNames.of(certificates.getFirst());
        if (!names.isOf(sender)) {
            return "the certificate of '" + sender + "' names " + names.members()
                    + ": give the node a certificate with its own name";
        }
        return member == null || names.isOf(member)
                ? null
                : "the certificate names " + names.members() + ", and the sender claims to be member '" + member + "'";
    }

    /** @return why these certificates are refused by now; null when they are not */
    static String refusal(List<X509Certificate> certificates, PeerCertificates trusted) {
        return certificates.isEmpty() ? null : trusted.refusal(certificates);
    }
}
