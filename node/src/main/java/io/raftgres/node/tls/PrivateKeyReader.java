package io.raftgres.node.tls;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Reads a private key: PKCS#8, PKCS#1 (RSA) or SEC 1 (EC), the three forms in which openssl and Go write keys. */
final class PrivateKeyReader {

    private static final byte[] RSA = {
        0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00
    };
    private static final byte[] EC_PUBLIC_KEY = {0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01};
    private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};
    /** P-256, P-384 and P-521, by the bytes of a key: some programs leave the name of the curve out. */
    private static final Map<Integer, byte[]> CURVES = Map.of(
            32, new byte[] {0x06, 0x08, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x03, 0x01, 0x07},
            48, new byte[] {0x06, 0x05, 0x2b, (byte) 0x81, 0x04, 0x00, 0x22},
            66, new byte[] {0x06, 0x05, 0x2b, (byte) 0x81, 0x04, 0x00, 0x23});

    private static final int SEQUENCE = 0x30;
    private static final int INTEGER = 0x02;
    private static final int OCTETS = 0x04;
    private static final int PARAMETERS = 0xa0;
    private static final List<String> ALGORITHMS = List.of("EC", "RSA", "EdDSA", "RSASSA-PSS");

    private PrivateKeyReader() {}

    static PrivateKey read(Path path, String text) throws IOException {
        PrivateKey key = null;
        for (PemText.Block block : PemText.blocks(path, text)) {
            byte[] pkcs8 = switch (block.label()) {
                case "PRIVATE KEY" -> block.bytes();
                case "RSA PRIVATE KEY" -> wrap(RSA, block.bytes());
                case "EC PRIVATE KEY" -> wrap(curve(path, block.bytes()), block.bytes());
                default -> null;
            };
            if (pkcs8 != null && key != null) {
                throw new IOException(path + " holds more than one private key");
            }
            key = pkcs8 == null ? key : decode(path, pkcs8);
        }
        if (key == null) {
            throw new IOException(path + " has no block PRIVATE KEY: it must be a PEM file (PKCS#8, or PKCS#1 for RSA,"
                    + " or SEC 1 for EC)");
        }
        return key;
    }

    private static PrivateKey decode(Path path, byte[] pkcs8) throws IOException {
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (InvalidKeySpecException e) {
                // The next algorithm may fit.
            } catch (GeneralSecurityException e) {
                throw new IOException(path + " cannot be read as a key: " + e.getMessage(), e);
            }
        }
        throw new IOException(path + " holds no key of RSA, EC (P-256, P-384, P-521) or Ed25519");
    }

    private static byte[] wrap(byte[] algorithm, byte[] key) {
        return element(SEQUENCE, join(VERSION_0, algorithm, element(OCTETS, key)));
    }

    /**
     * RFC 5915: SEQUENCE { version, privateKey OCTET STRING, [0] curve (optional), ... }.
     *
     * @return the algorithm's identifier with the curve of this key
     */
    private static byte[] curve(Path path, byte[] sec1) throws IOException {
        try {
            int[] at = {0};
            enter(sec1, at, SEQUENCE);
            int versionBytes = enter(sec1, at, INTEGER);
            at[0] += versionBytes;
            int keyBytes = enter(sec1, at, OCTETS);
            at[0] += keyBytes;
            byte[] curve = CURVES.get(keyBytes);
            if (at[0] < sec1.length && (sec1[at[0]] & 0xff) == PARAMETERS) {
                int length = enter(sec1, at, PARAMETERS);
                curve = Arrays.copyOfRange(sec1, at[0], at[0] + length);
            }
            if (curve != null) {
                return element(SEQUENCE, join(EC_PUBLIC_KEY, curve));
            }
        } catch (IndexOutOfBoundsException e) {
            // Not of this form.
        }
        throw new IOException(path + " holds an EC key that cannot be read: convert it with 'openssl pkey'");
    }

    /** Moves to the content of the next element. @return the length of the content */
    private static int enter(byte[] der, int[] at, int tag) {
        if ((der[at[0]] & 0xff) != tag) {
            throw new IndexOutOfBoundsException();
        }
        int length = der[at[0] + 1] & 0xff;
        at[0] += 2;
        if (length > 0x80) {
            int bytes = length - 0x80;
            length = 0;
            for (int i = 0; i < bytes && i < 3; i++) {
                length = length << 8 | der[at[0]++] & 0xff;
            }
        }
        if (length > der.length - at[0]) {
            throw new IndexOutOfBoundsException();
        }
        return length;
    }

    private static byte[] element(int tag, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else {
            out.write(0x82);
            out.write(content.length >> 8);
            out.write(content.length);
        }
        out.writeBytes(content);
        return out.toByteArray();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
