package io.raftgres.node.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file that says who a member is: what was written is read, and what is damaged is refused. */
class MemberIdentityTest {

    private static final Membership NOBODY = Membership.of(List.of());

    @TempDir
    Path folder;

    @Test
    void whatWasWrittenIsRead() throws IOException {
        assertEquals(Optional.empty(), MemberIdentity.read(folder));
        MemberIdentity identity = new MemberIdentity(-1, 0xABCDEF, "node 'ä'")
                .knowing(7, NOBODY).knowing(Long.MIN_VALUE, NOBODY).withContacts(Set.of("http://a:1", "http://b:2"));
        identity.write(folder);
        assertEquals(Optional.of(identity), MemberIdentity.read(folder));
        identity.asRemoved().write(folder);
        assertTrue(MemberIdentity.read(folder).orElseThrow().removed());
        assertEquals(Set.of(7L, Long.MIN_VALUE), MemberIdentity.read(folder).orElseThrow().known());
    }

    /** Members that came and went for years, or what an older release wrote down of strangers. */
    @Test
    void thoseThatAreNoMembersAnyMoreAreForgottenOnceThereAreTooMany() {
        Membership membership = Membership.of(
                List.of(new Member(5, "node5", true, "127.0.0.1:1", "http://127.0.0.1:2")));
        MemberIdentity identity = new MemberIdentity(1, 2, "node2");
        for (int id = 3; id < 3 + MemberIdentity.MAX_KNOWN; id++) {
            identity = identity.knowing(id, membership);
        }
        assertEquals(MemberIdentity.MAX_KNOWN, identity.known().size());
        assertEquals(Set.of(5L, 1_000L), identity.knowing(1_000, membership).known());
    }

    @Test
    void aDamagedFileIsNoIdentity() throws IOException {
        new MemberIdentity(1, 2, "node1").write(folder);
        Path file = folder.resolve("member.json");
        String text = Files.readString(file);
        for (String damaged : new String[] {"", "{", "null", "[]", text.replace("clusterId", "clusterXd"),
            text.substring(0, text.length() / 2), text.replace("0000000000000001", "xyz")}) {
            Files.writeString(file, damaged);
            IOException refused = assertThrows(IOException.class, () -> MemberIdentity.read(folder), damaged);
            assertTrue(refused.getMessage().contains("member.json"), refused.getMessage());
        }
    }
}
