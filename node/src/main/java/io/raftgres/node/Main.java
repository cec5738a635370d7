package io.raftgres.node;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.config.RenamedOptions;
import io.raftgres.node.recovery.ForcedNewCluster;
import io.raftgres.node.recovery.RestoredCluster;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import java.security.Security;
import java.util.Set;
import java.util.TreeSet;

/** Serves until it is stopped; or, with {@code raftgres.recover}, recovers the member's data and ends. */
@QuarkusMain
public final class Main {

    /**
     * Java caches a name's address for 30 s, and its absence for 10 s. A pod that starts may get another address in
     * that time.
     */
    private static final String NAMES_ARE_KEPT_SECONDS = "1";

    private static final String PLAIN_REST = "quarkus.http.host-enabled";

    private static final int EXIT_WRONG_OPTION = 2;

    private Main() {}

    public static void main(String... args) {
        Set<String> options = new TreeSet<>(System.getProperties().stringPropertyNames());
        // Quarkus reads this file from the working directory.
        options.addAll(RenamedOptions.namesIn(Path.of("config", "application.properties")));
        String renamed = RenamedOptions.objection(options, System.getenv().keySet());
        if (renamed != null) {
            System.err.println("raftgres: " + renamed);
            System.exit(EXIT_WRONG_OPTION);
        }
        Security.setProperty("networkaddress.cache.ttl", NAMES_ARE_KEPT_SECONDS);
        Security.setProperty("networkaddress.cache.negative.ttl", NAMES_ARE_KEPT_SECONDS);
        String recover = System.getProperty("raftgres.recover", System.getenv("RAFTGRES_RECOVER"));
        if (recover != null && !recover.isBlank()) {
            // No port is opened, and standard output has only the report.
            System.setProperty(PLAIN_REST, "false");
            System.setProperty("quarkus.log.console.stderr", "true");
            System.setProperty("quarkus.log.level", "WARN");
        }
        if ("required".equalsIgnoreCase(System.getProperty("raftgres.tls.mode", System.getenv("RAFTGRES_TLS_MODE")))
                && System.getProperty(PLAIN_REST) == null) {
            System.setProperty(PLAIN_REST, "false");
        }
        Quarkus.run(Application.class, args);
    }

    /** Runs after Quarkus has started; {@link NodeLifecycle} has begun to start the node by then. */
    public static final class Application implements QuarkusApplication {

        private static final int EXIT_NOT_RECOVERED = 1;

        @Inject
        NodeConfig config;

        @Override
        public int run(String... args) throws InterruptedException {
            if (config.recover().isEmpty()) {
                Quarkus.waitForExit();
                return 0;
            }
            try {
                String wanted = config.recover().get();
                (wanted.startsWith(RestoredCluster.OPTION)
                                ? RestoredCluster.run(
                                        config, Path.of(wanted.substring(RestoredCluster.OPTION.length())))
                                : ForcedNewCluster.run(config))
                        .forEach(System.out::println);
                return 0;
            } catch (IOException | RuntimeException e) {
                System.err.println("NOT RECOVERED: " + e.getMessage());
                return EXIT_NOT_RECOVERED;
            }
        }
    }
}
