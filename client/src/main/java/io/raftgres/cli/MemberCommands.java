package io.raftgres.cli;

import io.raftgres.client.ClusterStatus.Member;
import io.raftgres.client.RaftgresClient;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "member",
        description = "Lists and changes the members of a cluster, one change at a time. For the nodes of a cluster"
                + " on this machine, 'raftgres node add', 'remove' and 'replace' also change their"
                + " processes.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            MemberCommands.ListAll.class,
            MemberCommands.Add.class,
            MemberCommands.Promote.class,
            MemberCommands.Update.class,
            MemberCommands.Remove.class,
        })
final class MemberCommands implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        throw new CommandLine.ParameterException(
                spec.commandLine(), "Name an action: list, add, promote, update or remove.");
    }

    private abstract static class OnCluster implements Callable<Integer> {
        @CommandLine.Spec
        CommandLine.Model.CommandSpec spec;

        @Mixin
        private ClientOptions options = new ClientOptions();

        @Override
        public Integer call() {
            try (RaftgresClient client = options.client()) {
                work(client);
            }
            return ExitCode.DONE;
        }

        abstract void work(RaftgresClient client);

        void list(List<Member> members) {
            MemberTable.print(spec.commandLine().getOut(), options.output(OutputFormat.TABLE), members);
        }

        /** Prints what was done; as a table or JSON, the member's current state. */
        void done(String sentence, Member member) {
            OutputFormat output = options.output(OutputFormat.PLAIN);
            if (output == OutputFormat.PLAIN) {
                spec.commandLine().getOut().println(sentence);
            } else {
                MemberTable.print(spec.commandLine().getOut(), output, List.of(member));
            }
        }
    }

    private abstract static class OnMember extends OnCluster {
        @Parameters(
                index = "0",
                paramLabel = "MEMBER",
                description = "Name of the member, or its id of 16" + " hexadecimal digits.")
        String member;
    }

    @Command(
            name = "list",
            description = "Lists the members: the index up to which each has the leader's log (MATCH), the number of"
                    + " entries by which it is behind (LAG), and its alarms (ALARMS).",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class ListAll extends OnCluster {
        @Override
        void work(RaftgresClient client) {
            list(client.cluster().members());
        }
    }

    @Command(
            name = "add",
            description = "Adds a member as a learner. A learner receives the log, but does not count in a majority."
                    + " A node that starts without data and with raftgres.join adds itself.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Add extends OnCluster {
        @Parameters(index = "0", paramLabel = "NAME", description = "Name of the new member, such as node4.")
        private String name;

        @Parameters(index = "1", paramLabel = "PEER", description = "host:port at which the other members reach it.")
        private String peer;

        @Parameters(index = "2", paramLabel = "CLIENT", description = "URL at which clients reach it.")
        private String url;

        @Option(
                names = "--replace",
                description = "First remove the member that has this name. It must be unreachable. The new member"
                        + " gets another id.")
        private boolean replace;

        @Override
        void work(RaftgresClient client) {
            Member member = client.addMember(name, peer, url, replace).member();
            done("added " + member.name() + " as a learner, id " + member.id(), member);
        }
    }

    @Command(
            name = "promote",
            description = "Makes a learner a voter. It must have caught up with the leader.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Promote extends OnMember {
        @Override
        void work(RaftgresClient client) {
            Member promoted = client.promoteMember(member);
            done("promoted " + promoted.name() + ": it is a voter", promoted);
        }
    }

    @Command(
            name = "update",
            description = "Changes the addresses of a member.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Update extends OnMember {
        @Option(
                names = "--peer-address",
                paramLabel = "ADDRESS",
                description = "host:port at which the other members reach it. Default: unchanged.")
        private String peer;

        @Option(
                names = "--client-address",
                paramLabel = "URL",
                description = "URL at which clients reach it. Default: unchanged.")
        private String url;

        @Override
        void work(RaftgresClient client) {
            if (peer == null && url == null) {
                throw new CommandLine.ParameterException(
                        spec.commandLine(), "Give the new address: --peer-address, --client-address or both.");
            }
            Member updated = client.updateMember(member, peer, url);
            done(
                    "updated " + updated.name() + ": peers reach it at " + updated.peerAddress() + ", clients at "
                            + updated.clientAddress(),
                    updated);
        }
    }

    @Command(
            name = "remove",
            description = "Removes a member permanently. A leader transfers its leadership first. The member's node"
                    + " stops serving, and its data stays.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Remove extends OnMember {
        @Override
        void work(RaftgresClient client) {
            Member removed = client.removeMember(member);
            done("removed " + removed.name() + ", id " + removed.id(), removed);
        }
    }
}
