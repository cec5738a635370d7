package io.raftgres.node.service.membership;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.raftgres.node.config.MemberRules;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.health.ClusterView.MemberView;
import io.raftgres.node.service.health.LastCopy;
import java.io.IOException;

/** What {@link ClusterAdmin} is asked for, as it goes to the leader: JSON, unknown fields are ignored. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "do")
@JsonSubTypes({
    @JsonSubTypes.Type(value = AdminCommand.Add.class, name = "add"),
    @JsonSubTypes.Type(value = AdminCommand.Promote.class, name = "promote"),
    @JsonSubTypes.Type(value = AdminCommand.Update.class, name = "update"),
    @JsonSubTypes.Type(value = AdminCommand.Remove.class, name = "remove"),
    @JsonSubTypes.Type(value = AdminCommand.Transfer.class, name = "transfer"),
    @JsonSubTypes.Type(value = AdminCommand.Keep.class, name = "keep")
})
sealed interface AdminCommand {

    /** @param reads the highest version of a cluster that it can read; null when that was not told */
    record Add(String name, String peerAddress, String clientAddress, boolean replace, Integer reads)
            implements AdminCommand {
        Add(String name, String peerAddress, String clientAddress, boolean replace) {
            this(name, peerAddress, clientAddress, replace, null);
        }
    }

    record Promote(String member) implements AdminCommand {}

    record Update(String member, String peerAddress, String clientAddress) implements AdminCommand {}

    record Remove(String member) implements AdminCommand {}

    /** @param target null: whoever is best */
    record Transfer(String target) implements AdminCommand {}

    /**
     * Asks any member to keep its state while the one that asks gives its own up: {@link LastCopy}.
     *
     * @param index that the state must have reached
     */
    record Keep(long index) implements AdminCommand {}

    enum Outcome {
        DONE,
        CREATED,
        NOT_LEADER,
        INVALID,
        NOT_FOUND,
        REFUSED,
        UNKNOWN
    }

    /** @param member whom it was done to, null when nothing was; @param detail a sentence when nothing was done */
    record Reply(Outcome outcome, String detail, MemberView member) {
        static Reply done(MemberView member) {
            return new Reply(Outcome.DONE, "", member);
        }

        static Reply not(Outcome outcome, String detail) {
            return new Reply(outcome, detail, null);
        }
    }

    ObjectMapper JSON = new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

    /**
     * Asked before it goes anywhere, and by the leader again.
     *
     * @throws ServiceException.Invalid a name or an address is none
     * @throws ServiceException.NoSuchMember no member can be called so
     */
    default void check() {
        try {
            switch (this) {
                case Add add -> MemberRules.check(add.name(), add.peerAddress(), add.clientAddress());
                case Update update -> {
                    requireName(update.member());
                    if (update.peerAddress() != null) {
                        MemberRules.checkPeerAddress(update.peerAddress());
                    }
                    if (update.clientAddress() != null) {
                        MemberRules.checkClientAddress(update.clientAddress());
                    }
                }
                case Promote promote -> requireName(promote.member());
                case Remove remove -> requireName(remove.member());
                case Transfer transfer -> {
                    if (transfer.target() != null) {
                        requireName(transfer.target());
                    }
                }
                case Keep keep -> {}
            }
        } catch (IllegalArgumentException e) {
            throw new ServiceException.Invalid(e.getMessage());
        }
    }

    private static void requireName(String member) {
        if (!MemberRules.isName(member)) {
            throw new ServiceException.NoSuchMember("there is no member '" + member + "', and there can be none");
        }
    }

    default byte[] encode() {
        return bytes(this);
    }

    static byte[] encode(Reply reply) {
        return bytes(reply);
    }

    private static byte[] bytes(Object value) {
        try {
            return JSON.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record became no JSON", e);
        }
    }

    /** @throws IllegalArgumentException when it is none that this release knows */
    static AdminCommand decode(byte[] payload) {
        return read(payload, AdminCommand.class);
    }

    /** @throws IllegalArgumentException when it is none */
    static Reply decodeReply(byte[] payload) {
        return read(payload, Reply.class);
    }

    private static <T> T read(byte[] payload, Class<T> type) {
        try {
            T value = JSON.readValue(payload, type);
            if (value == null) {
                throw new IllegalArgumentException("nothing where a change of the cluster should be");
            }
            return value;
        } catch (IOException e) {
            throw new IllegalArgumentException("not a change of the cluster that this release knows", e);
        }
    }
}
