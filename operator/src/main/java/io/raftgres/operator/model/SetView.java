package io.raftgres.operator.model;

import java.util.OptionalLong;

/**
 * The StatefulSet.
 *
 * @param replicas spec.replicas
 * @param revision of the pod template that new pods get
 * @param dataBytes size in its claim template
 * @param logBytes the same for the log's
 * @param template identifies the part of the spec from which the pod template of {@code revision} was built; empty when
 *     unknown, as long as the StatefulSet's controller has not seen its latest change
 */
public record SetView(
        String uid, int replicas, String revision, long dataBytes, OptionalLong logBytes, String template) {}
