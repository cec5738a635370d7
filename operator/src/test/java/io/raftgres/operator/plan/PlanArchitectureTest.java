package io.raftgres.operator.plan;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What is planned depends on nothing but what was seen. */
class PlanArchitectureTest {

    private static final JavaClasses OPERATOR = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.raftgres.operator");

    @Test
    void planAndGuardsKnowNoKubernetesNetworkOrClock() {
        classes()
                .that()
                .resideInAnyPackage(
                        "io.raftgres.operator.plan..",
                        "io.raftgres.operator.guard..",
                        "io.raftgres.operator.condition..",
                        "io.raftgres.operator.model..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.raftgres.operator.plan..",
                        "io.raftgres.operator.guard..",
                        "io.raftgres.operator.condition..",
                        "io.raftgres.operator.model..",
                        "java.lang..",
                        "java.util..")
                .check(OPERATOR);
    }

    @Test
    void guardsKnowNothingOfPlansAndPlansNothingOfConditions() {
        noClasses()
                .that()
                .resideInAPackage("io.raftgres.operator.guard..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.raftgres.operator.plan..")
                .check(OPERATOR);
        noClasses()
                .that()
                .resideInAPackage("io.raftgres.operator.plan..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.raftgres.operator.condition..", "io.raftgres.operator.status..")
                .check(OPERATOR);
    }
}
