package io.raftgres.node.tls;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/**
 * The names in a certificate.
 *
 * @param commonName the CN of the subject; null when there is none
 * @param dnsNames the DNS names among the subject's alternative names
 * @param alternatives the DNS names and IP addresses among them
 * @param memberUri the name in the URI {@code raftgres:NAME}; null when there is none
 */
public record CertificateNames(String commonName, List<String> dnsNames, List<String> alternatives, String memberUri) {

    private static final String URI = "raftgres:";
    private static final int DNS_NAME = 2;
    private static final int URI_NAME = 6;
    private static final int IP_ADDRESS = 7;

    public CertificateNames {
        dnsNames = List.copyOf(dnsNames);
        alternatives = List.copyOf(alternatives);
    }

    public static CertificateNames of(X509Certificate certificate) {
        List<String> dnsNames = new ArrayList<>();
        List<String> alternatives = new ArrayList<>();
        String uri = null;
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            for (List<?> name : names == null ? List.<List<?>>of() : names) {
                int kind = (Integer) name.get(0);
                if (kind == DNS_NAME || kind == IP_ADDRESS) {
                    alternatives.add((String) name.get(1));
                    if (kind == DNS_NAME) {
                        dnsNames.add((String) name.get(1));
                    }
                } else if (kind == URI_NAME && ((String) name.get(1)).startsWith(URI)) {
                    uri = ((String) name.get(1)).substring(URI.length());
                }
            }
        } catch (CertificateParsingException e) {
            // Unreadable names are no names.
            dnsNames.clear();
            alternatives.clear();
            uri = null;
        }
        return new CertificateNames(commonName(certificate), dnsNames, alternatives, uri);
    }

    private static String commonName(X509Certificate certificate) {
        try {
            // LdapName counts from the right: the most specific part is the last one.
            List<Rdn> parts = new LdapName(certificate.getSubjectX500Principal().getName()).getRdns();
            for (Rdn part : parts.reversed()) {
                if (part.getType().equalsIgnoreCase("CN") && part.getValue() instanceof String text) {
                    return text;
                }
            }
        } catch (InvalidNameException e) {
            // A subject that cannot be read has no CN.
        }
        return null;
    }

    /** @return names of the member that may have this certificate */
    public Set<String> members() {
        if (memberUri != null) {
            return Set.of(memberUri);
        }
        Set<String> names = new LinkedHashSet<>();
        if (commonName != null) {
            names.add(commonName);
        }
        dnsNames.forEach(name -> names.add(name.split("\\.", 2)[0]));
        return names;
    }

    /** A wildcard, such as {@code *.peers.example.com}, proves the cluster and not the member. */
    public boolean isOf(String member) {
        Set<String> members = members();
        return members.contains(member) || members.contains("*");
    }

    /** @return whether the CN or an alternative name, possibly with a wildcard, is one of these */
    boolean matchesAny(Set<String> allowed) {
        return allowed.stream().anyMatch(this::matches);
    }

    private boolean matches(String allowed) {
        if (allowed.equals(commonName)) {
            return true;
        }
        String host = allowed.toLowerCase(Locale.ROOT);
        int dot = host.indexOf('.');
        String wildcard = dot < 0 ? null : "*" + host.substring(dot);
        return alternatives.stream().anyMatch(name -> name.equalsIgnoreCase(host) || name.equalsIgnoreCase(wildcard));
    }
}
