package io.raftgres.node.tls;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority for tests: root or intermediate. */
public final class TestCa {

    private static final AtomicLong SERIALS = new AtomicLong(1);

    private final Issued own;
    private final List<BigInteger> revoked = new ArrayList<>();

    private TestCa(Issued own) {
        this.own = own;
    }

    /** @param chain the certificate and the intermediate ones after it, without the root */
    public record Issued(List<X509Certificate> chain, PrivateKey key) {

        public X509Certificate certificate() {
            return chain.getFirst();
        }

        /** Replaces both files, each as a whole. */
        public void write(Path cert, Path key) {
            TestCa.write(cert, chain.toArray());
            TestCa.write(key, this.key);
        }

        /** @return a client's context; null for {@code issued}: without a certificate */
        public static SSLContext client(Issued issued, X509Certificate... trusted) {
            try {
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(issued == null ? new KeyManager[0] : issued.keys(), trusting(trusted), null);
                return context;
            } catch (GeneralSecurityException | IOException e) {
                throw new IllegalStateException(e);
            }
        }

        /** @return key managers that show this certificate, whatever the server asks for */
        public KeyManager[] keys() throws GeneralSecurityException, IOException {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("own", key, new char[0], chain.toArray(Certificate[]::new));
            KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
            factory.init(store, new char[0]);
            return new KeyManager[] {new StubbornKeys((X509ExtendedKeyManager) factory.getKeyManagers()[0])};
        }
    }

    public static TestCa root(String name) {
        return new TestCa(new Order(null, name).ca().issue());
    }

    public TestCa intermediate(String name) {
        return new TestCa(order(name).ca().issue());
    }

    public Order order(String commonName) {
        return new Order(this, commonName);
    }

    /** @return a certificate for this machine, for both ends of a connection */
    public Issued node(String name) {
        return order(name)
                .dns("localhost")
                .dns(name)
                .ip("127.0.0.1")
                .uri("raftgres:" + name)
                .issue();
    }

    public Issued user(String name) {
        return order(name).onlyFor(KeyPurposeId.id_kp_clientAuth).issue();
    }

    public X509Certificate certificate() {
        return own.certificate();
    }

    public void revoke(X509Certificate certificate) {
        revoked.add(certificate.getSerialNumber());
    }

    public X509CRL list() {
        return list(Instant.now().plus(Duration.ofDays(1)));
    }

    public X509CRL list(Instant nextUpdate) {
        try {
            X509v2CRLBuilder builder = new X509v2CRLBuilder(
                    new X500Name(certificate().getSubjectX500Principal().getName()),
                    Date.from(Instant.now().minusSeconds(7200)));
            builder.setNextUpdate(Date.from(nextUpdate));
            revoked.forEach(serial -> builder.addCRLEntry(serial, new Date(), CRLReason.keyCompromise));
            return new JcaX509CRLConverter()
                    .getCRL(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(own.key())));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes PEM blocks; the file is replaced as a whole. Keys are written in their oldest form. */
    public static void write(Path path, Object... objects) {
        try (StringWriter text = new StringWriter();
                JcaPEMWriter pem = new JcaPEMWriter(text)) {
            for (Object each : objects) {
                pem.writeObject(each);
            }
            pem.flush();
            writeText(path, text.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void writeText(Path path, String text) {
        try {
            Path next = path.resolveSibling(path.getFileName() + ".next");
            Files.writeString(next, text);
            Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a certificate shall be. */
    public static final class Order {

        private final TestCa issuer;
        private final String commonName;
        private final List<GeneralName> names = new ArrayList<>();
        private Instant from = Instant.now().minus(Duration.ofHours(1));
        private Instant until = Instant.now().plus(Duration.ofDays(1));
        private KeyPurposeId[] uses = {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth};
        private String hash = "SHA256";
        private String algorithm = "EC";
        private int bits = 256;
        private boolean ca;

        private Order(TestCa issuer, String commonName) {
            this.issuer = issuer;
            this.commonName = commonName;
        }

        Order ca() {
            ca = true;
            return this;
        }

        public Order dns(String name) {
            names.add(new GeneralName(GeneralName.dNSName, name));
            return this;
        }

        public Order ip(String address) {
            names.add(new GeneralName(GeneralName.iPAddress, address));
            return this;
        }

        public Order uri(String uri) {
            names.add(new GeneralName(GeneralName.uniformResourceIdentifier, uri));
            return this;
        }

        public Order valid(Instant begin, Instant end) {
            from = begin;
            until = end;
            return this;
        }

        public Order onlyFor(KeyPurposeId... purposes) {
            uses = purposes;
            return this;
        }

        public Order sha1() {
            hash = "SHA1";
            return this;
        }

        public Order rsa() {
            algorithm = "RSA";
            bits = 2048;
            return this;
        }

        public Issued issue() {
            try {
                KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
                generator.initialize(bits);
                KeyPair pair = generator.generateKeyPair();
                X500Name subject = new X500Name("CN=" + commonName);
                X500Name by = issuer == null
                        ? subject
                        : new X500Name(
                                issuer.certificate().getSubjectX500Principal().getName());
                JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                        by,
                        BigInteger.valueOf(SERIALS.incrementAndGet()),
                        Date.from(from),
                        Date.from(until),
                        subject,
                        pair.getPublic());
                builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(ca));
                if (!ca) {
                    builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(uses));
                }
                if (!names.isEmpty()) {
                    builder.addExtension(
                            Extension.subjectAlternativeName,
                            false,
                            new GeneralNames(names.toArray(GeneralName[]::new)));
                }
                PrivateKey signer = issuer == null ? pair.getPrivate() : issuer.own.key();
                X509Certificate certificate = new JcaX509CertificateConverter()
                        .getCertificate(builder.build(new JcaContentSignerBuilder(hash + "withECDSA").build(signer)));
                List<X509Certificate> chain = new ArrayList<>(List.of(certificate));
                if (issuer != null && !isRoot(issuer.certificate())) {
                    chain.addAll(issuer.own.chain());
                }
                return new Issued(chain, pair.getPrivate());
            } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
                throw new IllegalStateException(e);
            }
        }

        private static boolean isRoot(X509Certificate certificate) {
            return certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
        }
    }

    public static TrustManager[] trusting(X509Certificate... trusted) throws GeneralSecurityException, IOException {
        KeyStore anchors = KeyStore.getInstance("PKCS12");
        anchors.load(null, null);
        for (X509Certificate each : trusted) {
            anchors.setCertificateEntry("ca-" + anchors.size(), each);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(anchors);
        return trust.getTrustManagers();
    }
}
