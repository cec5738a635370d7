package io.raftgres.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a private key of a client: PKCS#8, in PEM. */
final class PemKey {

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z ]*PRIVATE KEY)-----(.*?)-----END \\1-----", Pattern.DOTALL);

    private PemKey() {}

    static PrivateKey read(Path path) throws GeneralSecurityException {
        String text;
        try {
            text = Files.readString(path, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new IllegalArgumentException("the key cannot be read: " + e, e);
        }
        Matcher found = BLOCK.matcher(text);
        if (!found.find()) {
            throw new IllegalArgumentException(path + " has no private key: it must be a PEM file");
        }
        if (!found.group(1).equals("PRIVATE KEY")) {
            throw new IllegalArgumentException(path + " has a block " + found.group(1)
                    + ": convert it with 'openssl pkcs8 -topk8 -nocrypt -in FILE'");
        }
        byte[] bytes = Base64.getMimeDecoder().decode(found.group(2));
        for (String algorithm : List.of("EC", "RSA", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
            } catch (InvalidKeySpecException e) {
                // The next algorithm may fit.
            }
        }
        throw new IllegalArgumentException(path + " holds no key of RSA, EC or Ed25519");
    }
}
