package io.raftgres.node.peer;

/**
 * What a node that connects hears once it has introduced itself.
 *
 * @param member it is one, as far as is known here
 * @param vouched its log is durably written down here, and no other one of that member was known before
 * @param blank the log of who says so is blank: nothing was promised with it
 * @param refusal why it is not let in: another log of that member is known here, so this one must not promise anything
 *     under that identity; null when it is let in
 */
public record Reception(boolean member, boolean vouched, boolean blank, String refusal) {

    public static final Reception OF_A_STRANGER = new Reception(false, false, false, null);

    private static final int VOUCHED = 1;
    private static final int BLANK = 2;

    public static Reception refused(String why) {
        return new Reception(true, false, false, why);
    }

    /** @return as it travels: the number in the second answer */
    int flags() {
        return (vouched ? VOUCHED : 0) | (blank ? BLANK : 0);
    }

    static Reception of(int flags) {
        return new Reception(true, (flags & VOUCHED) != 0, (flags & BLANK) != 0, null);
    }
}
