package io.raftgres.node.peer;

/**
 * The response to a node that has introduced itself.
 *
 * @param member whether it is a member as far as this node knows
 * @param vouched whether its log is durably recorded here, and no other log of that member was known before
 * @param blank whether the responding node's log is blank: that node made no promise with it
 * @param refusal the reason of a refusal: another log of that member is known here, so it must not make promises under
 *     that identity; null when it is admitted
 */
public record Reception(boolean member, boolean vouched, boolean blank, String refusal) {

    public static final Reception OF_A_STRANGER = new Reception(false, false, false, null);

    private static final int VOUCHED = 1;
    private static final int BLANK = 2;

    public static Reception refused(String why) {
        return new Reception(true, false, false, why);
    }

    /** @return the encoding in the second response */
    int flags() {
        return (vouched ? VOUCHED : 0) | (blank ? BLANK : 0);
    }

    static Reception of(int flags) {
        return new Reception(true, (flags & VOUCHED) != 0, (flags & BLANK) != 0, null);
    }
}
