package io.raftgres.node;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.constructors;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.raftgres.node.auth.Caller;
import io.raftgres.node.auth.Callers;
import io.raftgres.node.auth.UserTokens;
import io.raftgres.node.etcd.EtcdServer;
import io.raftgres.node.kv.AuthStore;
import io.raftgres.node.rest.RestApi;
import io.raftgres.node.service.KvGate;
import io.raftgres.node.service.KvService;
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

    @Test
    void onlyThePackageAuthMakesACaller() {
        constructors().that().areDeclaredIn(Caller.class).should().bePrivate().check(NODE);
        methods()
                .that()
                .haveRawReturnType(Caller.class)
                .and()
                .areDeclaredInClassesThat()
                .resideInAPackage("io.raftgres.node.auth..")
                .and()
                .areNotDeclaredIn(Callers.class)
                .should()
                .bePackagePrivate()
                .check(NODE);
        noClasses()
                .that()
                .resideOutsideOfPackages("io.raftgres.node.auth..", "io.raftgres.node.consensus..")
                .should()
                .callConstructor(Callers.class, AuthStore.class, UserTokens.class)
                .check(NODE);
    }

    @Test
    void endpointsAndRoutesReachTheServiceOnlyForACaller() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(EtcdServer.class.getName())
                .and()
                .doNotHaveFullyQualifiedName(RestApi.class.getName())
                .should()
                .callConstructor(KvGate.class, KvService.class)
                .check(NODE);
        noFields()
                .that()
                .areDeclaredInClassesThat()
                .haveNameMatching(".*\\.node\\.(rest\\..*Routes?|etcd\\..*Endpoint)")
                .and()
                .areDeclaredInClassesThat()
                .doNotHaveSimpleName("RestRoutes")
                .should()
                .haveRawType(KvService.class)
                .check(NODE);
    }
}
