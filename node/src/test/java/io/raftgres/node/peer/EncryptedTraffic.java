package io.raftgres.node.peer;

import io.raftgres.node.config.TestConfig;
import io.raftgres.node.tls.NodeTls;
import io.raftgres.node.tls.TestCa;
import io.raftgres.raft.Entry;
import io.raftgres.raft.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** A process that sends 20 MB between two encrypted transports, both ways, and ends with 0 if no connection broke. */
final class EncryptedTraffic {

    private static final int FRAMES = 20;

    private EncryptedTraffic() {}

    public static void main(String[] args) throws IOException {
        Path directory = Path.of(args[0]);
        TestCa ca = TestCa.root("cluster");
        TestNode one = node(directory, ca, 1);
        TestNode two = node(directory, ca, 2);
        TestNode.connect(one, two);
        byte[] bytes = new byte[1_000_000];
        for (int i = 0; i < FRAMES; i++) {
            new Random(i).nextBytes(bytes);
            Frame frame = new Frame.Raft(
                    new Message.AppendRequest(7, 2, 1, List.of(new Entry(3, 1, Entry.Kind.COMMAND, bytes)), 0));
            one.sendSurely(2, frame);
            two.sendSurely(1, frame);
        }
        TestNode.until("all arrive", () -> one.received.size() >= FRAMES && two.received.size() >= FRAMES);
        long reconnects =
                one.transport.stats(2).reconnects() + two.transport.stats(1).reconnects();
        System.out.println("reconnects: " + reconnects);
        System.exit(reconnects == 0 ? 0 : 1);
    }

    private static TestNode node(Path directory, TestCa ca, long id) throws IOException {
        Path files = Files.createDirectories(directory.resolve("node" + id));
        ca.node("node" + id).write(files.resolve("cert"), files.resolve("key"));
        TestCa.write(files.resolve("ca"), ca.certificate());
        NodeTls tls = NodeTls.open(TestConfig.config(
                "NAME",
                "node" + id,
                "TLS_PEER_MODE",
                "required",
                "TLS_PEER_CERT",
                files.resolve("cert").toString(),
                "TLS_PEER_KEY",
                files.resolve("key").toString(),
                "TLS_PEER_CA",
                files.resolve("ca").toString()));
        return new TestNode(id, TestNode.CLUSTER, TestNode.freePort(), PeerOptions.standard(), tls);
    }
}
