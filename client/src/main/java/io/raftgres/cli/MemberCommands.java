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
        description = "Lists and changes the members of a cluster, one change at a time. For the"
                + " nodes of a cluster on this machine, 'raftgres node add', 'remove' and 'replace' do it together with their"
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
                spec.commandLine(), "Say what to do: list, add, promote, update or remove.");
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

        /** Says what was done; as a table or JSON, the member as it is now. */
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
        @Parameters(index = "0", paramLabel = "MEMBER", description = "Its name, or its id of 16 hexadecimal digits.")
        String member;
    }

    @Command(
            name = "list",
            description = "Lists the members: how far each has the leader's log (MATCH), how many"
                    + " entries it is behind (LAG), and what is wrong with it (ALARMS).",
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
            description = "Adds a member as a learner, which receives everything and counts in no"
                    + " majority. Its node, started without data and with raftgres.join, does this by itself.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Add extends OnCluster {
        @Parameters(index = "0", paramLabel = "NAME", description = "Its name, such as node4.")
        private String name;

        @Parameters(index = "1", paramLabel = "PEER", description = "host:port where the other members reach it.")
        private String peer;

        @Parameters(index = "2", paramLabel = "CLIENT", description = "URL where clients reach it.")
        private String url;

        @Option(
                names = "--replace",
                description = "Remove a member of this name first; only one that cannot be"
                        + " reached. The new one has an id of its own.")
        private boolean replace;

        @Override
        void work(RaftgresClient client) {
            Member member = client.addMember(name, peer, url, replace).member();
            done("added " + member.name() + " as a learner, id " + member.id(), member);
        }
    }

    @Command(
            name = "promote",
            description = "Makes a learner that has caught up a voter.",
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
            description = "Changes where a member is reached.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Update extends OnMember {
        @Option(
                names = "--peer-address",
                paramLabel = "ADDRESS",
                description = "host:port where the other members reach it. Default: as it is.")
        private String peer;

        @Option(
                names = "--client-address",
                paramLabel = "URL",
                description = "URL where clients reach it. Default: as it is.")
        private String url;

        @Override
        void work(RaftgresClient client) {
            if (peer == null && url == null) {
                throw new CommandLine.ParameterException(
                        spec.commandLine(), "Say what to change: --peer-address, --client-address or both.");
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
            description = "Removes a member for ever; a leader hands the leadership over first. Its"
                    + " node serves no more, and its data is not touched.",
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
