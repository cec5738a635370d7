package io.raftgres.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.raftgres.operator.api.FakeApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus;
import io.raftgres.operator.apply.RefusedWrites;
import io.raftgres.operator.status.StatusWriter;
import jakarta.inject.Inject;
import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The whole operator on an API server of a test, without its framework. */
final class OperatorBeans {

    private final Map<Class<?>, Object> beans = new HashMap<>();
    private final MeterRegistry registry = new SimpleMeterRegistry();

    /** @param statuses gets each status that the operator writes */
    OperatorBeans(FakeApiServer api, Consumer<RaftClusterStatus> statuses) {
        beans.put(KubernetesClient.class, api.client());
        beans.put(MeterRegistry.class, registry);
        beans.put(RefusedWrites.class, new RefusedWrites(registry));
        beans.put(
                OperatorConfig.class,
                Proxy.newProxyInstance(
                        getClass().getClassLoader(),
                        new Class<?>[] {OperatorConfig.class},
                        (self, method, arguments) -> "node:1"));
        beans.put(StatusWriter.class, new StatusWriter() {
            @Override
            public void write(RaftCluster of, RaftClusterStatus status) {
                statuses.accept(status);
            }
        });
    }

    MeterRegistry registry() {
        return registry;
    }

    RaftClusterReconciler reconciler() throws ReflectiveOperationException {
        return (RaftClusterReconciler) bean(RaftClusterReconciler.class);
    }

    private Object bean(Class<?> type) throws ReflectiveOperationException {
        Object known = beans.get(type);
        if (known != null) {
            return known;
        }
        Object bean = type.getDeclaredConstructor().newInstance();
        beans.put(type, bean);
        for (Field field : type.getDeclaredFields()) {
            if (field.isAnnotationPresent(Inject.class)) {
                field.setAccessible(true);
                field.set(bean, bean(field.getType()));
            }
        }
        return bean;
    }
}
