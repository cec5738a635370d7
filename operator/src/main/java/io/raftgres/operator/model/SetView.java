package io.raftgres.operator.model;

import java.util.OptionalLong;

/**
 * The StatefulSet.
 *
 * @param replicas spec.replicas
 * @param revision of the pod template that new pods get
 * @param dataBytes size in its claim template
 * @param logBytes the same for the log's
 */
public record SetView(String uid, int replicas, String revision, long dataBytes, OptionalLong logBytes) {}
