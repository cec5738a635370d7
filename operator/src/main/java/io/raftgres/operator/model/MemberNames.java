package io.raftgres.operator.model;

import java.util.Locale;
import java.util.OptionalInt;

/**
 * The names of a cluster's members, which are also those of their pods, and of the members' claims.
 *
 * @param cluster name of the RaftCluster
 */
public record MemberNames(String cluster) {

    public String member(int ordinal) {
        return cluster + "-" + ordinal;
    }

    /** @return the ordinal of this member; empty when the name is not one of this cluster's members */
    public OptionalInt ordinal(String member) {
        String prefix = cluster + "-";
        String number = member.startsWith(prefix) ? member.substring(prefix.length()) : "";
        return number.matches("0|[1-9][0-9]{0,4}") ? OptionalInt.of(Integer.parseInt(number)) : OptionalInt.empty();
    }

    public String claim(ClaimKind kind, int ordinal) {
        return prefix(kind) + member(ordinal);
    }

    /** @return the ordinal of the member whose claim this is; empty when the name is not that of such a claim */
    public OptionalInt ordinal(ClaimKind kind, String claim) {
        return claim.startsWith(prefix(kind))
                ? ordinal(claim.substring(prefix(kind).length()))
                : OptionalInt.empty();
    }

    private static String prefix(ClaimKind kind) {
        return kind.name().toLowerCase(Locale.ROOT) + "-";
    }
}
