package io.raftgres.e2e.etcd;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Makes the responses of two systems comparable. Revisions count from the beginning of the script: 1 has been
 * compacted, 2 is the oldest that can be read, and 3 is the first that the script makes. Negative and huge revisions
 * stay as they are. Headers keep only the revision.
 */
final class Revisions {

    /** The store's revision when a script begins. */
    static final long BEGIN = 2;

    private static final long HUGE = 1L << 40;
    private static final Set<String> RESPONDER = Set.of("cluster_id", "member_id", "raft_term");

    private static final Set<String> NAMES = Set.of(
            "revision",
            "create_revision",
            "mod_revision",
            "compact_revision",
            "min_mod_revision",
            "max_mod_revision",
            "min_create_revision",
            "max_create_revision",
            "start_revision");

    private Revisions() {}

    private static long shifted(long revision, long by) {
        return revision > 0 && revision < HUGE ? revision + by : revision;
    }

    /** @return with {@code by} added to each revision that is set */
    static Message shifted(Message message, long by) {
        Message.Builder builder = message.toBuilder();
        for (FieldDescriptor field : message.getAllFields().keySet()) {
            if (NAMES.contains(field.getName())) {
                builder.setField(field, shifted((Long) message.getField(field), by));
            } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                if (field.isRepeated()) {
                    List<Message> all = new ArrayList<>();
                    for (Object each : (List<?>) message.getField(field)) {
                        all.add(shifted((Message) each, by));
                    }
                    builder.setField(field, all);
                } else {
                    builder.setField(field, shifted((Message) message.getField(field), by));
                }
            }
        }
        return builder.build();
    }

    /** @return the message, and messages within it, without the ids of cluster and member */
    private static Message anybodys(Message message) {
        Message.Builder builder = message.toBuilder();
        for (FieldDescriptor field : message.getAllFields().keySet()) {
            if (RESPONDER.contains(field.getName())) {
                builder.clearField(field);
            } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && field.isRepeated()) {
                List<Message> all = new ArrayList<>();
                for (Object each : (List<?>) message.getField(field)) {
                    all.add(anybodys((Message) each));
                }
                builder.setField(field, all);
            } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                builder.setField(field, anybodys((Message) message.getField(field)));
            }
        }
        return builder.build();
    }

    static String text(Message message, long base) {
        return TextFormat.printer().emittingSingleLine(true).printToString(shifted(anybodys(message), -base));
    }
}
