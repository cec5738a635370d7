package io.raftgres.operator.model;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The version of a release, such as 0.10.2 or 0.1.0-SNAPSHOT. Its numbers are compared as numbers: 0.9.0 comes before
 * 0.10.0.
 *
 * @param preRelease the part after '-', such as SNAPSHOT; empty for a release, which comes after its pre-releases
 */
public record ReleaseVersion(int major, int minor, int patch, String preRelease) implements Comparable<ReleaseVersion> {

    private static final Pattern FORM = Pattern.compile(
            "v?([0-9]{1,6})\\.([0-9]{1,6})\\.([0-9]{1,6})(?:-([0-9A-Za-z.-]{1,64}))?(?:\\+[0-9A-Za-z.-]*)?");

    private static final Comparator<ReleaseVersion> ORDER = Comparator.comparingInt(ReleaseVersion::major)
            .thenComparingInt(ReleaseVersion::minor)
            .thenComparingInt(ReleaseVersion::patch)
            .thenComparing(version -> version.preRelease().isEmpty())
            .thenComparing(ReleaseVersion::preRelease);

    /** @return empty when the text is no version of a release */
    public static Optional<ReleaseVersion> parse(String text) {
        Matcher match = FORM.matcher(text == null ? "" : text);
        return match.matches()
                ? Optional.of(new ReleaseVersion(
                        Integer.parseInt(match.group(1)),
                        Integer.parseInt(match.group(2)),
                        Integer.parseInt(match.group(3)),
                        match.group(4) == null ? "" : match.group(4)))
                : Optional.empty();
    }

    /** @return the version in the image's tag; empty when the image has no tag, or it is no version */
    public static Optional<ReleaseVersion> ofImage(String image) {
        return parse(tag(image));
    }

    /** @return the tag of an image such as registry:5000/node:1.2.3@sha256:...; empty without a tag */
    static String tag(String image) {
        String name = image.replaceFirst("@.*", "");
        int colon = name.lastIndexOf(':');
        return colon > name.lastIndexOf('/') ? name.substring(colon + 1) : "";
    }

    /** @return PostgreSQL's major version in the image's tag, such as 18 for postgres:18.6-alpine; or empty */
    public static Optional<Integer> postgresMajor(String image) {
        Matcher match = Pattern.compile("([0-9]{1,2})([.-].*)?").matcher(tag(image));
        return match.matches() ? Optional.of(Integer.valueOf(match.group(1))) : Optional.empty();
    }

    public boolean isSameRelease(ReleaseVersion other) {
        return major == other.major && minor == other.minor && patch == other.patch;
    }

    @Override
    public int compareTo(ReleaseVersion other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch + (preRelease.isEmpty() ? "" : "-" + preRelease);
    }
}
