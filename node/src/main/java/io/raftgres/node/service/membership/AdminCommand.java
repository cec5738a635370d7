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

/** A request to {@link ClusterAdmin}, as it is sent to the leader: JSON whose unknown fields are ignored. */
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

    /** @param reads the highest version of a cluster that the node can read; null when it was not given */
    record Add(String name, String peerAddress, String clientAddress, boolean replace, Integer reads)
            implements AdminCommand {
        Add(String name, String peerAddress, String clientAddress, boolean replace) {
            this(name, peerAddress, clientAddress, replace, null);
        }
    }

    record Promote(String member) implements AdminCommand {}

    record Update(String member, String peerAddress, String clientAddress) implements AdminCommand {}

    record Remove(String member) implements AdminCommand {}

    /** @param target null: the leader chooses the best voter */
    record Transfer(String target) implements AdminCommand {}

    /**
     * Asks any member to keep its state while the asking member discards its own: {@link LastCopy}.
     *
     * @param index index that the state must have reached
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

    /**
     * @param member the member that was changed, null when nothing was done
     * @param detail a sentence when nothing was done
     */
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
     * Checks the request. The first node does so before it sends the request, and the leader does so again.
     *
     * @throws ServiceException.Invalid when a name or an address is invalid
     * @throws ServiceException.NoSuchMember when no member can have this name
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
            throw new ServiceException.NoSuchMember(
                    "there is no member '" + member + "': this is not a valid name or" + " id");
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
            throw new IllegalStateException("a request could not be written as JSON", e);
        }
    }

    /** @throws IllegalArgumentException when this release does not know the request */
    static AdminCommand decode(byte[] payload) {
        return read(payload, AdminCommand.class);
    }

    /** @throws IllegalArgumentException when it is not a reply */
    static Reply decodeReply(byte[] payload) {
        return read(payload, Reply.class);
    }

    private static <T> T read(byte[] payload, Class<T> type) {
        try {
            T value = JSON.readValue(payload, type);
            if (value == null) {
                throw new IllegalArgumentException("the request for a change of the cluster is empty");
            }
            return value;
        } catch (IOException e) {
            throw new IllegalArgumentException("this release does not know this change of the cluster", e);
        }
    }
}
