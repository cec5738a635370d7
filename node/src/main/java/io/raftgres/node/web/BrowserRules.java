package io.raftgres.node.web;

import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.health.ClusterView;
import io.raftgres.raft.Member;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Refuses HTTP requests that a web page may have sent. A browser lets any page send some requests to any reachable
 * address (forms, images, fetch), but hides the response from the page unless the response allows it. So reads are
 * safe, and writes are not. If an attacker's DNS points a page's own name here (rebinding), the page may send and read
 * everything. So a request must use one of this node's own names.
 *
 * <p>Both rules check headers that only browsers set, or that a page cannot choose; they do not affect programs. gRPC
 * needs no such rules: no browser speaks HTTP/2 without TLS, and a page cannot send its content type unasked.
 */
public final class BrowserRules {

    /**
     * A refused request.
     *
     * @param detail a sentence that says what to do
     */
    public record Refusal(int status, String detail) {}

    /** The request was meant for another server (RFC 9110, section 15.5.20). */
    public static final int MISDIRECTED = 421;

    public static final int FORBIDDEN = 403;

    private static final int MAX_QUOTED_CHARS = 255;
    private static final String ANY = "*";

    private final Set<String> names = new HashSet<>(Set.of("localhost"));
    private final List<String> suffixes = new ArrayList<>();
    private final Set<String> origins = new HashSet<>();
    private final Supplier<Collection<String>> advertised;
    private final boolean anyName;

    /**
     * @param allowedHosts names without a port; {@code *.example.com} for all below a name, {@code *} for any
     * @param allowedOrigins as browsers write them, such as {@code https://console.example.com}
     * @param advertised supplies further names, used when a request has an unknown name
     */
    public BrowserRules(
            Collection<String> allowedHosts,
            Collection<String> allowedOrigins,
            Supplier<Collection<String>> advertised) {
        this.advertised = advertised;
        this.anyName = allowedHosts.contains(ANY);
        for (String host : allowedHosts) {
            String name = host.toLowerCase(Locale.ROOT);
            if (name.startsWith("*.")) {
                suffixes.add(name.substring(1));
            } else {
                names.add(name);
            }
        }
        allowedOrigins.forEach(origin -> origins.add(origin.toLowerCase(Locale.ROOT)));
    }

    /** Accepts only requests for localhost and for IP addresses, and only from the node's own pages. */
    public static BrowserRules strict() {
        return new BrowserRules(List.of(), List.of(), List::of);
    }

    /** The rules of a node: its names are those in its options and the members' own addresses. */
    public static BrowserRules of(NodeConfig config, KvService service) {
        List<String> hosts = new ArrayList<>(present(config.allowedHosts()));
        try {
            Member own = Bootstrap.own(config);
            hosts.addAll(hosts(own.peerAddress(), own.clientAddress()));
        } catch (IllegalArgumentException e) {
            // The node reports the invalid option itself and does not start.
        }
        return new BrowserRules(hosts, present(config.allowedOrigins()), () -> advertised(service));
    }

    private static List<String> present(Optional<List<String>> values) {
        return values.orElse(List.of()).stream()
                .map(String::strip)
                .filter(text -> !text.isEmpty())
                .toList();
    }

    private static Collection<String> advertised(KvService service) {
        Set<String> hosts = new HashSet<>();
        try {
            for (ClusterView.MemberView member : service.cluster().members()) {
                hosts.addAll(hosts(member.peerAddress(), member.clientAddress()));
            }
        } catch (ServiceException e) {
            // The node is starting and does not know the members yet.
        }
        return hosts;
    }

    private static List<String> hosts(String peerAddress, String clientAddress) {
        List<String> hosts = new ArrayList<>(List.of(nameOf(peerAddress)));
        try {
            String client = URI.create(clientAddress).getHost();
            if (client != null) {
                hosts.add(client.toLowerCase(Locale.ROOT));
            }
        } catch (IllegalArgumentException e) {
            // An invalid address has no name.
        }
        return hosts;
    }

    /**
     * @param method in capitals
     * @param host header Host, or HTTP/2's authority; null when there is none, which no browser does
     * @param fetchSite header Sec-Fetch-Site, null when there is none
     * @param origin header Origin, null when there is none
     * @return null when the request is allowed
     */
    public Refusal judge(String method, String host, String fetchSite, String origin) {
        if (host != null && !host.isEmpty() && !isOurs(host)) {
            return new Refusal(
                    MISDIRECTED,
                    "'" + quoted(host) + "' is not a name of this node, and a web page may have sent the request. If"
                            + " the name is yours, list it in raftgres.allowed-hosts (RAFTGRES_ALLOWED_HOSTS) of each"
                            + " node; an IP address or localhost needs no entry");
        }
        if (method.equals("GET") || method.equals("HEAD") || fetchSite == null && origin == null) {
            return null;
        }
        if (origin != null && origins.contains(origin.toLowerCase(Locale.ROOT))) {
            return null;
        }
        boolean same =
                fetchSite != null ? fetchSite.equals("same-origin") || fetchSite.equals("none") : isOwn(origin, host);
        String page = origin == null ? "a web page of another site" : "a web page of origin '" + quoted(origin) + "'";
        return same
                ? null
                : new Refusal(
                        FORBIDDEN,
                        page + " has sent this request, and web pages may only read. If the page is yours, list its"
                                + " origin in raftgres.allowed-origins (RAFTGRES_ALLOWED_ORIGINS) of each node; a"
                                + " program must send no header Origin");
    }

    private boolean isOurs(String host) {
        if (anyName || isAddress(host)) {
            return true;
        }
        String name = nameOf(host);
        return names.contains(name)
                || suffixes.stream().anyMatch(name::endsWith)
                || advertised.get().contains(name);
    }

    /** @return whether it is an IP address, with or without a port, which no DNS can change */
    private static boolean isAddress(String host) {
        if (host.charAt(0) == '[') {
            return true;
        }
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c == ':') {
                return i > 0;
            }
            if (c != '.' && (c < '0' || c > '9')) {
                return false;
            }
        }
        return true;
    }

    /** @return the name in small letters, without port and trailing dot */
    private static String nameOf(String authority) {
        int colon = authority.lastIndexOf(':');
        int end = colon < 0 ? authority.length() : colon;
        if (end > 0 && authority.charAt(end - 1) == '.') {
            end--;
        }
        return authority.substring(0, end).toLowerCase(Locale.ROOT);
    }

    /** A proxy may have removed TLS, so only the port is compared, not the scheme. */
    private static boolean isOwn(String origin, String host) {
        int authority = origin.indexOf("://");
        return host != null && authority > 0 && origin.substring(authority + 3).equalsIgnoreCase(host);
    }

    private static String quoted(String header) {
        String text = header.length() <= MAX_QUOTED_CHARS ? header : header.substring(0, MAX_QUOTED_CHARS) + "...";
        return text.replaceAll("[^ -~]", "?");
    }
}
