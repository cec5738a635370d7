package io.raftgres.client;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * TLS of a client, from PEM files.
 *
 * @param cacert CAs of the nodes' certificates; null: those that the JDK knows
 * @param cert this client's certificate; null: none
 * @param key its private key
 * @param skipVerify whether any certificate of a node is good
 */
record ClientTls(Path cacert, Path cert, Path key, boolean skipVerify) {

    static final ClientTls NONE = new ClientTls(null, null, null, false);

    private static final char[] IN_MEMORY = "in memory".toCharArray();

    ClientTls {
        if ((cert == null) != (key == null)) {
            throw new IllegalArgumentException("a client's certificate needs its key, and a key its certificate");
        }
    }

    boolean isDefault() {
        return equals(NONE);
    }

    /** Reads the files. @throws IllegalArgumentException when one of them cannot be used; the message names it */
    SSLContext context() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys(), trust(), new SecureRandom());
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("no TLS with these files: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private KeyManager[] keys() throws GeneralSecurityException, IOException {
        if (cert == null) {
            return new KeyManager[0];
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                "client", PemKey.read(key), IN_MEMORY, certificates(cert).toArray(Certificate[]::new));
        KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
        factory.init(store, IN_MEMORY);
        return factory.getKeyManagers();
    }

    private TrustManager[] trust() throws GeneralSecurityException, IOException {
        if (skipVerify) {
            return new TrustManager[] {new TrustsAll()};
        }
        if (cacert == null) {
            return null;
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        int number = 0;
        for (X509Certificate each : certificates(cacert)) {
            store.setCertificateEntry("ca-" + number++, each);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static List<X509Certificate> certificates(Path path) throws GeneralSecurityException, IOException {
        List<X509Certificate> all = new ArrayList<>();
        Collection<? extends Certificate> found;
        try {
            found = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(path)));
        } catch (IOException e) {
            throw new IllegalArgumentException("the file of certificates cannot be read: " + e, e);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(path + " is no PEM file of certificates: " + e.getMessage(), e);
        }
        found.forEach(each -> all.add((X509Certificate) each));
        if (all.isEmpty()) {
            throw new IllegalArgumentException(path + " has no certificate");
        }
        return all;
    }

    /** An extended trust manager, because the JDK adds the check of host names to others. */
    private static final class TrustsAll extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
