package io.raftgres.raft;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * The core is a pure function of its inputs: it uses no file, socket, thread or clock, and only seeded random numbers.
 */
@AnalyzeClasses(packagesOf = RaftCore.class, importOptions = DoNotIncludeTests.class)
class PurityTest {

    private static final String CORE = "io.raftgres.raft";

    @ArchTest
    static final ArchRule TOUCHES_NO_FILE_SOCKET_OR_CLOCK = noClasses()
            .that()
            .resideInAPackage(CORE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.nio..", "java.net..", "java.util.concurrent..", "java.time..", "java.lang.ref..");

    @ArchTest
    static final ArchRule USES_NO_FILE_CLASSES = noClasses()
            .that()
            .resideInAPackage(CORE)
            .should()
            .dependOnClassesThat()
            .haveNameMatching("java\\.io\\.(File.*|RandomAccessFile|Print.*|Console)")
            .orShould()
            .dependOnClassesThat()
            .haveNameMatching("java\\.lang\\.(Thread.*|Process.*|Runtime|ScopedValue.*)")
            .orShould()
            .dependOnClassesThat()
            .haveNameMatching("java\\.(security\\.SecureRandom|util\\.(UUID|Timer.*|Date|Calendar))");

    @ArchTest
    static final ArchRule ASKS_NO_CLOCK_AND_NO_CHANCE = noClasses()
            .that()
            .resideInAPackage(CORE)
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .callMethod(System.class, "identityHashCode", Object.class)
            .orShould()
            .callConstructor(java.util.Random.class);
}
