package io.raftgres.e2e.etcd;

import java.util.ArrayList;
import java.util.List;

/** Shortens a script that shows a difference: removes parts as long as the script still shows it. */
final class Shrinking {

    interface Test {
        boolean stillDiffers(List<Step> script) throws Exception;
    }

    private Shrinking() {}

    /** @param tries maximum number of tries */
    static List<Step> shrink(List<Step> script, int tries, Test test) throws Exception {
        List<Step> shortest = script;
        int left = tries;
        for (int part = Math.max(1, script.size() / 2); part >= 1; part /= 2) {
            for (int from = 0; from < shortest.size() && left > 0; ) {
                List<Step> shorter = new ArrayList<>(shortest.subList(0, from));
                shorter.addAll(shortest.subList(Math.min(shortest.size(), from + part), shortest.size()));
                left--;
                if (test.stillDiffers(shorter)) {
                    shortest = shorter;
                } else {
                    from += part;
                }
            }
        }
        return shortest;
    }
}
