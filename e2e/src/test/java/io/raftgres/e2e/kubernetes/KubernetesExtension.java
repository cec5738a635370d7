package io.raftgres.e2e.kubernetes;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.opentest4j.TestAbortedException;

/** Installs the operator, creates and deletes namespaces, and prints the cluster's state when a test fails. */
final class KubernetesExtension
        implements BeforeAllCallback, BeforeTestExecutionCallback, AfterTestExecutionCallback, ParameterResolver {

    private static final ExtensionContext.Namespace STORE =
            ExtensionContext.Namespace.create(KubernetesExtension.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        context.getRoot().getStore(STORE).computeIfAbsent(Operator.class, key -> Operator.installed(), Operator.class);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Namespace.class || type == Operator.class || type == RaftCluster.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Operator.class
                ? operator(context)
                : type == Namespace.class ? namespace(context) : shared(context);
    }

    private static RaftCluster shared(ExtensionContext context) {
        SharedCluster shared = context.getRoot()
                .getStore(STORE)
                .computeIfAbsent(SharedCluster.class, key -> new SharedCluster(), SharedCluster.class);
        // Not the cluster itself: JUnit closes the entries of a test's own store with the test.
        context.getStore(STORE).put("sharing", true);
        return shared.healthy();
    }

    private static Operator operator(ExtensionContext context) {
        return context.getRoot().getStore(STORE).get(Operator.class, Operator.class);
    }

    /** The store closes this when the test is over. */
    private static Namespace namespace(ExtensionContext context) {
        return context.getStore(STORE)
                .computeIfAbsent(
                        Namespace.class,
                        key -> Namespace.create(context.getRequiredTestClass().getSimpleName()),
                        Namespace.class);
    }

    @Override
    public void beforeTestExecution(ExtensionContext context) {
        System.out.printf("%n== %s: %s%n", context.getRequiredTestClass().getSimpleName(), context.getDisplayName());
        context.getStore(STORE).put("begun", System.nanoTime());
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        long nanos = System.nanoTime() - context.getStore(STORE).get("begun", Long.class);
        System.out.printf("--> it took %d s%n", TimeUnit.NANOSECONDS.toSeconds(nanos));
        Throwable failure = context.getExecutionException().orElse(null);
        if (failure == null || failure instanceof TestAbortedException) {
            return;
        }
        System.out.println("--> it failed: " + failure);
        Namespace namespace = context.getStore(STORE).get(Namespace.class, Namespace.class);
        if (namespace != null) {
            Diagnostics.print(namespace.name(), operator(context));
        }
        if (context.getStore(STORE).get("sharing") != null) {
            SharedCluster shared = context.getRoot().getStore(STORE).get(SharedCluster.class, SharedCluster.class);
            Diagnostics.print(shared.namespace(), operator(context));
            shared.discard();
        }
    }
}
