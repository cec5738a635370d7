package io.raftgres.operator;

import io.javaoperatorsdk.operator.Operator;
import io.quarkiverse.operatorsdk.runtime.QuarkusConfigurationService;
import io.quarkiverse.operatorsdk.runtime.QuarkusControllerConfiguration;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;

/**
 * Registers the reconciler for all events, so that it also sees a RaftCluster that is being deleted. The framework's
 * own way, a Cleaner, would put a finalizer on every RaftCluster. Its Quarkus extension ignores the option in the
 * annotation of the reconciler, therefore this class sets it.
 */
class OperatorRegistration {

    @Produces
    @ApplicationScoped
    Operator operator(QuarkusConfigurationService configuration, RaftClusterReconciler reconciler) {
        Operator operator = new Operator(configuration);
        operator.register(reconciler, allEvents(configuration.getConfigurationFor(reconciler), configuration));
        operator.installShutdownHook(configuration.reconciliationTerminationTimeout());
        return operator;
    }

    private static QuarkusControllerConfiguration<RaftCluster> allEvents(
            QuarkusControllerConfiguration<RaftCluster> of, QuarkusConfigurationService parent) {
        var all =
                new QuarkusControllerConfiguration<>(
                        of.getInformerConfig(),
                        of.getName(),
                        of.isGenerationAware(),
                        of.getAssociatedReconcilerClassName(),
                        of.getRetry(),
                        of.getRateLimiter(),
                        of.maxReconciliationInterval().orElseThrow(),
                        of.getFinalizerName(),
                        of.fieldManager(),
                        of.getWorkflow(),
                        of.getResourceTypeName(),
                        of.getResourceClass()) {
                    @Override
                    public boolean triggerReconcilerOnAllEvents() {
                        return true;
                    }
                };
        all.setParent(parent);
        return all;
    }
}
