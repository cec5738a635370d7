package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** An image's list of libraries names each jar that is in it. */
@OnKubernetes
class ImageContentsIT {

    private static final String DIRECTORY = "/opt/raftgres/";

    @Test
    void theNodesListNamesEachOfItsJars(RaftCluster cluster) throws Exception {
        String pod = cluster.follower();
        Set<String> jars = jars(cluster.exec(pod, "node", "ls " + DIRECTORY + "lib/main " + DIRECTORY + "lib/boot"));
        assertTrue(jars.size() > 100, jars::toString);
        jars.removeAll(components(cluster.exec(pod, "node", "cat " + DIRECTORY + "sbom.json"), true));
        assertEquals(Set.of(), jars, "jars that the list of libraries lacks");
        Set<String> command = jars(cluster.exec(pod, "node", "ls " + DIRECTORY + "cli/lib"));
        assertTrue(command.size() > 2, command::toString);
        command.removeAll(components(cluster.exec(pod, "node", "cat " + DIRECTORY + "cli/sbom.json"), false));
        assertEquals(Set.of(), command, "jars that the command line's list of libraries lacks");
    }

    @Test
    void theOperatorsListNamesEachOfItsJars() throws Exception {
        String[] exec = {
            "kubectl", "-n", Operator.NAMESPACE, "exec", "deployment/raftgres-operator", "--", "sh", "-c", ""
        };
        exec[exec.length - 1] = "ls " + DIRECTORY + "lib/main " + DIRECTORY + "lib/boot";
        Set<String> jars = jars(Shell.run(exec));
        assertTrue(jars.size() > 100, jars::toString);
        exec[exec.length - 1] = "cat " + DIRECTORY + "sbom.json";
        jars.removeAll(components(Shell.run(exec), true));
        assertEquals(Set.of(), jars, "jars that the list of libraries lacks");
    }

    private static Set<String> jars(String list) {
        return list.lines()
                .filter(line -> line.endsWith(".jar"))
                .map(line -> line.substring(0, line.length() - ".jar".length()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** @param withGroup the names of the jars begin with the group, as Quarkus writes them */
    private static Set<String> components(String sbom, boolean withGroup) throws Exception {
        Set<String> names = new TreeSet<>();
        JsonNode list = Kubernetes.JSON.readTree(sbom);
        assertEquals("CycloneDX", list.path("bomFormat").asText());
        for (JsonNode each : list.path("components")) {
            String name =
                    each.path("name").asText() + "-" + each.path("version").asText();
            names.add(withGroup ? each.path("group").asText() + "." + name : name);
        }
        return names;
    }
}
