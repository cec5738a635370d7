package io.raftgres.node.peer;

import java.io.IOException;
import java.util.List;

/** A node of its own process, to be killed. Arguments: its id, the other's id and port. Prints its port. */
final class PeerProcess {
    private PeerProcess() {}

    public static void main(String[] args) throws IOException {
        TestNode node = new TestNode(Long.parseLong(args[0]));
        node.transport.setPeers(List.of(TestNode.member(Long.parseLong(args[1]), Integer.parseInt(args[2]))));
        System.out.println(node.transport.port());
        int end = System.in.read();
        System.exit(end < 0 ? 0 : 1);
    }
}
