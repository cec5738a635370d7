package io.raftgres.node.kv;

import io.raftgres.raft.Entry;
import java.util.ArrayList;
import java.util.List;

/** Results of one run, a refusal as its exception. */
final class Results implements KeyValueMachine.Listener {
    final List<Object> all = new ArrayList<>();

    @Override
    public void applied(Entry entry, ApplyResult result) {
        all.add(result);
    }

    @Override
    public void refused(Entry entry, RefusedRequestException why) {
        all.add(why);
    }

    @Override
    public void passed(Entry entry) {
        all.add(entry);
    }
}
