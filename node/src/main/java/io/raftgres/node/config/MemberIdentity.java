package io.raftgres.node.config;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.raftgres.raft.Membership;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The identity of this member for the lifetime of its data directory: the file {@code member.json}. It is written
 * durably before the member sends anything under the identity.
 *
 * @param removed the cluster has removed this member: it never serves again under this identity
 * @param known members that have ever connected to this one; no other node is listed here, whatever id it claims. A
 *     known member that comes without data has lost its promises, and must not return under its old identity
 * @param incarnations of the known members that named their log: its number
 * @param contacts latest client URLs of the other members: the node asks them when all its data is lost
 */
public record MemberIdentity(
        long clusterId,
        long memberId,
        String name,
        boolean removed,
        Set<Long> known,
        Map<Long, Long> incarnations,
        Set<String> contacts) {

    private static final String FILE = "member.json";

    /** Far more than a cluster has members; former members are in the log as removed. */
    static final int MAX_KNOWN = 256;

    private static final ObjectMapper JSON = new ObjectMapper();

    public MemberIdentity {
        known = Set.copyOf(known);
        incarnations = Map.copyOf(incarnations);
        contacts = Set.copyOf(contacts);
    }

    public MemberIdentity(long clusterId, long memberId, String name) {
        this(clusterId, memberId, name, false, Set.of(), Map.of(), Set.of());
    }

    public MemberIdentity asRemoved() {
        return new MemberIdentity(clusterId, memberId, name, true, known, incarnations, contacts);
    }

    public MemberIdentity withContacts(Set<String> urls) {
        return new MemberIdentity(clusterId, memberId, name, removed, known, incarnations, urls);
    }

    /**
     * @param incarnation number of its log, which stays recorded; 0: unknown
     * @param membership once {@value #MAX_KNOWN} are known, those that are not in it are dropped
     */
    public MemberIdentity knowing(long member, long incarnation, Membership membership) {
        Set<Long> more = new TreeSet<>(known);
        if (known.size() >= MAX_KNOWN) {
            more.removeIf(id -> !membership.contains(id));
        }
        more.add(member);
        Map<Long, Long> logs = new TreeMap<>(incarnations);
        logs.keySet().retainAll(more);
        if (incarnation != 0) {
            logs.putIfAbsent(member, incarnation);
        }
        return new MemberIdentity(clusterId, memberId, name, removed, more, logs, contacts);
    }

    /**
     * @param incarnation number of the log that the member names; 0: unknown, an older release
     * @param begun whether it may have made promises with that log: then others have vouched for it, and an earlier
     *     node under its identity may have been an impostor
     * @return why the member must not take part with it, a sentence; null when it may
     */
    public String objection(long member, long incarnation, boolean begun) {
        Long before = incarnations.get(member);
        boolean another = before == null || before != incarnation;
        return incarnation != 0 && !begun && known.contains(member) && another
                ? "member " + Long.toHexString(member) + " is known here with another log: its promises with that log"
                        + " are lost, so it can take part only as a new member"
                : null;
    }

    /**
     * @param directory the member's data directory
     * @return empty when there is none yet
     * @throws IOException when it cannot be read, or is invalid
     */
    public static Optional<MemberIdentity> read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            var json = JSON.readTree(Files.readAllBytes(file));
            Set<Long> known = new TreeSet<>();
            json.required("known").forEach(each -> known.add(HexFormat.fromHexDigitsToLong(each.asText())));
            Map<Long, Long> incarnations = new TreeMap<>();
            json.path("incarnations")
                    .properties()
                    .forEach(each -> incarnations.put(
                            HexFormat.fromHexDigitsToLong(each.getKey()),
                            HexFormat.fromHexDigitsToLong(each.getValue().asText())));
            Set<String> contacts = new TreeSet<>();
            json.required("contacts").forEach(each -> contacts.add(each.asText()));
            return Optional.of(new MemberIdentity(
                    HexFormat.fromHexDigitsToLong(json.required("clusterId").asText()),
                    HexFormat.fromHexDigitsToLong(json.required("memberId").asText()),
                    json.required("name").asText(),
                    json.required("removed").asBoolean(),
                    known,
                    incarnations,
                    contacts));
        } catch (IllegalArgumentException | IOException e) {
            throw new IOException(
                    file + " is damaged (" + e.getMessage() + "). If this member's data is still intact,"
                            + " restore the file; otherwise remove its whole data directory and let it join as a new member",
                    e);
        }
    }

    /** Durable when this returns. */
    public void write(Path directory) throws IOException {
        ObjectNode json = JSON.createObjectNode();
        json.put("clusterId", HexFormat.of().toHexDigits(clusterId));
        json.put("memberId", HexFormat.of().toHexDigits(memberId));
        json.put("name", name);
        json.put("removed", removed);
        ArrayNode array = json.putArray("known");
        new TreeSet<>(known).forEach(each -> array.add(HexFormat.of().toHexDigits(each)));
        ObjectNode logs = json.putObject("incarnations");
        new TreeMap<>(incarnations)
                .forEach((member, log) -> logs.put(
                        HexFormat.of().toHexDigits(member), HexFormat.of().toHexDigits(log)));
        ArrayNode urls = json.putArray("contacts");
        new TreeSet<>(contacts).forEach(urls::add);
        DurableFile.write(
                directory.resolve(FILE), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    }
}
