package io.raftgres.node.etcd.maintenance;

import io.raftgres.etcd.api.etcdserver.Member;
import io.raftgres.node.config.MemberRules;
import io.raftgres.node.etcd.call.EtcdError;
import io.raftgres.node.service.health.ClusterView;
import io.raftgres.node.service.health.ClusterView.MemberView;
import io.raftgres.node.service.membership.UnstartedMember;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Converts members and their addresses to etcd's messages. */
final class EtcdMembers {

    private static final int DEFAULT_PORT = 2379;
    private static final int MAX_URL_CHARS = 300;

    private EtcdMembers() {}

    static List<Member> all(ClusterView cluster) {
        return cluster.members().stream().map(EtcdMembers::of).toList();
    }

    /** @return the member; without name and client URL if it has not started yet */
    static Member of(MemberView member) {
        Member.Builder builder = Member.newBuilder()
                .setID(HexFormat.fromHexDigitsToLong(member.id()))
                .addPeerURLs("http://" + member.peerAddress())
                .setIsLearner(!member.voter());
        boolean announced = UnstartedMember.is(member.name());
        builder.setName(announced ? member.ownName() : member.name());
        if (!announced || !member.ownName().isEmpty()) {
            clientUrl(member).ifPresent(builder::addClientURLs);
        }
        return builder.build();
    }

    /** @return empty if the log has no valid address, which older builds accepted */
    private static Optional<String> clientUrl(MemberView member) {
        if (!member.etcdAddress().isEmpty()) {
            return Optional.of(member.etcdAddress());
        }
        return Optional.ofNullable(MemberRules.host(member.clientAddress()))
                .map(host -> (member.clientAddress().startsWith("https:") ? "https://" : "http://") + host + ":"
                        + DEFAULT_PORT);
    }

    /**
     * @param urls of one member; one is what a member here has
     * @return host:port
     * @throws io.grpc.StatusRuntimeException BAD_URLS
     */
    static String peerAddress(List<String> urls) {
        if (urls.size() != 1 || urls.getFirst().length() > MAX_URL_CHARS) {
            throw EtcdError.BAD_URLS.exception();
        }
        try {
            URI url = new URI(urls.getFirst().strip());
            boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
            if (!http
                    || url.getHost() == null
                    || url.getPort() < 1
                    || !url.getRawPath().isEmpty()
                    || url.getRawQuery() != null
                    || url.getRawFragment() != null
                    || url.getRawUserInfo() != null) {
                throw EtcdError.BAD_URLS.exception();
            }
            return url.getHost() + ":" + url.getPort();
        } catch (URISyntaxException e) {
            throw EtcdError.BAD_URLS.exception();
        }
    }
}
