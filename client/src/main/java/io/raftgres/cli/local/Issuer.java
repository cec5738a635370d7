package io.raftgres.cli.local;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority: P-256 keys, certificates for one year, its own for five. */
final class Issuer {

    private static final Duration CA_TIME = Duration.ofDays(5 * 365);
    private static final Duration LEAF_TIME = Duration.ofDays(365);

    /** Clocks of machines differ. */
    private static final Duration BEFORE_NOW = Duration.ofMinutes(5);

    private static final int SERIAL_BITS = 128;
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|.*:.*");
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Issued own;

    private Issuer(Issued own) {
        this.own = own;
    }

    /** A certificate with its key. */
    record Issued(X509Certificate certificate, PrivateKey key) {

        /** Writes NAME.crt and NAME.key, the key for the owner's eyes only. @return the file of the certificate */
        Path write(Path directory, String name) throws IOException {
            Files.createDirectories(directory);
            Path cert = directory.resolve(name + ".crt");
            try {
                writeSecret(directory.resolve(name + ".key"), pem("PRIVATE KEY", key.getEncoded()));
                replace(
                        cert,
                        pem("CERTIFICATE", certificate.getEncoded()),
                        Files.createTempFile(directory, name, ".new"));
            } catch (GeneralSecurityException e) {
                throw new IOException(e.getMessage(), e);
            }
            return cert;
        }

        private static void writeSecret(Path file, String text) throws IOException {
            Path fresh =
                    Files.createTempFile(file.getParent(), file.getFileName().toString(), ".new");
            if (Files.getFileStore(fresh).supportsFileAttributeView("posix")) {
                Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
            }
            replace(file, text, fresh);
        }

        private static void replace(Path file, String text, Path fresh) throws IOException {
            Files.writeString(fresh, text);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }

        private static String pem(String label, byte[] bytes) {
            return "-----BEGIN " + label + "-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes) + "\n-----END " + label
                    + "-----\n";
        }
    }

    static Issuer selfSigned(String commonName) throws IOException {
        return new Issuer(issue(null, commonName, CA_TIME, List.of(), List.of()));
    }

    static Issuer read(Path cert, Path key) throws IOException {
        try {
            X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(cert)));
            String text = Files.readString(key, StandardCharsets.ISO_8859_1).replaceAll("-----[A-Z ]+-----", "");
            byte[] bytes = Base64.getMimeDecoder().decode(text.strip());
            PrivateKey read = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(bytes));
            return new Issuer(new Issued(certificate, read));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(cert + " and " + key + " are no CA that 'raftgres' has made: " + e.getMessage(), e);
        }
    }

    Issued own() {
        return own;
    }

    /** @param hosts names and IP addresses */
    Issued node(String name, List<String> hosts) throws IOException {
        List<GeneralName> names = new ArrayList<>();
        for (String host : hosts) {
            boolean address = ADDRESS.matcher(host).matches();
            names.add(new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, host));
        }
        names.add(new GeneralName(GeneralName.uniformResourceIdentifier, "raftgres:" + name));
        return issue(
                own, name, LEAF_TIME, names, List.of(KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth));
    }

    Issued user(String name) throws IOException {
        return issue(own, name, LEAF_TIME, List.of(), List.of(KeyPurposeId.id_kp_clientAuth));
    }

    private static Issued issue(
            Issued issuer, String commonName, Duration time, List<GeneralName> names, List<KeyPurposeId> uses)
            throws IOException {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair pair = generator.generateKeyPair();
            X500Name subject =
                    new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
            X500Name by = issuer == null
                    ? subject
                    : X500Name.getInstance(
                            issuer.certificate().getSubjectX500Principal().getEncoded());
            Instant now = Instant.now();
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    by,
                    new BigInteger(SERIAL_BITS, RANDOM).setBit(SERIAL_BITS - 1),
                    Date.from(now.minus(BEFORE_NOW)),
                    Date.from(now.plus(time)),
                    subject,
                    pair.getPublic());
            JcaX509ExtensionUtils utilities = new JcaX509ExtensionUtils();
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(issuer == null));
            builder.addExtension(
                    Extension.keyUsage,
                    true,
                    new KeyUsage(issuer == null ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature));
            builder.addExtension(
                    Extension.subjectKeyIdentifier, false, utilities.createSubjectKeyIdentifier(pair.getPublic()));
            if (issuer != null) {
                builder.addExtension(
                        Extension.authorityKeyIdentifier,
                        false,
                        utilities.createAuthorityKeyIdentifier(
                                issuer.certificate().getPublicKey()));
                builder.addExtension(
                        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(uses.toArray(KeyPurposeId[]::new)));
            }
            if (!names.isEmpty()) {
                builder.addExtension(
                        Extension.subjectAlternativeName, false, new GeneralNames(names.toArray(GeneralName[]::new)));
            }
            PrivateKey signer = issuer == null ? pair.getPrivate() : issuer.key();
            return new Issued(
                    new JcaX509CertificateConverter()
                            .getCertificate(
                                    builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer))),
                    pair.getPrivate());
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("no certificate could be made: " + e.getMessage(), e);
        }
    }
}
