package io.raftgres.node.service.health;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;

/** The alarms of this member. The log gets a line when an alarm is raised or cleared. */
public final class Alarms {

    private static final Logger LOG = Logger.getLogger(Alarms.class);

    private volatile Set<Alarm> raised = Set.of();

    /** @param why a sentence for the log when the alarm is raised */
    public synchronized void set(Alarm alarm, boolean raise, String why) {
        if (raised.contains(alarm) == raise) {
            return;
        }
        Set<Alarm> next = EnumSet.noneOf(Alarm.class);
        next.addAll(raised);
        if (raise) {
            next.add(alarm);
            LOG.warnf("alarm %s: %s", alarm.text(), why);
        } else {
            next.remove(alarm);
            LOG.infof("alarm %s is cleared", alarm.text());
        }
        raised = Set.copyOf(next);
    }

    public boolean has(Alarm alarm) {
        return raised.contains(alarm);
    }

    public boolean isEmpty() {
        return raised.isEmpty();
    }

    /** @return sorted */
    public List<String> texts() {
        return raised.stream().map(Alarm::text).sorted().toList();
    }
}
