package io.raftgres.node.tls;

/**
 * Who is at the other end of a connection, as its verified certificate says.
 *
 * @param node whether the certificate is of the cluster's CA: such a certificate is a node's and never a user's
 */
public record VerifiedCertificate(boolean node, CertificateNames names) {

    /** @return the CN of a user's certificate; null for a node, and for a certificate without a CN */
    public String user() {
        return node ? null : names.commonName();
    }
}
