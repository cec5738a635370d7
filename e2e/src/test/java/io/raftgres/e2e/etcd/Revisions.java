package io.raftgres.e2e.etcd;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Makes what two systems say comparable: revisions count from where the script began, headers are left out. */
final class Revisions {

    private static final Set<String> NAMES = Set.of("revision", "create_revision", "mod_revision", "compact_revision",
            "min_mod_revision", "max_mod_revision", "min_create_revision", "max_create_revision", "start_revision");

    private Revisions() {}

    /** @return with {@code by} added to each revision that is set */
    static Message shifted(Message message, long by) {
        Message.Builder builder = message.toBuilder();
        for (FieldDescriptor field : message.getAllFields().keySet()) {
            if (NAMES.contains(field.getName())) {
                builder.setField(field, (Long) message.getField(field) + by);
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

    /** @return the message without headers, those within it too */
    static Message withoutHeaders(Message message) {
        Message.Builder builder = message.toBuilder();
        for (FieldDescriptor field : message.getAllFields().keySet()) {
            if (field.getName().equals("header")) {
                builder.clearField(field);
            } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && field.isRepeated()) {
                List<Message> all = new ArrayList<>();
                for (Object each : (List<?>) message.getField(field)) {
                    all.add(withoutHeaders((Message) each));
                }
                builder.setField(field, all);
            } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                builder.setField(field, withoutHeaders((Message) message.getField(field)));
            }
        }
        return builder.build();
    }

    static String text(Message message, long base) {
        return TextFormat.printer().emittingSingleLine(true).printToString(shifted(withoutHeaders(message), -base));
    }
}
