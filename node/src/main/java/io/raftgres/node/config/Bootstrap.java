package io.raftgres.node.config;

import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whom a member is among, and who it is itself, when it begins.
 *
 * @param clusterId hash of the cluster's name for a new cluster; the cluster's own for one that was joined
 * @param self this member
 * @param membership those it knows of before its log says more; the same at every first member of a new cluster
 */
public record Bootstrap(long clusterId, Member self, Membership membership) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,253}");
    private static final Pattern PEER_ADDRESS = Pattern.compile("[^@\\s,=]{1,253}:\\d{1,5}");
    private static final Pattern CLIENT_ADDRESS = Pattern.compile("https?://[^\\s,]{1,500}");
    private static final Pattern PEER = Pattern.compile("([^=]+)=([^@]+)@(.+)");

    /**
     * What a new cluster begins with, worked out from the configuration alone, so that all first members agree without
     * talking.
     *
     * @throws IllegalArgumentException with a sentence that says what to change
     */
    public static Bootstrap ofNewCluster(NodeConfig config) {
        Membership membership = configured(config);
        return new Bootstrap(id(config.clusterName()), own(config, membership), membership);
    }

    /** @return this member as the configuration has it; its id is only that of a first member of a new cluster */
    public static Member own(NodeConfig config) {
        return own(config, configured(config));
    }

    private static Membership configured(NodeConfig config) {
        List<Member> members = new ArrayList<>();
        for (String peer : config.peers()) {
            Matcher matcher = PEER.matcher(peer.strip());
            if (!matcher.matches()) {
                throw new IllegalArgumentException("raftgres.peers: '" + peer + "' is not name=host:port@clientUrl, such as"
                        + " node1=127.0.0.1:9081@http://127.0.0.1:8081");
            }
            String name = matcher.group(1);
            members.add(member(id(config.clusterName() + "/" + name), name, true, matcher.group(2), matcher.group(3)));
        }
        Membership membership = Membership.of(members);
        if (membership.voters().size() > Membership.MAX_VOTERS) {
            throw new IllegalArgumentException("raftgres.peers names " + members.size() + " members; "
                    + Membership.MAX_VOTERS + " is the most");
        }
        return membership;
    }

    private static Member own(NodeConfig config, Membership membership) {
        return membership.members().stream().filter(member -> member.name().equals(config.name())).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "raftgres.name is '" + config.name() + "', which raftgres.peers does not name"));
    }

    /**
     * @return a member with a name and addresses that make sense
     * @throws IllegalArgumentException with a sentence that says what does not
     */
    public static Member member(long id, String name, boolean voter, String peerAddress, String clientAddress) {
        require(NAME, "name", name, "letters, digits, dots, underscores and dashes, 253 at most");
        require(PEER_ADDRESS, "peerAddress", peerAddress, "host:port, such as 127.0.0.1:9081");
        require(CLIENT_ADDRESS, "clientAddress", clientAddress, "a URL such as http://127.0.0.1:8081");
        return new Member(id, name, voter, peerAddress, clientAddress);
    }

    private static void require(Pattern pattern, String what, String value, String wanted) {
        if (value == null || !pattern.matcher(value).matches()) {
            throw new IllegalArgumentException(what + (value == null ? " is missing: " : " '" + value + "' is not valid: ")
                    + wanted);
        }
    }

    private static long id(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            long id = ByteBuffer.wrap(hash).getLong();
            return id == Member.NONE ? 1 : id;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
