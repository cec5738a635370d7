package io.raftgres.operator.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/** Makes the CRD out of the types, and adds what the generator has no annotation for. */
public final class CrdFile implements CRDPostProcessor {

    private static final String NAME = "raftclusters.raftgres.io-v1.yml";
    private static final List<String> COLUMNS =
            List.of("State", "Desired", "Ready", "Leader", "Quorum", "Version", "Age", "Waits For");

    /** @return the one that is checked in, seen from the module's directory */
    public static Path checkedIn() {
        return Path.of("..", "crds", NAME);
    }

    static String generate(Path scratch) throws IOException {
        new CRDGenerator()
                .customResourceClasses(RaftCluster.class)
                .forCRDVersions("v1")
                .withMinQuotes(true)
                .withPostProcessor(new CrdFile())
                .inOutputDir(scratch.toFile())
                .detailedGenerate();
        String text = Files.readString(scratch.resolve(NAME));
        return "# Made from operator/src/main/java/io/raftgres/operator/api:"
                + " ./raftgres test writes it again when they differ.\n"
                + text.substring(text.indexOf('\n') + 1);
    }

    @Override
    public HasMetadata process(HasMetadata generated, String version) {
        CustomResourceDefinition crd = (CustomResourceDefinition) generated;
        CustomResourceDefinitionVersion only = crd.getSpec().getVersions().getFirst();
        only.getAdditionalPrinterColumns().sort(Comparator.comparingInt(column -> COLUMNS.indexOf(column.getName())));
        JSONSchemaProps root = only.getSchema().getOpenAPIV3Schema();
        root.setDescription("A Raftgres cluster: a strongly consistent key-value database, one pod per member.");
        JSONSchemaProps spec = root.getProperties().get("spec");
        spec.setDescription("The specification of the cluster. Every field may be left out.");
        spec.setDefault(JsonNodeFactory.instance.objectNode());
        values(spec.getProperties().get("postgres").getProperties().get("settings"), 256);
        values(spec.getProperties().get("podLabels"), 63);
        items(spec.getProperties().get("allowedHosts")).setMaxLength(253L);
        Map<String, JSONSchemaProps> config = spec.getProperties().get("config").getProperties();
        items(config.get("allowedOrigins")).setMaxLength(253L);
        items(config.get("jvmOptions")).setMaxLength(253L);
        variables(spec.getProperties().get("env"));
        for (JSONSchemaProps service :
                spec.getProperties().get("services").getProperties().values()) {
            values(service.getProperties().get("labels"), 63);
            values(service.getProperties().get("annotations"), 4096);
            items(service.getProperties().get("loadBalancerSourceRanges")).setMaxLength(64L);
        }
        spec.getProperties().put("podTemplate", written("/crd/pod-template.yaml"));
        JSONSchemaProps status = root.getProperties().get("status");
        status.setDescription("The status of the cluster. Written by the operator.");
        byKey(status.getProperties().get("conditions"), "type");
        byKey(status.getProperties().get("members"), "name");
        tidy(root);
        describe(List.of(), root, resource("/crd/descriptions.yaml"));
        return crd;
    }

    /** A schema that no type gives. */
    private static JSONSchemaProps written(String resource) {
        return new KubernetesSerialization().convertValue(expand(resource(resource)), JSONSchemaProps.class);
    }

    private static JsonNode resource(String resource) {
        try (InputStream in = CrdFile.class.getResourceAsStream(resource)) {
            return Serialization.unmarshal(in, JsonNode.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** YAML's merge key, which the parser does not know: the other fields take precedence. */
    private static JsonNode expand(JsonNode node) {
        if (node instanceof ObjectNode object) {
            ObjectNode all = object.get("<<") instanceof ObjectNode base ? base.deepCopy() : object.objectNode();
            object.properties().forEach(field -> all.set(field.getKey(), expand(field.getValue())));
            return all.without("<<");
        }
        if (node instanceof ArrayNode list) {
            ArrayNode all = list.arrayNode();
            list.forEach(item -> all.add(expand(item)));
            return all;
        }
        return node;
    }

    /** Kubernetes' own types have no descriptions. A field gets that of its name, or of the end of its path. */
    private static void describe(List<String> path, JSONSchemaProps schema, JsonNode descriptions) {
        if (schema.getProperties() != null) {
            schema.getProperties().forEach((name, field) -> {
                String parent = path.isEmpty() ? "" : path.getLast();
                JsonNode found = descriptions.path(parent + "." + name);
                String text = found.asText(descriptions.path(name).asText());
                if (field.getDescription() == null && !text.isEmpty()) {
                    field.setDescription(text);
                }
                List<String> below = new ArrayList<>(path);
                below.add(name);
                describe(below, field, descriptions);
            });
        }
        if (schema.getItems() != null && schema.getItems().getSchema() != null) {
            describe(path, schema.getItems().getSchema(), descriptions);
        }
    }

    /** The cost of a rule is estimated from how long values can be. */
    private static void values(JSONSchemaProps map, long charsMax) {
        map.getAdditionalProperties().getSchema().setMaxLength(charsMax);
    }

    private static JSONSchemaProps items(JSONSchemaProps list) {
        return list.getItems().getSchema();
    }

    private static void variables(JSONSchemaProps list) {
        byKey(list, "name");
        Map<String, JSONSchemaProps> fields = items(list).getProperties();
        fields.get("name").setMaxLength(253L);
        fields.get("name").setDescription("Name of the variable.");
        fields.get("value").setDescription("Value; $(NAME) in it stands for a variable that is set before it.");
        fields.get("valueFrom")
                .setDescription("Source of the value: a key of a Secret or ConfigMap, a field of the pod.");
    }

    /** A list whose items are told apart by a field of theirs. */
    private static void byKey(JSONSchemaProps list, String key) {
        list.setXKubernetesListType("map");
        list.setXKubernetesListMapKeys(List.of(key));
        list.getItems().getSchema().setRequired(List.of(key));
    }

    /**
     * An annotation of a record's component is on its field and on its accessor: the generator finds each rule twice.
     */
    private static void tidy(JSONSchemaProps schema) {
        if (schema.getXKubernetesValidations() != null) {
            schema.setXKubernetesValidations(new ArrayList<>(new LinkedHashSet<>(schema.getXKubernetesValidations())));
        }
        if (schema.getProperties() != null) {
            schema.getProperties().values().forEach(CrdFile::tidy);
        }
        if (schema.getItems() != null && schema.getItems().getSchema() != null) {
            tidy(schema.getItems().getSchema());
        }
    }
}
