package io.raftgres.node.service.health;

import java.util.List;
import java.util.Map;

/**
 * The report of a member about itself to all others, as JSON. A receiver ignores fields that it does not know. Fields
 * that a sender does not have are zero or null.
 *
 * @param checkpoints the latest set hashes by log index: keys in decimal, hashes as 16 hexadecimal digits
 * @param name name in its configuration
 * @param etcdAddress URL where clients reach its etcd API; empty when it does not know the port
 * @param reads the highest version of a cluster whose log it can read ({@code ClusterVersion}); 0 from releases that do
 *     not report it
 * @param lastTerm term of the last entry in its log; 0 from releases that do not report it, unless the log is blank
 * @param usersChecked whether its state says that users are checked
 * @param matches reported by a leader: highest index up to which each member's log matches its own, by member id in
 *     hexadecimal
 */
public record NodeReport(
        String role,
        long term,
        long commitIndex,
        long lastIndex,
        long appliedIndex,
        long storedIndex,
        long revision,
        long compactedRevision,
        String hash,
        long hashIndex,
        String version,
        String state,
        List<String> alarms,
        Map<String, String> checkpoints,
        Map<String, Long> matches,
        String name,
        String etcdAddress,
        int reads,
        long lastTerm,
        boolean usersChecked) {

    public NodeReport {
        role = role == null ? "" : role;
        hash = hash == null ? StatusBroadcast.hex(0) : hash;
        version = version == null ? "" : version;
        state = state == null ? StatusBroadcast.SERVING : state;
        alarms = alarms == null ? List.of() : List.copyOf(alarms);
        checkpoints = checkpoints == null ? Map.of() : Map.copyOf(checkpoints);
        matches = matches == null ? Map.of() : Map.copyOf(matches);
        name = name == null ? "" : name;
        etcdAddress = etcdAddress == null ? "" : etcdAddress;
    }
}
