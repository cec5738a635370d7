package io.raftgres.node.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509KeyManager;
import javax.net.ssl.X509TrustManager;

/** A node's certificate with its key, its CAs and its revocation lists: read together, and checked. Immutable. */
public final class CertificateSet {

    private final List<X509Certificate> chain;
    private final PeerCertificates trusted;
    private final TlsContexts.Managers managers;
    private final SSLContext context;

    private CertificateSet(List<X509Certificate> chain, PrivateKey key, PeerCertificates trusted) throws IOException {
        this.chain = List.copyOf(chain);
        this.trusted = trusted;
        this.managers = TlsContexts.managers(chain, key, trusted);
        this.context = TlsContexts.context(managers);
    }

    /**
     * Checks the set: the key fits, the chain is in order, the certificate is valid now, and CAs have signed the lists.
     *
     * @throws IOException with a message that names the file and the remedy
     */
    static CertificateSet of(CertificateFiles files, Map<Path, String> contents, Instant now) throws IOException {
        List<X509Certificate> chain = PemText.certificates(files.cert(), contents.get(files.cert()));
        PrivateKey key = PrivateKeyReader.read(files.key(), contents.get(files.key()));
        requireFits(files, chain.getFirst(), key);
        requireOrder(files.cert(), chain);
        requireValid(files.cert(), chain, now);
        List<X509Certificate> clientCas = authorities(files.clientCa(), contents, now);
        List<X509Certificate> clusterCas = authorities(files.clusterCa(), contents, now);
        List<X509Certificate> signers = new ArrayList<>(clientCas);
        signers.addAll(clusterCas);
        signers.addAll(chain.subList(1, chain.size()));
        List<X509CRL> lists = new ArrayList<>(revoked(files.clientCrl(), contents, signers));
        lists.addAll(revoked(files.clusterCrl(), contents, signers));
        PeerCertificates trusted = new PeerCertificates(clientCas, clusterCas, lists, files.allowedNames());
        // Peers verify each other by the same CAs; the certificate for clients may come from any CA.
        if (files.member() != null) {
            CertificateNames names = CertificateNames.of(chain.getFirst());
            if (!names.isOf(files.member())) {
                throw new IOException(files.cert() + " names " + names.members() + ", and this node is '"
                        + files.member() + "': other members would refuse it. Its CN, the first label of a DNS name, or"
                        + " the URI raftgres:" + files.member() + " must be its name");
            }
            String refusal = trusted.refusal(chain);
            if (refusal != null) {
                throw new IOException(files.cert() + " is not signed by a CA in "
                        + files.clusterCa().orElse(null) + ", so other members would refuse it: " + refusal);
            }
        }
        return new CertificateSet(chain, key, trusted);
    }

    private static void requireFits(CertificateFiles files, X509Certificate leaf, PrivateKey key) throws IOException {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            case "EdDSA" -> "EdDSA";
            default -> null;
        };
        if (algorithm == null) {
            return;
        }
        boolean fits;
        try {
            byte[] text = {1, 2, 3};
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(leaf.getPublicKey());
            signature.update(text);
            fits = signature.verify(signed);
        } catch (GeneralSecurityException e) {
            fits = false;
        }
        if (!fits) {
            throw new IOException(files.key() + " is not the key of the first certificate in " + files.cert()
                    + ": replace both files together");
        }
    }

    private static void requireOrder(Path path, List<X509Certificate> chain) throws IOException {
        for (int i = 0; i + 1 < chain.size(); i++) {
            if (!isSignedBy(chain.get(i), chain.get(i + 1))) {
                throw new IOException(path + " has certificates out of order: number " + (i + 2)
                        + " has not signed number " + (i + 1)
                        + ". The node's own certificate must be the first one, each CA after what it has signed");
            }
        }
    }

    private static boolean isSignedBy(X509Certificate certificate, X509Certificate issuer) {
        try {
            certificate.verify(issuer.getPublicKey());
            return certificate.getIssuerX500Principal().equals(issuer.getSubjectX500Principal());
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static void requireValid(Path path, List<X509Certificate> chain, Instant now) throws IOException {
        for (X509Certificate each : chain) {
            if (each.getNotAfter().toInstant().isBefore(now)) {
                throw new IOException(path + " has a certificate that expired at "
                        + each.getNotAfter().toInstant() + ": renew it");
            }
            if (each.getNotBefore().toInstant().isAfter(now)) {
                throw new IOException(path + " has a certificate that is not valid before "
                        + each.getNotBefore().toInstant() + ": check this machine's clock");
            }
        }
    }

    private static List<X509Certificate> authorities(Optional<Path> file, Map<Path, String> contents, Instant now)
            throws IOException {
        if (file.isEmpty()) {
            return List.of();
        }
        List<X509Certificate> valid = new ArrayList<>();
        for (X509Certificate each : PemText.certificates(file.get(), contents.get(file.get()))) {
            if (each.getVersion() >= 3 && each.getBasicConstraints() < 0) {
                throw new IOException(file.get() + " has a certificate that is no CA ("
                        + each.getSubjectX500Principal().getName() + "): remove it");
            }
            // A bundle may have the former CA still.
            if (!each.getNotAfter().before(Date.from(now))) {
                valid.add(each);
            }
        }
        if (valid.isEmpty()) {
            throw new IOException(file.get() + " has expired CAs alone: replace them");
        }
        return valid;
    }

    private static List<X509CRL> revoked(Optional<Path> file, Map<Path, String> contents, List<X509Certificate> signers)
            throws IOException {
        if (file.isEmpty()) {
            return List.of();
        }
        List<X509CRL> lists = PemText.revocationLists(file.get(), contents.get(file.get()));
        for (X509CRL list : lists) {
            if (signers.stream().noneMatch(signer -> isSignedBy(list, signer))) {
                throw new IOException(file.get() + " has a revocation list of "
                        + list.getIssuerX500Principal().getName() + " which none of the CAs has signed");
            }
        }
        return lists;
    }

    private static boolean isSignedBy(X509CRL list, X509Certificate issuer) {
        try {
            list.verify(issuer.getPublicKey());
            return list.getIssuerX500Principal().equals(issuer.getSubjectX500Principal());
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** @return for servers and clients of this set; sessions of another set cannot be resumed in it */
    public SSLContext context() {
        return context;
    }

    /** @return how certificates of the other side are judged */
    public PeerCertificates trusted() {
        return trusted;
    }

    /** @return the end of the validity of this node's certificate */
    public Instant expires() {
        return chain.getFirst().getNotAfter().toInstant();
    }

    /** @return the SHA-256 of this node's certificate, in hexadecimal digits */
    public String fingerprint() {
        return fingerprint(chain.getFirst());
    }

    static String fingerprint(X509Certificate certificate) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256, and a parsed certificate its encoding", e);
        }
    }

    /** @return this node's certificate, and the intermediate ones after it */
    public List<X509Certificate> chain() {
        return chain;
    }

    /** @return shows this node's certificate */
    public X509KeyManager keyManager() {
        return managers.keys();
    }

    /** @return judges certificates of the other side */
    public X509TrustManager trustManager() {
        return managers.trust();
    }
}
