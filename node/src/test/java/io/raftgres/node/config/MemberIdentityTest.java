package io.raftgres.node.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file that says who a member is: what was written is read, and what is damaged is refused. */
class MemberIdentityTest {

    @TempDir
    Path folder;

    @Test
    void whatWasWrittenIsRead() throws IOException {
        assertEquals(Optional.empty(), MemberIdentity.read(folder));
        MemberIdentity identity = new MemberIdentity(-1, 0xABCDEF, "node 'ä'")
                .knowing(7).knowing(Long.MIN_VALUE).withContacts(Set.of("http://a:1", "http://b:2"));
        identity.write(folder);
        assertEquals(Optional.of(identity), MemberIdentity.read(folder));
        identity.asRemoved().write(folder);
        assertTrue(MemberIdentity.read(folder).orElseThrow().removed());
        assertEquals(Set.of(7L, Long.MIN_VALUE), MemberIdentity.read(folder).orElseThrow().known());
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
