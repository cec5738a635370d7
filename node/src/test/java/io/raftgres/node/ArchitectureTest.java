package io.raftgres.node;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The layers of the node: APIs over service, service over consensus, consensus over log, state machine, store and
 * peers.
 */
class ArchitectureTest {

    private static final JavaClasses NODE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.raftgres.node");

    @Test
    void packagesFormNoCycle() {
        slices().matching("io.raftgres.node.(*)..").should().beFreeOfCycles().check(NODE);
    }

    @Test
    void dividedPackagesFormNoCycle() {
        for (String divided : List.of("etcd", "service", "store")) {
            slices().matching("io.raftgres.node." + divided + ".(**)")
                    .should()
                    .beFreeOfCycles()
                    .check(NODE);
        }
    }

    @Test
    void stateMachineDependsOnNoDatabaseNetworkOrClock() {
        noClasses()
                .that()
                .resideInAPackage("io.raftgres.node.kv..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.sql..",
                        "java.net..",
                        "java.time..",
                        "io.vertx..",
                        "io.quarkus..",
                        "io.raftgres.node.store..",
                        "io.raftgres.node.log..",
                        "io.raftgres.node.peer..")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .check(NODE);
    }

    @Test
    void logAndPeersDoNotDependOnTheirPayload() {
        noClasses()
                .that()
                .resideInAnyPackage("io.raftgres.node.log..", "io.raftgres.node.peer..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.raftgres.node.kv..",
                        "io.raftgres.node.store..",
                        "io.raftgres.node.service..",
                        "io.raftgres.node.consensus..")
                .check(NODE);
    }

    @Test
    void apiDependsOnTheServiceOnly() {
        noClasses()
                .that()
                .resideInAPackage("io.raftgres.node.rest..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.raftgres.node.consensus..",
                        "io.raftgres.node.store..",
                        "io.raftgres.node.log..",
                        "io.raftgres.node.peer..")
                .check(NODE);
    }
}
