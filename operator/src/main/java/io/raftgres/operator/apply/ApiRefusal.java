package io.raftgres.operator.apply;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusDetails;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.raftgres.operator.model.RefusedWrite.Reason;
import java.net.HttpURLConnection;

/** Reads from an error of the API server what it means for a write. */
public final class ApiRefusal {

    private static final int UNPROCESSABLE = 422;
    private static final int TOO_MANY_REQUESTS = 429;

    private ApiRefusal() {}

    /** @return whether the object is not as it was when the write was planned: then the operator plans again */
    public static boolean isStateChange(KubernetesClientException e) {
        return e.getCode() == HttpURLConnection.HTTP_CONFLICT || isFailedTest(e);
    }

    /**
     * Whether the {@code test} of a JSON patch failed. The API server then names neither an object nor a field, and
     * does so in every refusal of a validation; a webhook names itself.
     */
    private static boolean isFailedTest(KubernetesClientException e) {
        Status status = e.getStatus();
        if (e.getCode() != UNPROCESSABLE || status == null || !"Invalid".equals(status.getReason())) {
            return false;
        }
        StatusDetails details = status.getDetails();
        boolean namesNothing = details == null
                || details.getName() == null
                        && (details.getCauses() == null || details.getCauses().isEmpty());
        return namesNothing && !sentence(e).contains("denied the request");
    }

    /** @return whether the API server could not be reached at all */
    static boolean isUnreachable(KubernetesClientException e) {
        return e.getCode() <= 0;
    }

    static Reason reason(KubernetesClientException e) {
        boolean passes = e.getCode() == HttpURLConnection.HTTP_CONFLICT
                || e.getCode() == TOO_MANY_REQUESTS
                || e.getCode() == HttpURLConnection.HTTP_CLIENT_TIMEOUT
                || e.getCode() < HttpURLConnection.HTTP_BAD_REQUEST
                || e.getCode() >= HttpURLConnection.HTTP_INTERNAL_ERROR;
        return passes ? Reason.FAILED : Reason.REFUSED;
    }

    /** @return the API server's own sentence, on one line */
    static String sentence(KubernetesClientException e) {
        Status status = e.getStatus();
        return oneLine(
                status == null
                                || status.getMessage() == null
                                || status.getMessage().isBlank()
                        ? e.getMessage()
                        : status.getMessage());
    }

    /** @return the text on one line, without a period at its end */
    static String oneLine(String text) {
        return String.valueOf(text).strip().replaceAll("\\s+", " ").replaceFirst("\\.$", "");
    }
}
