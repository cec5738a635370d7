package io.raftgres.node.tls;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** Judges the certificate of the other side by CAs and revocation lists. Immutable. */
public final class PeerCertificates {

    private static final String WEAK_SHA1 = "SHA1";
    private static final String WEAK_MD5 = "MD5";

    private final Set<X509Certificate> clientCas;
    private final Set<X509Certificate> clusterCas;
    private final List<X509CRL> revoked;
    private final Set<String> allowedNames;

    /** @param allowedNames names of which a user's certificate must have one; empty: any name */
    PeerCertificates(
            List<X509Certificate> clientCas,
            List<X509Certificate> clusterCas,
            List<X509CRL> revoked,
            Set<String> allowedNames) {
        this.allowedNames = Set.copyOf(allowedNames);
        this.clientCas = Set.copyOf(clientCas);
        this.clusterCas = Set.copyOf(clusterCas);
        this.revoked = List.copyOf(revoked);
    }

    Set<X509Certificate> authorities() {
        return Stream.concat(clientCas.stream(), clusterCas.stream()).collect(Collectors.toSet());
    }

    /** @return the SHA-256 of each trusted CA, sorted, in hexadecimal digits */
    public List<String> fingerprints() {
        return authorities().stream().map(CertificateSet::fingerprint).sorted().toList();
    }

    /**
     * Judges a certificate whose validity in time and whose use have been checked before. An open connection does not
     * end when its certificate expires, but it does when its CA is removed, or when it is revoked.
     *
     * @return null when it is accepted, otherwise a sentence
     */
    public String refusal(List<X509Certificate> chain) {
        String weak = weakOrRevoked(chain);
        if (weak != null) {
            return weak;
        }
        try {
            VerifiedCertificate found = verified(chain);
            return allowedNames.isEmpty() || found.node() || found.names().matchesAny(allowedNames)
                    ? null
                    : "its certificate '" + subject(chain) + "' has none of the names in raftgres.tls.allowed-names";
        } catch (GeneralSecurityException e) {
            return "its certificate '" + subject(chain) + "' is of no trusted CA: " + e.getMessage();
        }
    }

    /** @return null when no certificate of the chain is revoked or signed with a broken hash */
    private String weakOrRevoked(List<X509Certificate> chain) {
        for (X509Certificate each : chain) {
            String algorithm = each.getSigAlgName();
            boolean isRoot = each.getSubjectX500Principal().equals(each.getIssuerX500Principal());
            if (!isRoot && (algorithm.startsWith(WEAK_SHA1) || algorithm.startsWith(WEAK_MD5))) {
                return "its certificate '" + each.getSubjectX500Principal().getName() + "' is signed with " + algorithm
                        + ", which is broken";
            }
            for (X509CRL list : revoked) {
                if (list.getIssuerX500Principal().equals(each.getIssuerX500Principal()) && list.isRevoked(each)) {
                    return "its certificate '" + each.getSubjectX500Principal().getName() + "' is revoked";
                }
            }
        }
        return null;
    }

    private X509Certificate anchor(List<X509Certificate> chain) throws GeneralSecurityException {
        Set<TrustAnchor> anchors = new HashSet<>();
        authorities().forEach(each -> anchors.add(new TrustAnchor(each, null)));
        X509CertSelector target = new X509CertSelector();
        target.setCertificate(chain.getFirst());
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, target);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(chain)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(chain.stream()
                .map(X509Certificate::getNotBefore)
                .max(Date::compareTo)
                .orElseThrow());
        PKIXCertPathBuilderResult built =
                (PKIXCertPathBuilderResult) CertPathBuilder.getInstance("PKIX").build(parameters);
        return built.getTrustAnchor().getTrustedCert();
    }

    /**
     * The one place that says whose certificate a connection has. Callers are made of this alone.
     *
     * @param session of a connection whose handshake is complete
     * @return null when the other side has shown no certificate
     */
    public VerifiedCertificate verified(SSLSession session) {
        List<X509Certificate> chain = chain(session);
        if (chain.isEmpty()) {
            return null;
        }
        try {
            return verified(chain);
        } catch (GeneralSecurityException e) {
            return null;
        }
    }

    private VerifiedCertificate verified(List<X509Certificate> chain) throws GeneralSecurityException {
        CertificateNames names = CertificateNames.of(chain.getFirst());
        X509Certificate anchor = anchor(chain);
        // One CA may serve for both: then a node is recognised by its URI.
        boolean node = clusterCas.contains(anchor) && (!clientCas.contains(anchor) || names.memberUri() != null);
        return new VerifiedCertificate(node, names);
    }

    /** @return a sentence when a revocation list should have been replaced before now, otherwise null */
    String outdated(Instant now) {
        return revoked.stream()
                .filter(list ->
                        list.getNextUpdate() != null && list.getNextUpdate().before(Date.from(now)))
                .map(list -> "the revocation list of "
                        + list.getIssuerX500Principal().getName() + " is out of date since "
                        + list.getNextUpdate().toInstant() + ", and is used still: replace it")
                .findFirst()
                .orElse(null);
    }

    /** @return the certificates that the other side has shown; empty when it has shown none */
    public static List<X509Certificate> chain(SSLSession session) {
        List<X509Certificate> chain = new ArrayList<>();
        try {
            for (java.security.cert.Certificate each : session.getPeerCertificates()) {
                chain.add((X509Certificate) each);
            }
        } catch (SSLPeerUnverifiedException e) {
            return List.of();
        }
        return chain;
    }

    private static String subject(List<X509Certificate> chain) {
        return chain.getFirst().getSubjectX500Principal().getName();
    }
}
