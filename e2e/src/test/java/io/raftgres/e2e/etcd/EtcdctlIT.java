package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.e2e.Cluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** etcd's command line: the same commands to etcd and to Raftgres, one after the other, print the same. */
class EtcdctlIT {

    /** @param lines number of output lines after which the program is stopped; 0: it ends by itself */
    private record Command(String line, String input, int lines) {}

    private final List<Command> commands = new ArrayList<>();

    @TempDir
    Path directory;

    private void run(String... lines) {
        for (String line : lines) {
            commands.add(new Command(line, "", 0));
        }
    }

    private void keysAndValues() {
        run(
                "put foo bar",
                "get foo",
                "get foo -w json",
                "get foo -w fields",
                "get foo --hex",
                "get nothing",
                "put foo bar2 --prev-kv",
                "put foo1 a",
                "put foo2 b",
                "put goo c",
                "get foo foo2",
                "get foo --prefix",
                "get foo --prefix --limit=2",
                "get foo --prefix --keys-only",
                "get foo --prefix --count-only -w fields",
                "get foo --prefix --order=DESCEND --sort-by=MODIFY",
                "get foo1 --from-key",
                "get foo --rev=2",
                "get foo --rev=999",
                "get foo --consistency=s",
                "get foo --print-value-only",
                "put foo --ignore-value --prev-kv",
                "put nothing --ignore-value",
                "put foo x --ignore-value",
                "put foo --ignore-lease x",
                "put ''",
                "get ''",
                "get '' --prefix",
                "get '' --from-key",
                "get --min-mod-rev=3 foo --prefix",
                "get --max-create-rev=3 foo --prefix",
                "del foo1 --prev-kv",
                "del foo1",
                "del foo --prefix --prev-kv",
                "del goo --from-key",
                "get '' --prefix");
        commands.add(new Command("put piped", "from standard input", 0));
        commands.add(new Command("txn", "mod(\"k\") = \"0\"\n\nput k one\nget k\n\nget k\n\n", 0));
        commands.add(new Command("txn", "mod(\"k\") = \"0\"\n\nput k two\n\nget k\ndel k\n\n", 0));
        commands.add(new Command("txn", "value(\"piped\") = \"from standard input\"\n\nget piped\n\n\n", 0));
        commands.add(new Command("txn", "\n\nput a b\nput a c\n\n\n", 0));
    }

    private void watches() {
        commands.add(new Command("watch --rev=2 foo", "", 15));
        commands.add(new Command("watch --rev=2 foo --prefix --prev-kv", "", 39));
        commands.add(new Command("watch --rev=2 foo -w json", "", 1));
    }

    private void leases() {
        run(
                "lease grant 500",
                "lease timetolive $LEASE",
                "put leased x --lease=$LEASE",
                "lease timetolive $LEASE --keys",
                "lease list",
                "lease keep-alive --once $LEASE",
                "get leased -w json",
                "lease revoke $LEASE",
                "get leased",
                "lease revoke $LEASE",
                "lease timetolive $LEASE",
                "lease keep-alive --once $LEASE",
                "put x y --lease=1234",
                "lease grant 9000000001",
                "lease list");
    }

    private void compaction() {
        run(
                "put c 1",
                "put c 2",
                "compaction 4",
                "compaction 4",
                "compaction 9999",
                "get c --rev=3",
                "watch --rev=2 c");
    }

    private void users() {
        run(
                "user list",
                "user add u:p",
                "user add u:p",
                "user add v --no-password",
                "role add r",
                "role add r",
                "user get u",
                "user grant-role u r",
                "user grant-role u nothing",
                "user grant-role u root",
                "user get u",
                "role grant-permission r read a",
                "role grant-permission r write b c",
                "role grant-permission r readwrite d --from-key",
                "role grant-permission r read z a",
                "role grant-permission nothing read a",
                "role get r",
                "role revoke-permission r b c",
                "role revoke-permission r b c",
                "role get r",
                "user passwd u --interactive=false",
                "user list",
                "role list",
                "user revoke-role u r",
                "user revoke-role u r",
                "role delete r",
                "role delete r",
                "user get u",
                "auth enable",
                "user delete u",
                "user delete u",
                "user delete v",
                "user list",
                "role add root",
                "role get root",
                "auth status");
    }

    private void locks() {
        run("lock name echo held", "get name --prefix");
        commands.add(new Command("elect place candidate", "", 2));
    }

    private void maintenance() {
        run(
                "member list",
                "endpoint status -w json",
                "user list",
                "role list",
                "downgrade validate 3.6",
                "version",
                "alarm list",
                "alarm disarm",
                "defrag",
                "endpoint health",
                "auth status",
                "auth enable",
                "auth disable",
                "snapshot save $DIRECTORY/snapshot.db",
                "member promote 1234",
                "member remove 1234",
                "member update 1234 --peer-urls=http://127.0.0.1:1",
                "move-leader 1234",
                "get x --user=nobody:x");
    }

    @Test
    void etcdctlPrintsTheSameForBoth() throws Exception {
        keysAndValues();
        watches();
        leases();
        compaction();
        locks();
        users();
        maintenance();
        List<String> differences = new ArrayList<>();
        try (RealEtcd etcd = RealEtcd.start(directory.resolve("etcd"));
                Cluster cluster = Cluster.start(directory.resolve("raftgres"), 1)) {
            Etcdctl theirs = new Etcdctl(etcd.endpoint(), directory.resolve("theirs"));
            Etcdctl ours = new Etcdctl("127.0.0.1:" + cluster.etcdPort(1), directory.resolve("ours"));
            for (Command command : commands) {
                String expected = theirs.run(command.line(), command.input(), command.lines());
                String found = ours.run(command.line(), command.input(), command.lines());
                if (!expected.equals(found)) {
                    differences.add("etcdctl " + command.line() + "\n--- etcd: " + expected + "--- raftgres: " + found);
                }
            }
        }
        System.out.println(
                "etcdctl: " + commands.size() + " commands, " + differences.size() + " with another response");
        assertTrue(differences.isEmpty(), () -> String.join("\n", differences));
    }
}
