package io.raftgres.node.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rules for members' names and addresses. */
public final class MemberRules {

    /** Letters, digits, dots, underscores and dashes. */
    public static final int MAX_NAME_CHARS = 253;

    public static final int MAX_HOST_CHARS = 253;

    public static final int MAX_URL_CHARS = 500;

    private static final int MAX_PORT = 65_535;

    /** Upper bound of an invalid value's characters in a message. */
    private static final int SHOWN_CHARS = 300;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1," + MAX_NAME_CHARS + "}");

    /** A name or an IPv4 address; or an IPv6 address, in brackets with an optional scope. */
    private static final String HOST = "([A-Za-z0-9._-]{1," + MAX_HOST_CHARS + "}"
            + "|[0-9A-Fa-f:.]{2,45}|\\[[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9._-]{1,32})?])";

    private static final Pattern PEER_ADDRESS = Pattern.compile(HOST + ":(\\d{1,5})");

    /** Requests append their path to it, so it has no query and no fragment. */
    private static final Pattern CLIENT_ADDRESS =
            Pattern.compile("https?://" + HOST + "(?::(\\d{1,5}))?(?:/[A-Za-z0-9._~!$&'()*+;=:@%/-]*)?");

    private MemberRules() {}

    /** @throws IllegalArgumentException with a sentence that begins with the invalid field and gives the valid form */
    public static void check(String name, String peerAddress, String clientAddress) {
        if (!isName(name)) {
            throw wrong("name", name, "letters, digits, dots, underscores and dashes, " + MAX_NAME_CHARS + " at most");
        }
        checkPeerAddress(peerAddress);
        checkClientAddress(clientAddress);
    }

    /** @return whether this is a valid member name; false for null */
    public static boolean isName(String name) {
        return name != null && NAME.matcher(name).matches();
    }

    /** @throws IllegalArgumentException see {@link #check} */
    public static void checkPeerAddress(String address) {
        if (!isPeerAddress(address)) {
            throw wrong("peerAddress", address, "host:port, such as 127.0.0.1:9081");
        }
    }

    /** @throws IllegalArgumentException see {@link #check} */
    public static void checkClientAddress(String url) {
        if (!isClientAddress(url)) {
            throw wrong(
                    "clientAddress",
                    url,
                    "a URL such as http://127.0.0.1:8081, of " + MAX_URL_CHARS + " characters at most");
        }
    }

    private static IllegalArgumentException wrong(String what, String value, String wanted) {
        if (value == null) {
            return new IllegalArgumentException(what + " is missing: " + wanted);
        }
        String shown = value.length() <= SHOWN_CHARS ? value : value.substring(0, SHOWN_CHARS) + "...";
        return new IllegalArgumentException(what + " '" + shown + "' is not valid: " + wanted);
    }

    private static boolean isPeerAddress(String address) {
        Matcher matcher = PEER_ADDRESS.matcher(address == null ? "" : address);
        return matcher.matches() && isPort(matcher.group(2));
    }

    /** @return whether this is a valid client address; false for null */
    public static boolean isClientAddress(String url) {
        Matcher matcher = CLIENT_ADDRESS.matcher(url == null || url.length() > MAX_URL_CHARS ? "" : url);
        return matcher.matches() && (matcher.group(2) == null || isPort(matcher.group(2))) && isUri(url);
    }

    private static boolean isPort(String digits) {
        int port = Integer.parseInt(digits);
        return port >= 1 && port <= MAX_PORT;
    }

    private static boolean isUri(String url) {
        try {
            return new URI(url).getScheme() != null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    /** @return the host of a client address; null when it is invalid, as entries of older releases may be */
    public static String host(String clientAddress) {
        Matcher matcher = CLIENT_ADDRESS.matcher(clientAddress);
        return matcher.matches() ? matcher.group(1) : null;
    }
}
