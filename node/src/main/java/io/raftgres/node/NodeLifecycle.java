package io.raftgres.node;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.raftgres.node.config.MemberIdentity;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.join.IdentityResolution;
import io.raftgres.node.join.Quarantine;
import io.raftgres.node.join.RemovedException;
import io.raftgres.node.log.SegmentedLog;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.service.KvService;
import io.raftgres.node.tls.NodeTls;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Starts, restarts and stops the node while the HTTP server runs, so that health can always be read. A member whose
 * state or identity is replaced restarts in the same process. A node that cannot continue ends the process: it never
 * serves on a failed disk or log.
 */
@ApplicationScoped
public class NodeLifecycle {

    private static final Logger LOG = Logger.getLogger(NodeLifecycle.class);
    private static final int EXIT_FAILED = 70;

    @Inject
    NodeConfig config;

    @Inject
    Instance<NodeMemory> memory;

    @Inject
    Instance<NodeTls> tls;

    @ConfigProperty(name = "quarkus.application.version")
    String version;

    private final StartingKvService kv = new StartingKvService();
    private final List<Consumer<RunningNode>> onStarted = new CopyOnWriteArrayList<>();
    private final BlockingQueue<StopReason> endings = new LinkedBlockingQueue<>();
    private final AtomicLong rebuilds = new AtomicLong();
    private volatile RunningNode node;
    private volatile Throwable failure;
    private volatile String removed;
    private volatile boolean stopping;
    private Thread runner;

    void onStart(@Observes StartupEvent event) {
        if (config.recover().isPresent()) {
            return;
        }
        // Appears in each line of the log; later the raft thread sets it.
        System.setProperty("log.term", "-");
        runner = Thread.ofPlatform().name("node-" + config.name()).start(this::run);
    }

    void onStop(@Observes ShutdownEvent event) throws InterruptedException {
        stopping = true;
        if (runner == null) {
            return;
        }
        runner.interrupt();
        runner.join();
        RunningNode running = node;
        if (running != null) {
            kv.unavailable("the node is stopping");
            running.close();
            LOG.infof("%s has stopped", config.name());
        }
    }

    private void run() {
        try {
            while (!stopping) {
                StopReason reason = live();
                if (!(end(reason))) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            if (!stopping) {
                fail(e);
            }
        }
    }

    /** One run of the node, from its start to its stop. */
    private StopReason live() throws IOException, InterruptedException {
        endings.clear();
        try {
            RunningNode started = RunningNode.start(config, memory.get(), tls.get(), version, endings::add);
            node = started;
            kv.started(started.kv());
            onStarted.forEach(listener -> listener.accept(started));
            LOG.infof(
                    "%s has started: member %s",
                    config.name(), Long.toHexString(started.self().id()));
        } catch (StartRefusedException e) {
            return e.stopReason();
        } catch (RemovedException e) {
            return new StopReason.Removed(e.getMessage());
        }
        return endings.take();
    }

    /** @return whether the node runs again */
    private boolean end(StopReason reason) throws IOException {
        RunningNode ended = node;
        Path directory = config.dataDir().toAbsolutePath();
        switch (reason) {
            case StopReason.Failed failed -> {
                fail(failed.cause());
                return false;
            }
            case StopReason.Rebuild rebuild -> {
                LOG.errorf(
                        "%s discards its state, and rebuilds it from the other members: %s",
                        config.name(), rebuild.reason());
                rebuilds.incrementAndGet();
                kv.unavailable("this member is being rebuilt from the others: " + rebuild.reason());
                // Before anything else: a crash must not let the state be served again.
                new Quarantine(rebuild.reason(), 0).write(directory);
                close(ended);
            }
            case StopReason.SnapshotArrived arrived -> {
                kv.unavailable("this member is installing a snapshot from another member");
                close(ended);
            }
            case StopReason.Replace replace -> {
                IdentityResolution.requireOthers(config, directory, replace.reason());
                LOG.errorf("%s joins again as a new member: %s", config.name(), replace.reason());
                rebuilds.incrementAndGet();
                kv.unavailable("this member joins again as a new member: " + replace.reason());
                close(ended);
                // The quarantine names the log: after a crash before the log is set aside, the member must not vote or
                // acknowledge with it.
                new Quarantine(
                                "its rows belong to a member whose log was lost: " + replace.reason(),
                                MemberIdentity.read(directory)
                                        .map(MemberIdentity::memberId)
                                        .orElse(0L))
                        .write(directory);
                SegmentedLog.setAside(NodeConfig.logDirectory(config));
            }
            case StopReason.Removed gone -> {
                LOG.errorf("%s: %s. It no longer serves", config.name(), gone.reason());
                removed = gone.reason();
                kv.removed();
                close(ended);
                Optional<MemberIdentity> identity = MemberIdentity.read(directory);
                if (identity.isPresent()) {
                    identity.get().asRemoved().write(directory);
                }
                return false;
            }
        }
        return true;
    }

    private void close(RunningNode ended) {
        node = null;
        if (ended != null) {
            ended.close();
        }
    }

    private void fail(Throwable cause) {
        failure = cause;
        LOG.fatalf(cause, "%s stops: %s", config.name(), cause.getMessage());
        Thread.ofPlatform().daemon().name("exit").start(() -> Quarkus.asyncExit(EXIT_FAILED));
    }

    /** Calls back whenever the node has started; at once if it already has. */
    public void onStarted(Consumer<RunningNode> listener) {
        onStarted.add(listener);
        RunningNode running = node;
        if (running != null) {
            listener.accept(running);
        }
    }

    /** @return null while it starts or restarts, and after it was removed */
    RunningNode node() {
        return node;
    }

    /** @return why the process ends; null when it does not */
    Throwable failure() {
        return failure;
    }

    /** @return why this member no longer serves; null when it was not removed */
    String removed() {
        return removed;
    }

    /** @return number of times that this process discarded its state or its identity */
    long rebuilds() {
        return rebuilds.get();
    }

    /** @throws IllegalArgumentException when the process has too little memory */
    @Produces
    @Singleton
    static NodeMemory memory() {
        return NodeMemory.ofThisProcess();
    }

    /**
     * @throws IllegalArgumentException when options contradict each other
     * @throws IOException when a certificate or key cannot be used
     */
    @Produces
    @Singleton
    static NodeTls tls(NodeConfig config) throws IOException {
        return config.recover().isPresent() ? NodeTls.off() : NodeTls.open(config);
    }

    @Produces
    @Singleton
    KvService kv() {
        return kv;
    }
}
