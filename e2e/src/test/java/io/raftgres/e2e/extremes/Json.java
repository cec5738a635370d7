package io.raftgres.e2e.extremes;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes a message as JSON for etcd's gateway. */
final class Json {

    private Json() {}

    static String of(Message message) {
        return message.getAllFields().entrySet().stream().map(Json::member).collect(Collectors.joining(",", "{", "}"));
    }

    private static String member(Map.Entry<FieldDescriptor, Object> field) {
        String value = field.getKey().isRepeated()
                ? ((List<?>) field.getValue()).stream().map(Json::value).collect(Collectors.joining(",", "[", "]"))
                : value(field.getValue());
        return text(field.getKey().getName()) + ":" + value;
    }

    private static String value(Object value) {
        return switch (value) {
            case Message message -> of(message);
            case ByteString bytes -> "\"" + Base64.getEncoder().encodeToString(bytes.toByteArray()) + "\"";
            case EnumValueDescriptor constant -> Integer.toString(constant.getNumber());
            case Long number -> "\"" + number + "\"";
            case String text -> text(text);
            default -> value.toString();
        };
    }

    /** Escapes all characters but plain ASCII, single surrogates too. */
    static String text(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char each : text.toCharArray()) {
            if (each < 0x20 || each > 0x7E || each == '"' || each == '\\') {
                json.append("\\u%04x".formatted((int) each));
            } else {
                json.append(each);
            }
        }
        return json.append('"').toString();
    }
}
