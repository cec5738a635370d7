package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.model.RefusedWrite.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Only a failed precondition leads to a new plan. The files are responses of an API server of Kubernetes 1.37. */
class ApiRefusalTest {

    private static KubernetesClientException response(String file) {
        try (InputStream in = ApiRefusalTest.class.getResourceAsStream("/refusals/" + file + ".json")) {
            return new KubernetesClientException(Serialization.unmarshal(in, Status.class));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "failed-test, true",
        "failed-test-of-claim, true",
        "failed-precondition, true",
        "requests-over-limits, false",
        "invalid-label, false",
        "claim-shrinks, false",
        "quota, false",
        "class-without-expansion, false",
        "role, false",
        "namespace-missing, false",
        "namespace-terminating, false",
        "unknown-type, false"
    })
    void onlyAFailedPreconditionIsAChangeOfTheState(String file, boolean changed) {
        assertEquals(changed, ApiRefusal.isStateChange(response(file)));
    }

    @Test
    void aWebhookThatRefusesWith422IsNoChangeOfTheState() {
        Status status = new Status();
        status.setCode(422);
        status.setReason("Invalid");
        status.setMessage("admission webhook \"policy.example.com\" denied the request: no");
        assertEquals(false, ApiRefusal.isStateChange(new KubernetesClientException(status)));
    }

    @ParameterizedTest
    @CsvSource({"quota, REFUSED", "requests-over-limits, REFUSED", "role, REFUSED", "unknown-type, FAILED"})
    void whatTheApiServerCannotDoNowIsTriedAgain(String file, Reason reason) {
        assertEquals(reason, ApiRefusal.reason(response(file)));
    }

    @Test
    void theSentenceIsTheApiServersOwnOnOneLine() {
        assertTrue(ApiRefusal.sentence(response("quota")).startsWith("persistentvolumeclaims \"g\" is forbidden"));
        assertEquals("a b", ApiRefusal.oneLine(" a\n b. "));
    }
}
