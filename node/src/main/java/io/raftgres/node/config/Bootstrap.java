package io.raftgres.node.config;

import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A member's identity and the members that it knows when it begins.
 *
 * @param clusterId hash of the cluster's name for a new cluster; the cluster's own for a joined one
 * @param self this member
 * @param membership the members that it knows before its log names others; the same at every first member of a new
 *     cluster
 */
public record Bootstrap(long clusterId, Member self, Membership membership) {

    static final String ALONE = "127.0.0.1:9081@http://127.0.0.1:8081";

    private static final Pattern PEER = Pattern.compile("([^=]+)=([^@]+)@(.+)");
    private static final Pattern ADDRESSES = Pattern.compile("([^@=]+)@(.+)");

    /**
     * Computes the beginning of a new cluster from the configuration alone, so that all first members agree without
     * communication.
     *
     * @throws IllegalArgumentException with a sentence that names the option to change
     */
    public static Bootstrap ofNewCluster(NodeConfig config) {
        Membership membership = Membership.of(peers(config));
        Member named = named(config)
                .orElseThrow(() -> new IllegalArgumentException("raftgres.name is '" + config.name()
                        + "', which is missing in raftgres.peers"
                        + (advertise(config).isEmpty()
                                ? ""
                                : "; to join an existing cluster, set raftgres.join to its URL")));
        Member self = own(config);
        if (!self.equals(named)) {
            throw new IllegalArgumentException(
                    "raftgres.advertise says " + addresses(self) + ", but raftgres.peers has "
                            + addresses(named) + " for " + self.name() + ": a new cluster needs a single address"
                            + " of each member");
        }
        return new Bootstrap(id(config.clusterName()), self, membership);
    }

    /**
     * @return whether this member, while it has no data, joins an existing cluster instead of being a first member of a
     *     new one
     */
    public static boolean joins(NodeConfig config) {
        return !join(config).isEmpty()
                && (advertise(config).isEmpty() || named(config).isEmpty());
    }

    /** @return client URLs of members of a cluster to join; may be empty */
    public static List<String> join(NodeConfig config) {
        return present(config.join());
    }

    /** @return client URLs of the other first members; may be empty */
    public static List<String> others(NodeConfig config) {
        return peers(config).stream()
                .filter(member -> !member.name().equals(config.name()))
                .map(Member::clientAddress)
                .toList();
    }

    /** @return this member according to the configuration; its id is only that of a first member of a new cluster */
    public static Member own(NodeConfig config) {
        Optional<String> addresses = advertise(config);
        if (addresses.isEmpty()) {
            return named(config)
                    .orElseThrow(() -> new IllegalArgumentException("raftgres.name is '" + config.name()
                            + "', which is missing in raftgres.peers, and raftgres.advertise is not set"));
        }
        Matcher matcher = ADDRESSES.matcher(addresses.get());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "raftgres.advertise: '" + addresses.get() + "' is not host:port@clientUrl, such as " + ALONE);
        }
        return first(config, config.name(), matcher.group(1), matcher.group(2));
    }

    private static String addresses(Member member) {
        return member.peerAddress() + "@" + member.clientAddress();
    }

    private static Optional<Member> named(NodeConfig config) {
        return peers(config).stream()
                .filter(member -> member.name().equals(config.name()))
                .findFirst();
    }

    private static List<Member> peers(NodeConfig config) {
        List<String> peers = present(config.peers());
        if (peers.isEmpty() && advertise(config).isEmpty()) {
            peers = List.of("node1=" + ALONE);
        }
        if (peers.size() > Membership.MAX_VOTERS) {
            throw new IllegalArgumentException("raftgres.peers names " + peers.size() + " members, but at most "
                    + Membership.MAX_VOTERS + " are allowed");
        }
        List<Member> members = new ArrayList<>();
        for (String peer : peers) {
            Matcher matcher = PEER.matcher(peer);
            if (!matcher.matches()) {
                throw new IllegalArgumentException(
                        "raftgres.peers: '" + peer + "' is not name=host:port@clientUrl," + " such as node1=" + ALONE);
            }
            members.add(first(config, matcher.group(1), matcher.group(2), matcher.group(3)));
        }
        return members;
    }

    private static Member first(NodeConfig config, String name, String peerAddress, String clientAddress) {
        return member(id(config.clusterName() + "/" + name), name, true, peerAddress, clientAddress);
    }

    private static Optional<String> advertise(NodeConfig config) {
        return config.advertise().map(String::strip).filter(text -> !text.isEmpty());
    }

    private static List<String> present(Optional<List<String>> values) {
        return values.orElse(List.of()).stream()
                .map(String::strip)
                .filter(text -> !text.isEmpty())
                .toList();
    }

    /**
     * @return a member with a valid name and valid addresses
     * @throws IllegalArgumentException with a sentence that names the invalid value
     */
    public static Member member(long id, String name, boolean voter, String peerAddress, String clientAddress) {
        MemberRules.check(name, peerAddress, clientAddress);
        return new Member(id, name, voter, peerAddress, clientAddress);
    }

    private static long id(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            long id = ByteBuffer.wrap(hash).getLong();
            return id == Member.NONE ? 1 : id;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK lacks SHA-256", e);
        }
    }
}
