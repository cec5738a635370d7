package io.raftgres.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus;
import io.raftgres.operator.status.StatusWriter;
import jakarta.inject.Inject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The whole operator on an API server of a test, without its framework: does what the container of Quarkus does. */
final class OperatorBeans {

    private final Map<Class<?>, Object> beans = new HashMap<>();

    OperatorBeans(KubernetesClient client) {
        beans.put(KubernetesClient.class, client);
        beans.put(MeterRegistry.class, new SimpleMeterRegistry());
        beans.put(OperatorConfig.class, new OperatorConfig() {
            @Override
            public String nodeImage() {
                return "node:1";
            }

            @Override
            public Optional<String> namespace() {
                return Optional.of("ns");
            }

            @Override
            public String lease() {
                return "lease";
            }
        });
    }

    /** @param statuses gets each status that the operator writes, in place of the API server */
    OperatorBeans(KubernetesClient client, Consumer<RaftClusterStatus> statuses) {
        this(client);
        beans.put(StatusWriter.class, new StatusWriter() {
            @Override
            public void write(RaftCluster of, RaftClusterStatus status) {
                statuses.accept(status);
            }
        });
    }

    RaftClusterReconciler reconciler() throws ReflectiveOperationException {
        return (RaftClusterReconciler) bean(RaftClusterReconciler.class);
    }

    private Object bean(Class<?> type) throws ReflectiveOperationException {
        Object known = beans.get(type);
        if (known != null) {
            return known;
        }
        Constructor<?> constructor = type.getConstructors()[0];
        Object[] arguments = new Object[constructor.getParameterCount()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = bean(constructor.getParameterTypes()[i]);
        }
        Object bean = constructor.newInstance(arguments);
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
