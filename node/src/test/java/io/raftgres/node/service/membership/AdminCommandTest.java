package io.raftgres.node.service.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Changes of the cluster on their way to the leader: the codec returns what was sent, and refuses invalid bytes. */
class AdminCommandTest {

    @Test
    void commandsSurviveEncoding() {
        for (AdminCommand command : List.of(
                new AdminCommand.Add("n", "h:1", "http://h:2", true),
                new AdminCommand.Add("n", "h:1", "http://h:2", false, 1),
                new AdminCommand.Promote("n"),
                new AdminCommand.Update("n", null, "http://h:3"),
                new AdminCommand.Remove("00000000000000a1"),
                new AdminCommand.Transfer(null),
                new AdminCommand.Transfer("n"))) {
            assertEquals(command, AdminCommand.decode(command.encode()));
        }
        AdminCommand.Reply reply = AdminCommand.Reply.not(AdminCommand.Outcome.REFUSED, "no 'ä'");
        assertEquals(reply, AdminCommand.decodeReply(AdminCommand.encode(reply)));
    }

    @Test
    void malformedCommandsAreRefused() {
        for (String nonsense : List.of(
                "",
                "null",
                "1",
                "[]",
                "{}",
                "{\"do\":\"explode\"}",
                "{\"do\":\"add\",\"replace\":[]}",
                "{\"do\":\"add\"",
                "\u0000")) {
            byte[] bytes = nonsense.getBytes(StandardCharsets.UTF_8);
            assertThrows(IllegalArgumentException.class, () -> AdminCommand.decode(bytes), nonsense);
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> AdminCommand.decodeReply("{\"outcome\":\"MAYBE\"}".getBytes(StandardCharsets.UTF_8)));
    }
}
