package io.raftgres.node.kv;

import io.raftgres.node.kv.AuthCommand.Permission;
import io.raftgres.node.kv.ServiceException.Invalid;
import io.raftgres.node.kv.ServiceException.Rejected;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;

/**
 * Checks requests before they go into the log. Every node checks each request before it is proposed, whatever API it
 * came through. The leader checks forwarded requests again, because the forwarding member may have an older release. An
 * accepted request can be evaluated, stored and sent, as a whole, on every member.
 *
 * <p>Entries in the log are not checked. Members of an older release may have applied an entry that this check refuses,
 * and all members have to do the same. So the state machine, the codecs and the store accept more than this check.
 *
 * <p>The check covers sizes, counts and names. It covers no numbers, because every number has a meaning. Thread-safe.
 */
public final class Acceptance {

    /** A range may end just above the successor of the longest key. */
    private static final int RANGE_END_SPARE = 2;

    /** Bytes that a node's password hash has besides a client's own bytes. */
    private static final int PASSWORD_SPARE = 64;

    private final int maxKeyBytes;
    private final int maxValueBytes;
    private final Supplier<AuthState> auth;

    /**
     * @param maxKeyBytes 1 to {@link Limits#MAX_KEY_BYTES}
     * @param maxValueBytes 0 to {@link Limits#MAX_VALUE_BYTES}
     * @param auth users and roles of this member's state: it roughly bounds their number and size
     * @throws IllegalArgumentException with a sentence about the option that is out of range
     */
    public Acceptance(int maxKeyBytes, int maxValueBytes, Supplier<AuthState> auth) {
        require("raftgres.max-key-bytes", maxKeyBytes, 1, Limits.MAX_KEY_BYTES);
        require("raftgres.max-value-bytes", maxValueBytes, 0, Limits.MAX_VALUE_BYTES);
        this.maxKeyBytes = maxKeyBytes;
        this.maxValueBytes = maxValueBytes;
        this.auth = auth;
    }

    private static void require(String option, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(option + " is " + value + ", but must be from " + min + " to " + max);
        }
    }

    /** @throws ServiceException Invalid, or Rejected, with a sentence that gives the next step */
    public void check(Request request) {
        if (request.token() != null && request.token().length != Request.TOKEN_BYTES) {
            throw new Invalid("an idempotency token must have " + Request.TOKEN_BYTES + " bytes");
        }
        if (request.isAlone()) {
            check(request.success().getFirst());
        } else {
            new InTransaction().check(request.compares(), request.success(), request.failure(), 0);
        }
    }

    /** @param encodedBytes size of a request that {@link #check(Request)} has accepted */
    public static void checkSize(int encodedBytes) {
        if (encodedBytes > Limits.MAX_REQUEST_BYTES) {
            throw new Invalid("the request has " + encodedBytes + " bytes, but the limit is " + Limits.MAX_REQUEST_BYTES
                    + ": send it in parts");
        }
    }

    private void check(Op op) {
        switch (op) {
            case Op.Put put -> check(put);
            case Op.Delete delete -> check(delete.range());
            case Op.Get get -> check(get.range());
            case Op.Txn txn -> new InTransaction().check(txn.compares(), txn.success(), txn.failure(), 1);
            // Any revision is accepted: the state decides whether it can be compacted.
            case Op.Compact compact -> {}
            case Op.Grant grant -> check(grant);
            case Op.Revoke revoke -> {
                if (revoke.leases().isEmpty() || revoke.leases().size() > Limits.MAX_REVOKED_LEASES) {
                    throw new Invalid("one request may revoke 1 to " + Limits.MAX_REVOKED_LEASES + " leases, not "
                            + revoke.leases().size());
                }
            }
            case Op.Auth change -> check(change.command());
            // The leader itself makes this request, and every member that decodes it can read it.
            case Op.Raise raise -> {}
        }
    }

    private void check(Op.Put put) {
        requireKey(put.key());
        requireAtMost("the value", put.value().length, maxValueBytes);
        if (put.keepValue() && put.value().length > 0) {
            throw new Invalid("value is provided");
        }
        if (put.keepLease() && put.lease() != 0) {
            throw new Invalid("lease is provided");
        }
    }

    private void requireKey(Key key) {
        if (key.length() == 0) {
            throw new Invalid("key is not provided");
        }
        requireAtMost("the key", key.length(), maxKeyBytes);
    }

    private void check(KeyRange range) {
        requireAtMost("the key where the range begins", range.from().length(), maxKeyBytes + 1);
        if (range.to() != null) {
            requireAtMost("the key where the range ends", range.to().length(), maxKeyBytes + RANGE_END_SPARE);
        }
    }

    private static void requireAtMost(String what, int bytes, int max) {
        if (bytes > max) {
            throw new Invalid(what + " has " + bytes + " bytes, but the limit is " + max);
        }
    }

    private static void check(Op.Grant grant) {
        if (grant.lease() == 0 || grant.ttlSeconds() < 1) {
            throw new Invalid("a lease needs an ID other than 0 and a TTL of at least one second");
        }
        if (grant.ttlSeconds() > Limits.MAX_TTL_SECONDS) {
            throw new Rejected(
                    Rejected.Reason.LEASE_TTL_TOO_LARGE,
                    "the TTL of a lease is " + grant.ttlSeconds() + " seconds, but the limit is "
                            + Limits.MAX_TTL_SECONDS);
        }
    }

    /** Checks a transaction with all transactions nested in it. */
    private final class InTransaction {
        private int all;
        private int ranges;

        /** The apply thread reads the rows of all ranges, and applies no other entry meanwhile. */
        private void count(KeyRange range) {
            if (!range.isSingle() && ++ranges > Limits.MAX_TXN_RANGES) {
                throw new Invalid("a transaction that writes may read and compare at most " + Limits.MAX_TXN_RANGES
                        + " ranges: read them in a read-only transaction, or compare single keys");
            }
        }

        void check(List<Compare> compares, List<Op> success, List<Op> failure, int depth) {
            int most = Math.max(compares.size(), Math.max(success.size(), failure.size()));
            all += compares.size() + success.size() + failure.size();
            if (most > Limits.MAX_TXN_OPS || all > Limits.MAX_TXN_ALL_OPS) {
                throw new Invalid("too many operations in txn request");
            }
            if (depth > Limits.MAX_TXN_DEPTH) {
                throw new Invalid("the transactions are nested deeper than the limit of " + Limits.MAX_TXN_DEPTH);
            }
            for (Compare compare : compares) {
                Acceptance.this.check(compare.range());
                count(compare.range());
                if (compare.target() == Compare.Target.VALUE) {
                    requireAtMost("the value to compare with", compare.value().length, maxValueBytes);
                }
            }
            success.forEach(op -> check(op, depth));
            failure.forEach(op -> check(op, depth));
        }

        private void check(Op op, int depth) {
            switch (op) {
                case Op.Txn txn -> check(txn.compares(), txn.success(), txn.failure(), depth + 1);
                case Op.Alone alone -> throw Transaction.notAlone(alone).asServiceException();
                case Op.Put put -> Acceptance.this.check(put);
                case Op.Delete delete -> Acceptance.this.check(delete.range());
                case Op.Get get -> {
                    Acceptance.this.check(get.range());
                    count(get.range());
                }
            }
        }
    }

    /** An existing user or role may have any name that an older release has accepted. */
    private void check(AuthCommand command) {
        AuthState now = auth.get();
        switch (command) {
            case AuthCommand.AddUser add -> {
                requireName("user", add.name());
                requirePassword(add.password());
                requireRoom(now, add.name().length() + add.password().length);
            }
            case AuthCommand.ChangePassword change -> {
                requirePassword(change.password());
                requireRoom(now, change.password().length);
            }
            case AuthCommand.AddRole add -> {
                requireName("role", add.name());
                requireRoom(now, add.name().length());
            }
            case AuthCommand.GrantRole grant -> {
                AuthState.User user = now.users().get(grant.user());
                if (user != null && user.roles().size() >= Limits.MAX_ROLES_OF_USER) {
                    throw new Invalid("the user has " + user.roles().size() + " roles, which is the limit:"
                            + " revoke some, or grant their permissions to one role");
                }
                requireRoom(now, grant.role().length());
            }
            case AuthCommand.GrantPermission grant -> check(grant, now);
            case AuthCommand.DeleteUser delete -> {}
            case AuthCommand.RevokeRole revoke -> {}
            case AuthCommand.DeleteRole delete -> {}
            case AuthCommand.RevokePermission revoke -> {}
            case AuthCommand.Enable enable -> {}
            case AuthCommand.Disable disable -> {}
            case AuthCommand.Token token -> {
                if (token.digest().length != AuthCommand.Token.DIGEST_BYTES) {
                    throw new Invalid("the digest of a token must have " + AuthCommand.Token.DIGEST_BYTES
                            + " bytes, not " + token.digest().length);
                }
            }
        }
    }

    private void check(AuthCommand.GrantPermission grant, AuthState now) {
        Permission permission = grant.permission();
        requireKey(permission.key());
        requireAtMost("the key where the range ends", permission.rangeEnd().length(), maxKeyBytes + RANGE_END_SPARE);
        AuthState.Role role = now.roles().get(grant.role());
        if (role != null
                && role.permissions().size() >= Limits.MAX_PERMISSIONS_OF_ROLE
                && role.permissions().stream().noneMatch(each -> each.isOn(permission.key(), permission.rangeEnd()))) {
            throw new Invalid("the role has " + role.permissions().size() + " permissions, which is the limit:"
                    + " revoke some, or grant them on larger ranges");
        }
        requireRoom(now, permission.key().length() + permission.rangeEnd().length());
    }

    private static void requireName(String whose, String name) {
        if (name.isEmpty()) {
            throw new Invalid(whose + " name is empty");
        }
        requireAtMost("the " + whose + " name", name.getBytes(StandardCharsets.UTF_8).length, Limits.MAX_NAME_BYTES);
    }

    private static void requirePassword(byte[] password) {
        requireAtMost("the password's hash", password.length, Limits.MAX_PASSWORD_BYTES + PASSWORD_SPARE);
    }

    private static void requireRoom(AuthState now, int more) {
        if (now.sizeBytes() + more > Limits.MAX_AUTH_BYTES) {
            throw new Invalid("users, roles and their grants have " + now.sizeBytes() + " bytes, but the limit is "
                    + Limits.MAX_AUTH_BYTES + ": delete some users or roles");
        }
    }
}
