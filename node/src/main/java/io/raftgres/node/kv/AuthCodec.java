package io.raftgres.node.kv;

import io.raftgres.node.kv.AuthCommand.Permission;
import io.raftgres.node.kv.AuthState.Role;
import io.raftgres.node.kv.AuthState.User;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Encodes users, roles and their changes, for the log and for the store. Later releases must read every encoding that
 * was ever written.
 */
final class AuthCodec {

    private static final int ADD_USER = 1;
    private static final int DELETE_USER = 2;
    private static final int CHANGE_PASSWORD = 3;
    private static final int GRANT_ROLE = 4;
    private static final int REVOKE_ROLE = 5;
    private static final int ADD_ROLE = 6;
    private static final int DELETE_ROLE = 7;
    private static final int GRANT_PERMISSION = 8;
    private static final int REVOKE_PERMISSION = 9;
    private static final int ENABLE = 10;
    private static final int DISABLE = 11;
    private static final int TOKEN = 12;

    private AuthCodec() {}

    static void write(DataOutputStream out, AuthCommand command) throws IOException {
        switch (command) {
            case AuthCommand.AddUser add -> {
                out.writeByte(ADD_USER);
                text(out, add.name());
                out.writeBoolean(add.hasPassword());
                RequestCodec.writeBytes(out, add.password());
            }
            case AuthCommand.DeleteUser delete -> named(out, DELETE_USER, delete.name());
            case AuthCommand.ChangePassword change -> {
                named(out, CHANGE_PASSWORD, change.name());
                RequestCodec.writeBytes(out, change.password());
            }
            case AuthCommand.GrantRole grant -> {
                named(out, GRANT_ROLE, grant.user());
                text(out, grant.role());
            }
            case AuthCommand.RevokeRole revoke -> {
                named(out, REVOKE_ROLE, revoke.user());
                text(out, revoke.role());
            }
            case AuthCommand.AddRole add -> named(out, ADD_ROLE, add.name());
            case AuthCommand.DeleteRole delete -> named(out, DELETE_ROLE, delete.name());
            case AuthCommand.GrantPermission grant -> {
                named(out, GRANT_PERMISSION, grant.role());
                write(out, grant.permission());
            }
            case AuthCommand.RevokePermission revoke -> {
                named(out, REVOKE_PERMISSION, revoke.role());
                RequestCodec.writeBytes(out, revoke.key().bytes());
                RequestCodec.writeBytes(out, revoke.rangeEnd().bytes());
            }
            case AuthCommand.Enable enable -> named(out, ENABLE, "");
            case AuthCommand.Disable disable -> named(out, DISABLE, "");
            case AuthCommand.Token token -> {
                named(out, TOKEN, token.user());
                RequestCodec.writeBytes(out, token.digest());
                out.writeLong(token.authRevision());
            }
        }
    }

    private static void named(DataOutputStream out, int kind, String name) throws IOException {
        out.writeByte(kind);
        text(out, name);
    }

    /** @throws IllegalArgumentException when this release does not know the command */
    static AuthCommand read(DataInputStream in) throws IOException {
        int kind = in.readUnsignedByte();
        String name = text(in);
        return switch (kind) {
            case ADD_USER -> new AuthCommand.AddUser(name, in.readBoolean(), RequestCodec.readBytes(in));
            case DELETE_USER -> new AuthCommand.DeleteUser(name);
            case CHANGE_PASSWORD -> new AuthCommand.ChangePassword(name, RequestCodec.readBytes(in));
            case GRANT_ROLE -> new AuthCommand.GrantRole(name, text(in));
            case REVOKE_ROLE -> new AuthCommand.RevokeRole(name, text(in));
            case ADD_ROLE -> new AuthCommand.AddRole(name);
            case DELETE_ROLE -> new AuthCommand.DeleteRole(name);
            case GRANT_PERMISSION -> new AuthCommand.GrantPermission(name, permission(in));
            case REVOKE_PERMISSION ->
                new AuthCommand.RevokePermission(
                        name, Key.of(RequestCodec.readBytes(in)), Key.of(RequestCodec.readBytes(in)));
            case ENABLE -> new AuthCommand.Enable();
            case DISABLE -> new AuthCommand.Disable();
            case TOKEN -> new AuthCommand.Token(name, RequestCodec.readBytes(in), in.readLong());
            default -> throw new IllegalArgumentException("change of users or roles of unknown kind " + kind);
        };
    }

    static void text(DataOutputStream out, String text) throws IOException {
        RequestCodec.writeBytes(out, text.getBytes(StandardCharsets.UTF_8));
    }

    static String text(DataInputStream in) throws IOException {
        return new String(RequestCodec.readBytes(in), StandardCharsets.UTF_8);
    }

    private static void write(DataOutputStream out, Permission permission) throws IOException {
        RequestCodec.writeBytes(out, permission.key().bytes());
        RequestCodec.writeBytes(out, permission.rangeEnd().bytes());
        out.writeByte(permission.kind().ordinal());
    }

    private static Permission permission(DataInputStream in) throws IOException {
        return new Permission(
                Key.of(RequestCodec.readBytes(in)),
                Key.of(RequestCodec.readBytes(in)),
                RequestCodec.oneOf(Permission.Kind.values(), in.readUnsignedByte()));
    }

    static AuthRecord record(long revision) {
        return new AuthRecord(
                AuthRecord.Kind.REVISION,
                "",
                ByteBuffer.allocate(Long.BYTES).putLong(revision).array());
    }

    static long revision(AuthRecord record) {
        return ByteBuffer.wrap(record.data()).getLong();
    }

    private interface Writer {
        void write(DataOutputStream out) throws IOException;
    }

    private static byte[] bytes(Writer writer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            writer.write(out);
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return bytes.toByteArray();
    }

    static AuthRecord record(User user) {
        return new AuthRecord(AuthRecord.Kind.USER, user.name(), bytes(out -> {
            out.writeBoolean(user.hasPassword());
            RequestCodec.writeBytes(out, user.password());
            out.writeInt(user.roles().size());
            for (String role : user.roles()) {
                text(out, role);
            }
        }));
    }

    /** @throws IllegalArgumentException when the record is damaged */
    static User user(AuthRecord record) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(record.data()))) {
            boolean hasPassword = in.readBoolean();
            byte[] password = RequestCodec.readBytes(in);
            List<String> roles = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                roles.add(text(in));
            }
            return new User(record.name(), hasPassword, password, List.copyOf(roles));
        } catch (IOException e) {
            throw new IllegalArgumentException("record of user " + record.name() + " is truncated", e);
        }
    }

    static AuthRecord record(Role role) {
        return new AuthRecord(AuthRecord.Kind.ROLE, role.name(), bytes(out -> {
            out.writeInt(role.permissions().size());
            for (Permission permission : role.permissions()) {
                write(out, permission);
            }
        }));
    }

    /** @throws IllegalArgumentException when the record is damaged */
    static Role role(AuthRecord record) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(record.data()))) {
            List<Permission> permissions = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                permissions.add(permission(in));
            }
            return new Role(record.name(), List.copyOf(permissions));
        } catch (IOException e) {
            throw new IllegalArgumentException("record of role " + record.name() + " is truncated", e);
        }
    }
}
