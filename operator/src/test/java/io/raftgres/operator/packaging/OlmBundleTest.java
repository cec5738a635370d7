package io.raftgres.operator.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundle for OLM follows the rules of {@code operator-sdk bundle validate}, and says what the chart says. */
class OlmBundleTest {

    private static final Path ROOT = Path.of("..");
    private static final String IMAGE = "registry.example.com/raftgres/operator:1";
    private static final long SECONDS = 60;
    private static final String VERSION = "(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(-[0-9A-Za-z.-]+)?";

    @TempDir
    private Path bundle;

    private JsonNode csv;

    @BeforeEach
    void make() throws Exception {
        Process process = new ProcessBuilder(
                        ROOT.resolve("k8s/olm/make-bundle").toString(), bundle.toString(), "--image", IMAGE)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(SECONDS, TimeUnit.SECONDS), output);
        assertEquals(0, process.exitValue(), output);
        csv = yaml(bundle.resolve("manifests/raftgres-operator.clusterserviceversion.yaml"));
    }

    @Test
    void annotationsNameTheBundlesParts() throws IOException {
        JsonNode annotations = yaml(bundle.resolve("metadata/annotations.yaml")).path("annotations");
        String prefix = "operators.operatorframework.io.bundle.";
        assertEquals("registry+v1", annotations.path(prefix + "mediatype.v1").asText());
        assertEquals("manifests/", annotations.path(prefix + "manifests.v1").asText());
        assertEquals("metadata/", annotations.path(prefix + "metadata.v1").asText());
        assertEquals(
                "raftgres-operator", annotations.path(prefix + "package.v1").asText());
        assertTrue(List.of(annotations.path(prefix + "channels.v1").asText().split(","))
                .contains(annotations.path(prefix + "channel.default.v1").asText()));
        String image = Files.readString(bundle.resolve("bundle.Dockerfile"));
        annotations
                .properties()
                .forEach(each -> assertTrue(
                        image.contains(
                                "LABEL " + each.getKey() + "=" + each.getValue().asText() + "\n"),
                        image));
    }

    @Test
    void theVersionIsTheChartsAndIsInTheName() throws IOException {
        JsonNode chart = yaml(ROOT.resolve("helm/raftgres-operator/Chart.yaml"));
        String version = csv.at("/spec/version").asText();
        assertEquals(chart.path("version").asText(), version);
        assertTrue(version.matches(VERSION), version);
        String name = csv.at("/metadata/name").asText();
        assertEquals("raftgres-operator.v" + version.toLowerCase(Locale.ROOT), name);
        assertTrue(name.matches("[a-z0-9]([-a-z0-9.]*[a-z0-9])?"), name);
        String kubernetes = csv.at("/spec/minKubeVersion").asText();
        assertTrue(kubernetes.matches(VERSION), kubernetes);
        assertTrue(chart.path("kubeVersion").asText().contains(kubernetes));
    }

    @Test
    void whatPeopleReadIsThere() {
        assertEquals("operators.coreos.com/v1alpha1", csv.path("apiVersion").asText());
        assertEquals("ClusterServiceVersion", csv.path("kind").asText());
        for (String field : List.of("displayName", "description", "maturity")) {
            assertFalse(csv.at("/spec/" + field).asText().isBlank(), field);
        }
        assertFalse(csv.at("/spec/provider/name").asText().isBlank());
        assertTrue(Set.of("Basic Install", "Seamless Upgrades", "Full Lifecycle", "Deep Insights", "Auto Pilot")
                .contains(csv.at("/metadata/annotations/capabilities").asText()));
        assertEquals("Database", csv.at("/metadata/annotations/categories").asText());
        assertEquals(IMAGE, csv.at("/metadata/annotations/containerImage").asText());
    }

    @Test
    void eachInstallModeIsNamedOnceAndOneIsSupported() {
        Set<String> modes = new HashSet<>();
        int supported = 0;
        for (JsonNode mode : csv.at("/spec/installModes")) {
            assertTrue(modes.add(mode.path("type").asText()), mode::toString);
            supported += mode.path("supported").asBoolean() ? 1 : 0;
        }
        assertEquals(Set.of("OwnNamespace", "SingleNamespace", "MultiNamespace", "AllNamespaces"), modes);
        assertTrue(supported > 0);
    }

    @Test
    void theOwnedDefinitionIsInTheBundleAndHasAnExample() throws IOException {
        Path file = bundle.resolve("manifests/raftclusters.raftgres.io.crd.yaml");
        CustomResourceDefinition crd = Serialization.unmarshal(Files.readString(file), CustomResourceDefinition.class);
        JsonNode owned = csv.at("/spec/customresourcedefinitions/owned");
        assertEquals(1, owned.size());
        assertEquals(crd.getMetadata().getName(), owned.at("/0/name").asText());
        assertEquals(crd.getSpec().getNames().getKind(), owned.at("/0/kind").asText());
        assertEquals(
                crd.getSpec().getVersions().getFirst().getName(),
                owned.at("/0/version").asText());
        assertEquals(Files.readString(ROOT.resolve("crds/raftclusters.raftgres.io-v1.yml")), Files.readString(file));
        JsonNode examples = new ObjectMapper()
                .readTree(csv.at("/metadata/annotations/alm-examples").asText());
        assertEquals(1, examples.size());
        assertEquals("RaftCluster", examples.at("/0/kind").asText());
        assertEquals("raftgres.io/v1alpha1", examples.at("/0/apiVersion").asText());
    }

    @Test
    void deploymentAndPermissionsAreTheCharts() throws IOException {
        JsonNode install = csv.at("/spec/install/spec");
        assertEquals("deployment", csv.at("/spec/install/strategy").asText());
        assertEquals(
                chart("ClusterRole", "raftgres-system:raftgres-operator", "rules"),
                rules(install, "clusterPermissions"));
        assertEquals(chart("Role", "raftgres-operator-leader-election", "rules"), rules(install, "permissions"));
        assertEquals(1, install.path("deployments").size());
        JsonNode deployment = install.at("/deployments/0/spec");
        String image = deployment.at("/template/spec/containers/0/image").asText();
        assertEquals(IMAGE, image);
        String expected = chart("Deployment", "raftgres-operator", "spec").toString();
        assertEquals(expected, deployment.toString().replace(IMAGE, imageOfTheChart()));
        assertEquals(
                "raftgres-operator",
                deployment.at("/template/spec/serviceAccountName").asText());
    }

    private static JsonNode rules(JsonNode install, String permissions) {
        assertEquals(1, install.path(permissions).size());
        assertEquals(
                "raftgres-operator",
                install.at("/" + permissions + "/0/serviceAccountName").asText());
        return install.at("/" + permissions + "/0/rules");
    }

    private static String imageOfTheChart() throws IOException {
        return chart("Deployment", "raftgres-operator", "spec")
                .at("/template/spec/containers/0/image")
                .asText();
    }

    /** @return a field of an object in the manifests that are made from the chart */
    private static JsonNode chart(String kind, String name, String field) throws IOException {
        List<Object> objects = new ArrayList<>();
        try (InputStream file = Files.newInputStream(ROOT.resolve("k8s/operator/operator.yaml"))) {
            for (String each : new String(file.readAllBytes(), StandardCharsets.UTF_8).split("(?m)^---\\n")) {
                GenericKubernetesResource object = Serialization.unmarshal(each, GenericKubernetesResource.class);
                if (object != null
                        && kind.equals(object.getKind())
                        && name.equals(object.getMetadata().getName())) {
                    objects.add(object.getAdditionalProperties().get(field));
                }
            }
        }
        assertEquals(1, objects.size(), kind + " " + name);
        return new ObjectMapper().valueToTree(objects.getFirst());
    }

    private static JsonNode yaml(Path file) throws IOException {
        return Serialization.unmarshal(Files.readString(file), JsonNode.class);
    }
}
