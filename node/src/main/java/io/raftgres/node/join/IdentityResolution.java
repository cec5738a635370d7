package io.raftgres.node.join;

import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.config.MemberIdentity;
import io.raftgres.node.config.MemberRules;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.log.LogIdentity;
import io.raftgres.node.log.SegmentedLog;
import io.raftgres.node.tls.NodeTls;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Determines a member's identity: from its data directory, or, when that is empty, from the configuration and the other
 * members. A member that has lost its log has lost its promises (votes, acknowledgements), and returns with a new
 * identity.
 */
public final class IdentityResolution {

    private static final Logger LOG = Logger.getLogger(IdentityResolution.class);

    /** A replacement waits until the old member counts as missing, and for a leader. */
    private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(60);

    private IdentityResolution() {}

    /**
     * Blocks while it asks the other members.
     *
     * @param directory the member's data directory
     * @throws RemovedException when the cluster has removed this member
     * @throws IOException when the data belongs to another member, or the cluster refuses this node
     */
    public static Bootstrap settle(NodeConfig config, NodeTls tls, Path directory)
            throws IOException, InterruptedException {
        Optional<MemberIdentity> written = MemberIdentity.read(directory);
        if (written.isPresent() && written.get().removed()) {
            throw new RemovedException("this member (" + written.get().name() + ") was removed from the cluster. To"
                    + " take part again as a new member, remove its data directory " + directory + " and start it with"
                    + " raftgres.join");
        }
        Optional<LogIdentity> log = SegmentedLog.identityOf(NodeConfig.logDirectory(config));
        if (log.isPresent()) {
            requireSame(written, log.get(), directory);
            if (Quarantine.read(directory).map(Quarantine::lostLogOf).orElse(0L)
                    != log.get().memberId()) {
                return settled(config, log.get());
            }
            SegmentedLog.setAside(NodeConfig.logDirectory(config));
        }
        if (written.isPresent()) {
            return replaced(
                    config,
                    tls,
                    directory,
                    "the log of member " + written.get().name() + " is missing in " + directory);
        }
        return first(config, tls, directory);
    }

    private static void requireSame(Optional<MemberIdentity> written, LogIdentity log, Path directory)
            throws IOException {
        if (written.isPresent()
                && (written.get().clusterId() != log.clusterId()
                        || written.get().memberId() != log.memberId())) {
            throw new IOException(
                    "member.json in " + directory + " and the log next to it belong to different members: the log"
                            + " is that of " + log
                            + ". If a recovery was interrupted, run it again; otherwise restore the file or log"
                            + " that was replaced");
        }
    }

    /** The log names the members; the addresses are those of the node's own configuration. */
    private static Bootstrap settled(NodeConfig config, LogIdentity identity) {
        Member own = Bootstrap.own(config);
        Member self = new Member(identity.memberId(), own.name(), own.voter(), own.peerAddress(), own.clientAddress());
        return new Bootstrap(identity.clusterId(), self, Membership.of(List.of(self)));
    }

    private static Bootstrap first(NodeConfig config, NodeTls tls, Path directory)
            throws IOException, InterruptedException {
        if (Bootstrap.joins(config)) {
            LOG.infof("joining the cluster at %s", Bootstrap.join(config));
            return join(directory, Bootstrap.join(config), tls, Bootstrap.own(config));
        }
        Bootstrap bootstrap = Bootstrap.ofNewCluster(config);
        List<String> others = Bootstrap.others(config);
        if (!others.isEmpty() && isKnown(others, tls, bootstrap.self().id())) {
            LOG.warnf(
                    "%s has no data, but other members know it: it has lost its promises, and takes"
                            + " part as a new member",
                    config.name());
            return join(directory, others, tls, bootstrap.self());
        }
        return bootstrap;
    }

    private static boolean isKnown(List<String> urls, NodeTls tls, long member) throws InterruptedException {
        try (JoinClient cluster = new JoinClient(urls, tls.outgoing())) {
            return cluster.knows(member);
        }
    }

    private static Bootstrap join(Path directory, List<String> urls, NodeTls tls, Member own)
            throws IOException, InterruptedException {
        try (JoinClient cluster = new JoinClient(urls, tls.outgoing())) {
            Bootstrap joined = cluster.join(own, JOIN_TIMEOUT);
            LOG.infof(
                    "joined as member %s of cluster %s",
                    Long.toHexString(joined.self().id()), Long.toHexString(joined.clusterId()));
            // Written before a log of this identity exists: after a crash in between, the node joins again.
            new MemberIdentity(joined.clusterId(), joined.self().id(), own.name()).write(directory);
            return joined;
        }
    }

    /**
     * Takes part as a new member in place of the old one.
     *
     * @param why a sentence
     * @throws IOException when no member is known that could admit it
     */
    public static Bootstrap replaced(NodeConfig config, NodeTls tls, Path directory, String why)
            throws IOException, InterruptedException {
        Set<String> urls = requireOthers(config, directory, why);
        LOG.warnf("%s: it takes part again as a new member", why);
        return join(directory, new ArrayList<>(urls), tls, Bootstrap.own(config));
    }

    /**
     * @return client URLs of members that could admit this one
     * @throws IOException when there are none: the data must not be discarded then
     */
    public static Set<String> requireOthers(NodeConfig config, Path directory, String why) throws IOException {
        Set<String> urls = new LinkedHashSet<>();
        MemberIdentity.read(directory)
                .ifPresent(identity -> identity.contacts().stream()
                        .filter(MemberRules::isClientAddress)
                        .forEach(urls::add));
        urls.addAll(Bootstrap.join(config));
        urls.addAll(Bootstrap.others(config));
        urls.remove(Bootstrap.own(config).clientAddress());
        if (urls.isEmpty()) {
            throw new IOException(why + ", and no other member is known that could send it the data again. If there are"
                    + " others, name them with raftgres.join; if this was the only one, restore a backup");
        }
        return urls;
    }
}
