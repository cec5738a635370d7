package io.raftgres.node.rest;

import java.util.ArrayList;
import java.util.List;

/**
 * The value of an If-Match or If-None-Match header. An entity tag is a mod revision in double quotes.
 *
 * @param any the header was *
 */
record ETags(boolean any, List<Long> revisions) {

    private static final ETags ANY = new ETags(true, List.of());
    private static final int MAX_TAGS = 16;

    static String of(long modRevision) {
        return "\"" + modRevision + "\"";
    }

    /**
     * @param text null for no header
     * @return null for no header
     * @throws ProblemException 400 when it is neither * nor a list of mod revisions in quotes
     */
    static ETags parse(String name, String text) {
        if (text == null) {
            return null;
        }
        if (text.strip().equals("*")) {
            return ANY;
        }
        List<Long> revisions = new ArrayList<>();
        for (String part : text.split(",", MAX_TAGS + 1)) {
            String tag = part.strip();
            if (revisions.size() == MAX_TAGS || tag.length() < 3 || !tag.startsWith("\"") || !tag.endsWith("\"")) {
                throw Problem.invalid("header " + name + " must be * or mod revisions in double quotes, like \"42\"");
            }
            revisions.add(Query.parseNumber(tag.substring(1, tag.length() - 1), 0, Long.MAX_VALUE, "header " + name));
        }
        return new ETags(false, revisions);
    }

    /** @param modRevision 0 when the key does not exist */
    boolean matches(long modRevision) {
        return modRevision != 0 && (any || revisions.contains(modRevision));
    }
}
