package io.raftgres.node.tls;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509KeyManager;
import javax.net.ssl.X509TrustManager;

/** Makes the JDK's contexts. */
final class TlsContexts {

    private static final char[] IN_MEMORY = "in memory".toCharArray();

    static {
        // No tickets: each connection shows its certificate. The JDK reads these once, when it first uses TLS.
        setUnlessSet("jdk.tls.server.newSessionTicketCount", "0");
        setUnlessSet("jdk.tls.rejectClientInitiatedRenegotiation", "true");
    }

    private TlsContexts() {}

    private static void setUnlessSet(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** What servers of other libraries are made of; they have contexts of their own. */
    record Managers(X509KeyManager keys, X509TrustManager trust) {}

    static Managers managers(List<X509Certificate> chain, PrivateKey key, PeerCertificates trusted) throws IOException {
        try {
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry("node", key, IN_MEMORY, chain.toArray(Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
            keys.init(own, IN_MEMORY);
            return new Managers((X509KeyManager) keys.getKeyManagers()[0], new Judge(authorities(trusted), trusted));
        } catch (GeneralSecurityException e) {
            throw new IOException("no TLS with this certificate and key: " + e.getMessage(), e);
        }
    }

    static SSLContext context(Managers managers) throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {managers.keys()}, new TrustManager[] {managers.trust()}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("no TLS with this certificate and key: " + e.getMessage(), e);
        }
    }

    private static X509ExtendedTrustManager authorities(PeerCertificates trusted)
            throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        int number = 0;
        for (X509Certificate each : trusted.authorities()) {
            store.setCertificateEntry("ca-" + number++, each);
        }
        if (number == 0) {
            return null;
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    }

    /** Adds revocation lists, and the refusal of broken hashes, to the JDK's own check. */
    private static final class Judge extends X509ExtendedTrustManager {

        /** Null when nothing is trusted. */
        private final X509ExtendedTrustManager paths;

        private final PeerCertificates trusted;

        Judge(X509ExtendedTrustManager paths, PeerCertificates trusted) {
            this.paths = paths;
            this.trusted = trusted;
        }

        private X509ExtendedTrustManager paths() throws CertificateException {
            if (paths == null) {
                throw new CertificateException("no CA is configured here, so no certificate is trusted");
            }
            return paths;
        }

        private void judge(X509Certificate[] chain) throws CertificateException {
            String refusal = trusted.refusal(Arrays.asList(chain));
            if (refusal != null) {
                throw new CertificateException(refusal);
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            paths().checkClientTrusted(chain, type, engine);
            judge(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            paths().checkServerTrusted(chain, type, engine);
            judge(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            paths().checkClientTrusted(chain, type, socket);
            judge(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            paths().checkServerTrusted(chain, type, socket);
            judge(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            paths().checkClientTrusted(chain, type);
            judge(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            paths().checkServerTrusted(chain, type);
            judge(chain);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return paths == null ? new X509Certificate[0] : paths.getAcceptedIssuers();
        }
    }
}
