package io.raftgres.e2e.kubernetes;

import static io.raftgres.e2e.kubernetes.Kubernetes.CLIENT;
import static io.raftgres.e2e.kubernetes.Kubernetes.JSON;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.raftgres.e2e.load.Account;
import io.raftgres.e2e.load.Judgement;
import io.raftgres.e2e.load.Main;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Clients in the cluster that write and read all the time, only through {@code http://NAME.NAMESPACE.svc:8081}. When
 * the test closes this, it judges them: no acknowledged write is lost, no read was stale.
 */
final class ClientPod implements AutoCloseable {

    private final String namespace;
    private final String name;

    private ClientPod(String namespace, String name) {
        this.namespace = namespace;
        this.name = name;
    }

    /** Returns when the first writes are acknowledged. */
    static ClientPod start(String namespace, String cluster) throws Exception {
        String name =
                "client-" + Integer.toHexString(ThreadLocalRandom.current().nextInt(0x1000, 0x10000));
        CLIENT.resource("""
                apiVersion: v1
                kind: Pod
                metadata: {name: %s, namespace: %s, labels: {app: e2e-client}}
                spec:
                  automountServiceAccountToken: false
                  terminationGracePeriodSeconds: 0
                  securityContext:
                    {runAsUser: 10001, runAsGroup: 10001, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
                  containers:
                  - name: client
                    image: %s
                    imagePullPolicy: IfNotPresent
                    args: ["http://%s.%s.svc:8081"]
                    ports: [{containerPort: %d}]
                    securityContext:
                      {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
                    resources: {requests: {cpu: 50m, memory: 128Mi}, limits: {memory: 256Mi}}
                    volumeMounts: [{name: tmp, mountPath: /tmp}]
                  volumes: [{name: tmp, emptyDir: {}}]
                """.formatted(name, namespace, Images.CLIENT, cluster, namespace, Main.PORT))
                .create();
        ClientPod pod = new ClientPod(namespace, name);
        Kubernetes.await(
                "the client pod's first writes",
                Duration.ofSeconds(60),
                () -> pod.running() && pod.account().writes() > 20 ? true : null);
        return pod;
    }

    private boolean running() {
        var pod = CLIENT.pods().inNamespace(namespace).withName(name).get();
        return pod != null && "Running".equals(pod.getStatus().getPhase());
    }

    private <T> T ask(String method, String path, Class<T> type) {
        JsonNode response = Kubernetes.askPod(namespace, name, Main.PORT, method, path);
        try {
            return JSON.treeToValue(response, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not understood: " + response, e);
        }
    }

    Account account() {
        return ask("GET", "/account", Account.class);
    }

    /** Restarts the measurement of gaps. */
    void mark() {
        ask("POST", "/mark", Account.class);
    }

    /** Waits for this number of further acknowledged writes. */
    void awaitWrites(int more) throws Exception {
        long wanted = account().writes() + more;
        Kubernetes.await(
                more + " more writes",
                Duration.ofSeconds(60),
                () -> account().lastFailures().toString(),
                () -> account().writes() >= wanted ? true : null);
    }

    interface Operation {
        void run() throws Exception;
    }

    /**
     * Runs an action on the cluster, and prints the longest time without an acknowledged write meanwhile.
     *
     * @param most limit of this time
     */
    void gap(String what, Duration most, Operation operation) throws Exception {
        awaitWrites(20);
        mark();
        int failed = account().failures();
        long begun = System.nanoTime();
        operation.run();
        awaitWrites(100);
        Account account = account();
        System.out.printf(
                "--> %s: %.1f s, longest gap in writes %d ms, %d requests failed%n",
                what, (System.nanoTime() - begun) / 1e9, account.longestGapMillis(), account.failures() - failed);
        assertTrue(
                account.longestGapMillis() <= most.toMillis(),
                () -> what + ": a gap of " + account.longestGapMillis() + " ms; failures: " + account.lastFailures());
    }

    /** Ends the load and judges its history. */
    @Override
    public void close() {
        long writes = account().writes();
        Judgement judgement = ask("POST", "/check", Judgement.class);
        System.out.printf(
                "--> history of %d writes: %s; %d keys of their own, lost %s%n",
                writes, judgement.verdict(), judgement.acknowledged(), judgement.lost());
        assertTrue(judgement.ok(), judgement::toString);
        CLIENT.pods().inNamespace(namespace).withName(name).delete();
    }
}
