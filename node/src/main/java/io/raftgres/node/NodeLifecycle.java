package io.raftgres.node;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.service.KvService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Starts the node beside the HTTP server, so that health can be asked for meanwhile, and stops it with the process. A node
 * that cannot go on ends the process: it never serves on a disk or a log that failed.
 */
@ApplicationScoped
public class NodeLifecycle {

    private static final Logger LOG = Logger.getLogger(NodeLifecycle.class);
    private static final int EXIT_FAILED = 70;

    @Inject
    NodeConfig config;

    @ConfigProperty(name = "quarkus.application.version")
    String version;

    private final StartingKvService kv = new StartingKvService();
    private final List<Consumer<RunningNode>> onStarted = new CopyOnWriteArrayList<>();
    private volatile RunningNode node;
    private volatile Throwable failure;
    private volatile boolean stopping;
    private Thread starter;

    void onStart(@Observes StartupEvent event) {
        if (config.recover().isPresent()) {
            return;
        }
        // Shown in each line of the log; the raft thread sets it from then on.
        System.setProperty("raftgres.term", "-");
        starter = Thread.ofPlatform().name("start-" + config.name()).start(this::start);
    }

    void onStop(@Observes ShutdownEvent event) throws InterruptedException {
        stopping = true;
        if (starter == null) {
            return;
        }
        starter.interrupt();
        starter.join();
        RunningNode running = node;
        if (running != null) {
            kv.stopped();
            running.close();
            LOG.infof("%s has stopped", config.name());
        }
    }

    private void start() {
        try {
            RunningNode started = RunningNode.start(config, version, this::fail);
            node = started;
            kv.started(started.kv());
            onStarted.forEach(listener -> listener.accept(started));
            LOG.infof("%s has started: member %s", config.name(), Long.toHexString(started.self().id()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            if (!stopping) {
                fail(e);
            }
        }
    }

    private void fail(Throwable cause) {
        failure = cause;
        LOG.fatalf(cause, "%s stops: %s", config.name(), cause.getMessage());
        Thread.ofPlatform().daemon().name("exit").start(() -> Quarkus.asyncExit(EXIT_FAILED));
    }

    /** Calls back once the node runs; at once when it does. */
    public void onStarted(Consumer<RunningNode> listener) {
        onStarted.add(listener);
        RunningNode running = node;
        if (running != null) {
            listener.accept(running);
        }
    }

    /** @return null while it starts */
    RunningNode node() {
        return node;
    }

    /** @return why the node ends, null when it does not */
    Throwable failure() {
        return failure;
    }

    @Produces
    @Singleton
    KvService kv() {
        return kv;
    }
}
