package io.raftgres.operator.check;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Asks the API server whether it serves RaftClusters, and the operator whether it is ready. Any service account may ask
 * this, and it needs only a JDK. Exit codes: 0 both checks passed; 1 a check failed, and standard error says what to
 * do; 2 wrong usage.
 */
public final class InstallationCheck {

    private static final Path ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");
    private static final String API = "/apis/raftgres.io/v1alpha1";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private InstallationCheck() {}

    /** @param arguments the operator's address, such as {@code http://raftgres-operator.raftgres-system.svc:8080} */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 1) {
            System.err.println("usage: InstallationCheck OPERATOR_URL");
            System.exit(2);
        }
        boolean good = says(
                        "the API server serves " + API,
                        apiServer(),
                        "\"raftclusters\"",
                        "install the CustomResourceDefinition: set crds.enabled=true, or run kubectl apply"
                                + " --server-side -f crds/")
                & says(
                        "the operator is ready",
                        ask(HttpClient.newBuilder(), arguments[0] + "/q/health/ready", null),
                        "\"UP\"",
                        "see the operator's log: kubectl logs deployment/raftgres-operator");
        System.exit(good ? 0 : 1);
    }

    private interface Question {
        /** @return the HTTP status and the body of the response */
        String ask() throws IOException, InterruptedException;
    }

    /** Asks until the response contains the word, or the time limit is over. */
    private static boolean says(String what, Question question, String word, String help) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        String response;
        do {
            try {
                response = question.ask();
                if (response.startsWith("200 ") && response.contains(word)) {
                    System.out.println("ok: " + what);
                    return true;
                }
            } catch (IOException e) {
                response = e.toString();
            }
            Thread.sleep(Duration.ofSeconds(1));
        } while (System.nanoTime() < end);
        System.err.println("failed: " + what + "\n  the response was: " + response + "\n  " + help);
        return false;
    }

    private static Question apiServer() throws IOException, GeneralSecurityException {
        String host = System.getenv("KUBERNETES_SERVICE_HOST");
        String address = "https://" + (host.contains(":") ? "[" + host + "]" : host) + ":"
                + System.getenv("KUBERNETES_SERVICE_PORT") + API;
        return ask(
                HttpClient.newBuilder().sslContext(trusting(ACCOUNT.resolve("ca.crt"))),
                address,
                Files.readString(ACCOUNT.resolve("token")).strip());
    }

    private static Question ask(HttpClient.Builder builder, String address, String token) {
        HttpClient client = builder.connectTimeout(TIMEOUT).build();
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(address)).timeout(TIMEOUT);
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return () -> {
            var response = client.send(request.build(), BodyHandlers.ofString());
            return response.statusCode() + " " + response.body();
        };
    }

    private static SSLContext trusting(Path authorities) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(authorities)) {
            int i = 0;
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("authority" + i++, each);
            }
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
