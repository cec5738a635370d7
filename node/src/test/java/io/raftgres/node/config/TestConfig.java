package io.raftgres.node.config;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Map;

/** Reads a node's configuration from an environment. */
public final class TestConfig {

    private TestConfig() {}

    /** @param namesAndValues names and values alternately; names without RAFTGRES_ */
    public static NodeConfig config(String... namesAndValues) {
        Map<String, String> environment = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            environment.put("RAFTGRES_" + namesAndValues[i], namesAndValues[i + 1]);
        }
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .withSources(new EnvConfigSource(environment, 300))
                .withMapping(NodeConfig.class)
                .build()
                .getConfigMapping(NodeConfig.class);
    }
}
