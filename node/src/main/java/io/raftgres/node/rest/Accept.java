package io.raftgres.node.rest;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.Locale;

/** Chooses a media type by the header Accept (RFC 9110, 12.5.1), as far as this API needs it. */
final class Accept {
    private Accept() {}

    /** @throws ProblemException 406 when the client does not take this media type */
    static void require(HttpServerRequest request, String offered) {
        choose(request, offered);
    }

    /**
     * @param offered media types, the preferred one first
     * @return the media type to which the client gives the highest quality; without a header, the preferred one
     * @throws ProblemException 406 when the client takes none of them
     */
    static String choose(HttpServerRequest request, String... offered) {
        String accept = request.getHeader(HttpHeaders.ACCEPT);
        if (accept == null || accept.equals("*/*")) {
            return offered[0];
        }
        String best = null;
        double bestQuality = 0;
        for (String candidate : offered) {
            double quality = quality(accept.toLowerCase(Locale.ROOT), candidate);
            if (quality > bestQuality) {
                best = candidate;
                bestQuality = quality;
            }
        }
        if (best == null) {
            throw new ProblemException(new Problem(
                    Problem.Type.NOT_ACCEPTABLE, "the header Accept allows none of: " + String.join(", ", offered)));
        }
        return best;
    }

    /** The most specific range that covers the type decides, at any place in the header. */
    private static double quality(String accept, String type) {
        int bestRank = 0;
        double quality = 0;
        for (String part : accept.split(",")) {
            String[] fields = part.split(";");
            String range = fields[0].strip();
            int rank = rank(range, type);
            if (rank > bestRank) {
                bestRank = rank;
                quality = quality(fields);
            }
        }
        return quality;
    }

    private static int rank(String range, String type) {
        if (range.equals(type)) {
            return 3;
        }
        if (range.endsWith("/*") && type.startsWith(range.substring(0, range.length() - 1))) {
            return 2;
        }
        return range.equals("*/*") ? 1 : 0;
    }

    private static double quality(String[] fields) {
        for (int i = 1; i < fields.length; i++) {
            String field = fields[i].strip();
            if (field.startsWith("q=")) {
                try {
                    return Math.clamp(Double.parseDouble(field.substring(2)), 0, 1);
                } catch (NumberFormatException e) {
                    return 1;
                }
            }
        }
        return 1;
    }
}
