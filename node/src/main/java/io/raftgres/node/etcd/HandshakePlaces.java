package io.raftgres.node.etcd;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Bounds the handshakes that are not complete. A further one takes the place of the oldest one of the address with the
 * most: so clients that never complete theirs take places from each other, and not from those that do.
 */
final class HandshakePlaces {

    private final int max;

    /** Guarded by this; the oldest first. */
    private final Set<Channel> pending = new LinkedHashSet<>();

    HandshakePlaces(int max) {
        this.max = max;
    }

    void enter(Channel channel) {
        Channel ousted = null;
        synchronized (this) {
            pending.add(channel);
            if (pending.size() > max) {
                ousted = oldestOfTheMany();
                pending.remove(ousted);
            }
        }
        if (ousted != null) {
            Channel gone = ousted;
            gone.eventLoop().execute(() -> gone.close());
        }
    }

    synchronized void leave(Channel channel) {
        pending.remove(channel);
    }

    synchronized int taken() {
        return pending.size();
    }

    private Channel oldestOfTheMany() {
        Map<InetAddress, Integer> counts = new HashMap<>();
        pending.forEach(channel -> counts.merge(address(channel), 1, Integer::sum));
        int most = counts.values().stream().max(Integer::compare).orElseThrow();
        return pending.stream()
                .filter(channel -> counts.get(address(channel)) == most)
                .findFirst()
                .orElseThrow();
    }

    private static InetAddress address(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress remote && remote.getAddress() != null
                ? remote.getAddress()
                : InetAddress.getLoopbackAddress();
    }
}
