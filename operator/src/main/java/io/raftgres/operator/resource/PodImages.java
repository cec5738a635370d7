package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.util.List;

/**
 * The images of a pod; an empty text where it has no such container.
 *
 * @param node of the node
 * @param postgres of its PostgreSQL
 */
public record PodImages(String node, String postgres) {

    public static PodImages of(PodSpec pod) {
        return new PodImages(
                image(pod.getContainers(), Containers.NODE), image(pod.getInitContainers(), Containers.POSTGRES));
    }

    private static String image(List<Container> containers, String name) {
        return containers.stream()
                .filter(container -> container.getName().equals(name))
                .map(Container::getImage)
                .findFirst()
                .orElse("");
    }
}
