package io.raftgres.node.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the blocks of PEM files (RFC 7468). Text around the blocks is ignored. */
final class PemText {

    /** @param label such as CERTIFICATE */
    record Block(String label, byte[] bytes) {}

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

    private PemText() {}

    /** One char for each byte, so that DER survives as well. */
    static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    static List<Block> blocks(Path path, String text) throws IOException {
        List<Block> blocks = new ArrayList<>();
        Matcher found = BLOCK.matcher(text);
        while (found.find()) {
            if (found.group(1).startsWith("ENCRYPTED") || found.group(2).contains("ENCRYPTED")) {
                throw new IOException(path + " holds an encrypted key, and the node has no password for it. Decrypt it"
                        + " with 'openssl pkey', and let only the node's user read the file");
            }
            try {
                blocks.add(new Block(
                        found.group(1),
                        Base64.getMimeDecoder().decode(found.group(2).strip())));
            } catch (IllegalArgumentException e) {
                throw new IOException(path + " has a block " + found.group(1) + " that is no base64", e);
            }
        }
        return blocks;
    }

    /** @return at least one */
    static List<X509Certificate> certificates(Path path, String text) throws IOException {
        List<X509Certificate> certificates = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Block block : blocks(path, text)) {
                if (block.label().equals("CERTIFICATE")) {
                    certificates.add(
                            (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.bytes())));
                }
            }
        } catch (CertificateException e) {
            throw new IOException(path + " has a block CERTIFICATE that is none: " + e.getMessage(), e);
        }
        if (certificates.isEmpty()) {
            throw new IOException(path + " has no block CERTIFICATE: it must be a PEM file of certificates");
        }
        return certificates;
    }

    /** @param text PEM blocks, or one list as DER; an empty file revokes nothing */
    static List<X509CRL> revocationLists(Path path, String text) throws IOException {
        List<X509CRL> lists = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Block block : blocks(path, text)) {
                if (block.label().equals("X509 CRL")) {
                    lists.add((X509CRL) factory.generateCRL(new ByteArrayInputStream(block.bytes())));
                }
            }
            if (lists.isEmpty() && !text.isBlank()) {
                lists.add((X509CRL)
                        factory.generateCRL(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1))));
            }
        } catch (CertificateException | CRLException e) {
            throw new IOException(path + " is no certificate revocation list: " + e.getMessage(), e);
        }
        return lists;
    }
}
