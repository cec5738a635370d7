package io.raftgres.e2e.extremes;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.DynamicMessage;
import java.util.Arrays;
import java.util.List;

/** Makes random messages of any type from its descriptor, so a new field is tested too. */
final class Messages {

    private static final int MAX_DEPTH = 5;

    private final Values values;

    Messages(Values values) {
        this.values = values;
    }

    DynamicMessage of(Descriptor type) {
        return of(type, 0);
    }

    private DynamicMessage of(Descriptor type, int depth) {
        DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
        for (FieldDescriptor field : type.getFields()) {
            if (field.getRealContainingOneof() == null) {
                set(message, field, depth);
            }
        }
        for (OneofDescriptor oneof : type.getRealOneofs()) {
            if (values.chance(0.99)) {
                List<FieldDescriptor> fields = oneof.getFields();
                set(message, fields.get(values.below(fields.size())), depth);
            }
        }
        return message.build();
    }

    private void set(DynamicMessage.Builder message, FieldDescriptor field, int depth) {
        boolean isMessage = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
        if (isMessage && depth >= MAX_DEPTH) {
            return;
        }
        if (field.isRepeated()) {
            // Several levels with many elements would be too much.
            int count = isMessage && depth > 0 ? Math.min(2, values.count()) : values.count();
            for (int i = 0; i < count; i++) {
                message.addRepeatedField(field, value(field, depth));
            }
        } else if (values.chance(howOften(field))) {
            message.setField(field, value(field, depth));
        }
    }

    /** Sets fields that a request needs more often, and fields that make most requests invalid less often. */
    private static double howOften(FieldDescriptor field) {
        return switch (field.getName()) {
            case "key" -> 0.99;
            case "name", "user", "role", "perm", "leader", "ID", "TTL" -> 0.9;
            case "lease", "revision", "ignore_value", "ignore_lease" -> 0.1;
            default -> 0.5;
        };
    }

    private Object value(FieldDescriptor field, int depth) {
        return switch (field.getJavaType()) {
            case INT -> (int) values.number();
            case LONG -> values.number();
            case FLOAT -> (float) values.number();
            case DOUBLE -> (double) values.number();
            case BOOLEAN -> values.chance(0.3);
            case STRING -> field.getName().endsWith("URLs") ? values.url() : values.name();
            case BYTE_STRING -> ByteString.copyFrom(field.getName().equals("value") ? values.value() : values.key());
            case ENUM ->
                values.chance(0.02)
                        ? field.getEnumType().findValueByNumberCreatingIfUnknown(77)
                        : field.getEnumType()
                                .getValues()
                                .get(values.below(
                                        field.getEnumType().getValues().size()));
            case MESSAGE -> of(field.getMessageType(), depth + 1);
        };
    }

    /** Nests transactions. */
    static DynamicMessage deep(Descriptor txn, int depth) {
        FieldDescriptor success = txn.findFieldByName("success");
        FieldDescriptor within = success.getMessageType().findFieldByName("request_txn");
        DynamicMessage message = DynamicMessage.newBuilder(txn).build();
        for (int i = 1; i < depth; i++) {
            message = DynamicMessage.newBuilder(txn)
                    .addRepeatedField(
                            success,
                            DynamicMessage.newBuilder(success.getMessageType())
                                    .setField(within, message)
                                    .build())
                    .build();
        }
        return message;
    }

    /** @return the bytes with some changed, left out or cut off: invalid UTF-8, wrong lengths */
    byte[] damaged(byte[] bytes) {
        byte[] damaged = bytes.clone();
        for (int i = 0; i < 3 && damaged.length > 0; i++) {
            damaged[values.below(damaged.length)] = (byte) values.below(256);
        }
        return values.chance(0.3) ? Arrays.copyOf(damaged, values.below(damaged.length + 1)) : damaged;
    }
}
