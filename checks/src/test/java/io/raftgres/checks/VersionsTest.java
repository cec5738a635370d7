package io.raftgres.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** Versions of dependencies and plugins are in the root POM alone, and no reference changes its meaning by itself. */
class VersionsTest {

    private static final Pattern ACTION = Pattern.compile("(?m)^\\s*(?:- )?uses: *(\\S+)");
    private static final Pattern PINNED_ACTION = Pattern.compile("\\./.+|[\\w./-]+@[0-9a-f]{40}");
    private static final Pattern RUNNER = Pattern.compile("(?m)^\\s*runs-on: *(\\S+)");
    private static final Pattern IMAGE =
            Pattern.compile("(?m)^(?:FROM(?: --\\S+)*|ARG BASE=) *([^\\s$]+?)(?: AS (\\w+))?$");
    private static final Pattern STAGE = Pattern.compile("(?m)^FROM .* AS (\\w+)$");
    private static final Pattern PINNED_IMAGE = Pattern.compile(".+(?::[\\w.-]*\\d[\\w.-]*|@sha256:[0-9a-f]{64})");

    private final Path root = ProductSources.root();

    @Test
    void modulesLeaveVersionsToTheRootPom() {
        List<String> versions = new ArrayList<>();
        List<Path> poms = poms();
        assertFalse(poms.isEmpty());
        for (Path pom : poms) {
            NodeList elements = parse(pom).getElementsByTagName("version");
            for (int i = 0; i < elements.getLength(); i++) {
                Node version = elements.item(i);
                Element parent = (Element) version.getParentNode();
                if (!isAllowed(parent, version.getTextContent())) {
                    versions.add(
                            root.relativize(pom) + ": " + child(parent, "artifactId") + " " + version.getTextContent());
                }
            }
        }
        assertEquals(
                List.of(), versions, "move them to properties, dependencyManagement or pluginManagement of pom.xml");
    }

    /** Other elements than dependencies and plugins cannot be managed: they take a property of the root POM. */
    private static boolean isAllowed(Element parent, String version) {
        return switch (parent.getTagName()) {
            case "parent" -> true;
            case "dependency", "plugin" -> false;
            default -> version.matches("\\$\\{[\\w.-]+\\}");
        };
    }

    private static String child(Element parent, String name) {
        NodeList found = parent.getElementsByTagName(name);
        return found.getLength() == 0 ? parent.getTagName() : found.item(0).getTextContent();
    }

    @Test
    void workflowsNameActionsByCommitAndRunnersByVersion() {
        List<String> loose = new ArrayList<>();
        for (Path workflow : files(root.resolve(".github/workflows"))) {
            String text = text(workflow);
            ACTION.matcher(text).results().map(found -> found.group(1)).forEach(action -> {
                if (!PINNED_ACTION.matcher(action).matches()) {
                    loose.add(workflow.getFileName() + ": " + action);
                }
            });
            RUNNER.matcher(text).results().map(found -> found.group(1)).forEach(runner -> {
                if (!runner.matches(".*\\d.*")) {
                    loose.add(workflow.getFileName() + ": " + runner);
                }
            });
        }
        assertEquals(List.of(), loose);
    }

    @Test
    void workflowsUseTheJdkOfTheBuild() {
        String release = parse(root.resolve("pom.xml"))
                .getElementsByTagName("maven.compiler.release")
                .item(0)
                .getTextContent();
        for (Path workflow : files(root.resolve(".github/workflows"))) {
            Pattern.compile("java-version: *['\"]?([\\w.]+)")
                    .matcher(text(workflow))
                    .results()
                    .forEach(found -> assertEquals(release, found.group(1), workflow.toString()));
        }
    }

    @Test
    void imagesAreBuiltOnTagsWithAVersion() {
        List<String> loose = new ArrayList<>();
        for (Path pom : poms()) {
            Path file = pom.resolveSibling("Dockerfile");
            if (Files.exists(file)) {
                String text = text(file);
                Set<String> stages = Set.copyOf(STAGE.matcher(text)
                        .results()
                        .map(found -> found.group(1))
                        .toList());
                IMAGE.matcher(text)
                        .results()
                        .map(found -> found.group(1))
                        .filter(image -> !stages.contains(image)
                                && !PINNED_IMAGE.matcher(image).matches())
                        .forEach(image -> loose.add(root.relativize(file) + ": " + image));
            }
        }
        assertEquals(List.of(), loose);
    }

    /** @return those of the modules */
    private List<Path> poms() {
        return files(root).stream()
                .map(module -> module.resolve("pom.xml"))
                .filter(Files::isRegularFile)
                .toList();
    }

    private static List<Path> files(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Element parse(Path pom) {
        try {
            return DocumentBuilderFactory.newDefaultInstance()
                    .newDocumentBuilder()
                    .parse(pom.toFile())
                    .getDocumentElement();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ParserConfigurationException | SAXException e) {
            throw new IllegalStateException(pom + " cannot be read", e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
