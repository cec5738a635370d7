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
 * What a new cluster begins with, worked out from the configuration alone, so that all first members agree without
 * talking.
 *
 * @param clusterId hash of the cluster name
 * @param self this member
 */
public record Bootstrap(long clusterId, Member self, Membership membership) {

    private static final Pattern PEER = Pattern.compile("([A-Za-z0-9._-]{1,253})=([^@\\s]+:\\d{1,5})@(https?://\\S+)");

    /** @throws IllegalArgumentException with a sentence that says what to change */
    public static Bootstrap of(NodeConfig config) {
        List<Member> members = new ArrayList<>();
        for (String peer : config.peers()) {
            Matcher matcher = PEER.matcher(peer.strip());
            if (!matcher.matches()) {
                throw new IllegalArgumentException("raftgres.peers: '" + peer + "' is not name=host:port@clientUrl, such as"
                        + " node1=127.0.0.1:9081@http://127.0.0.1:8081");
            }
            String name = matcher.group(1);
            members.add(new Member(id(config.clusterName() + "/" + name), name, true, matcher.group(2), matcher.group(3)));
        }
        Membership membership = Membership.of(members);
        if (membership.voters().size() > Membership.MAX_VOTERS) {
            throw new IllegalArgumentException("raftgres.peers names " + members.size() + " members; "
                    + Membership.MAX_VOTERS + " is the most");
        }
        Member self = members.stream().filter(member -> member.name().equals(config.name())).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "raftgres.name is '" + config.name() + "', which raftgres.peers does not name"));
        return new Bootstrap(id(config.clusterName()), self, membership);
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
