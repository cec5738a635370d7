package io.raftgres.node.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file with the member's identity: it is read as it was written, and a damaged file is refused. */
class MemberIdentityTest {

    private static final Membership NOBODY = Membership.of(List.of());

    @TempDir
    Path directory;

    @Test
    void writtenIdentityIsRead() throws IOException {
        assertEquals(Optional.empty(), MemberIdentity.read(directory));
        MemberIdentity identity = new MemberIdentity(-1, 0xABCDEF, "node 'ä'")
                .knowing(7, 0, NOBODY)
                .knowing(Long.MIN_VALUE, -5, NOBODY)
                .withContacts(Set.of("http://a:1", "http://b:2"));
        identity.write(directory);
        assertEquals(Optional.of(identity), MemberIdentity.read(directory));
        identity.asRemoved().write(directory);
        assertTrue(MemberIdentity.read(directory).orElseThrow().removed());
        assertEquals(
                Set.of(7L, Long.MIN_VALUE),
                MemberIdentity.read(directory).orElseThrow().known());
    }

    /** Members that joined and left over years, or strangers that an older build wrote down. */
    @Test
    void formerMembersAreForgottenOnceThereAreTooMany() {
        Membership membership =
                Membership.of(List.of(new Member(5, "node5", true, "127.0.0.1:1", "http://127.0.0.1:2")));
        MemberIdentity identity = new MemberIdentity(1, 2, "node2");
        for (int id = 3; id < 3 + MemberIdentity.MAX_KNOWN; id++) {
            identity = identity.knowing(id, id, membership);
        }
        assertEquals(MemberIdentity.MAX_KNOWN, identity.known().size());
        assertEquals(Set.of(5L, 1_000L), identity.knowing(1_000, 0, membership).known());
        assertEquals(Map.of(5L, 5L), identity.knowing(1_000, 0, membership).incarnations());
    }

    @Test
    void aMemberThatComesWithAnotherLogIsRefused() {
        MemberIdentity identity = new MemberIdentity(1, 2, "node1").knowing(3, 33, NOBODY);
        assertNull(identity.objection(3, 33, false));
        assertNull(identity.objection(3, 33, true));
        assertNull(identity.objection(3, 34, true), "it has begun: any program may have used its name");
        assertTrue(identity.objection(3, 34, false).contains("another log"));
        assertNull(identity.objection(4, 34, false), "it was never here");
        assertEquals(identity, identity.knowing(3, 34, NOBODY), "the first one stays");
    }

    /** Older builds do not report which log they have. */
    @Test
    void memberOfUnknownLogMayReportItUnlessItIsBlank() throws IOException {
        MemberIdentity identity = new MemberIdentity(1, 2, "node1").knowing(3, 0, NOBODY);
        assertNull(identity.objection(3, 0, true));
        assertTrue(identity.objection(3, 33, false).contains("another log"));
        assertNull(identity.objection(3, 33, true));
        identity = identity.knowing(3, 33, NOBODY);
        assertNull(identity.objection(3, 0, true), "an older release again");
        identity.write(directory);
        Path file = directory.resolve("member.json");
        assertEquals(
                Map.of(3L, 33L), MemberIdentity.read(directory).orElseThrow().incarnations());
        // As the former build wrote it.
        Files.writeString(file, Files.readString(file).replaceAll("(?s)\"incarnations\" : \\{.*?\\},", ""));
        assertEquals(
                new MemberIdentity(1, 2, "node1").knowing(3, 0, NOBODY),
                MemberIdentity.read(directory).orElseThrow());
    }

    @Test
    void aDamagedFileIsNoIdentity() throws IOException {
        new MemberIdentity(1, 2, "node1").write(directory);
        Path file = directory.resolve("member.json");
        String text = Files.readString(file);
        for (String damaged : new String[] {
            "",
            "{",
            "null",
            "[]",
            text.replace("clusterId", "clusterXd"),
            text.substring(0, text.length() / 2),
            text.replace("0000000000000001", "xyz")
        }) {
            Files.writeString(file, damaged);
            IOException refused = assertThrows(IOException.class, () -> MemberIdentity.read(directory), damaged);
            assertTrue(refused.getMessage().contains("member.json"), refused.getMessage());
        }
    }
}
