package io.raftgres.operator.model;

import java.util.Optional;

/**
 * Whether the pods may get the images that the spec asks for.
 *
 * @param refusal why an image of the spec is refused and what to do; then the pods keep the images that they have
 * @param allowed an administrator has allowed the image: its release is not compared
 */
public record ImagePolicy(Optional<String> refusal, boolean allowed) {}
