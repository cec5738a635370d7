package io.raftgres.node.etcd.maintenance;

import io.grpc.BindableService;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.health.StatusBroadcast;
import java.util.concurrent.TimeUnit;

/**
 * Sets the status of gRPC's health protocol: serving while this node has its state and knows a leader. Checked twice a
 * second.
 */
public final class HealthReport implements AutoCloseable {

    private static final long LOOK_MILLIS = 500;

    private final KvService service;
    private final HealthStatusManager manager = new HealthStatusManager();
    private final Thread thread = Thread.ofVirtual().name("grpc-health").unstarted(this::run);

    public HealthReport(KvService service) {
        this.service = service;
        set();
    }

    public BindableService endpoint() {
        return manager.getHealthService();
    }

    public void start() {
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                set();
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void set() {
        manager.setStatus(
                HealthStatusManager.SERVICE_NAME_ALL_SERVICES,
                serves() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
    }

    private boolean serves() {
        try {
            return service.hasLeader()
                    && service.cluster()
                            .own()
                            .filter(member -> member.state().equals(StatusBroadcast.SERVING))
                            .isPresent();
        } catch (ServiceException e) {
            return false;
        }
    }

    /** Notifies the watchers of the health protocol. */
    @Override
    public void close() {
        thread.interrupt();
        manager.enterTerminalState();
    }
}
