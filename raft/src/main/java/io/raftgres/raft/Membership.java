package io.raftgres.raft;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The members of the cluster and the identities that have left it (thesis, chapter 4). */
public record Membership(List<Member> members, Set<Long> removed) {

    /** Upper bound of voters in a cluster: more voters only slow it down. */
    public static final int MAX_VOTERS = 9;

    private static final int FORMAT = 1;

    public Membership {
        members = members.stream().sorted(Comparator.comparingLong(Member::id)).toList();
        removed = Set.copyOf(removed);
        Set<Long> ids = new HashSet<>();
        for (Member member : members) {
            if (!ids.add(member.id())) {
                throw new IllegalArgumentException("member id " + Long.toHexString(member.id()) + " twice");
            }
            if (removed.contains(member.id())) {
                throw new IllegalArgumentException("member " + Long.toHexString(member.id()) + " was removed");
            }
        }
    }

    public static Membership of(List<Member> members) {
        return new Membership(members, Set.of());
    }

    public Optional<Member> member(long id) {
        return Optional.ofNullable(find(id));
    }

    public boolean contains(long id) {
        return find(id) != null;
    }

    public boolean isVoter(long id) {
        Member member = find(id);
        return member != null && member.voter();
    }

    /** Runs for every message, so it avoids streams. */
    private Member find(long id) {
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i).id() == id) {
                return members.get(i);
            }
        }
        return null;
    }

    /** @return ids of the voters, ascending */
    public List<Long> voters() {
        return members.stream().filter(Member::voter).map(Member::id).toList();
    }

    /** @return the members with {@code member} added, or in place of the member with the same id */
    public Membership with(Member member) {
        List<Member> next = new ArrayList<>(members);
        next.removeIf(m -> m.id() == member.id());
        next.add(member);
        return new Membership(next, removed);
    }

    /** @return the members without {@code id}, which is recorded as removed */
    public Membership without(long id) {
        List<Member> next = new ArrayList<>(members);
        next.removeIf(m -> m.id() == id);
        Set<Long> gone = new HashSet<>(removed);
        gone.add(id);
        return new Membership(next, gone);
    }

    /** @return the bytes that {@link #decode} reads: data of a MEMBERSHIP entry, part of a log segment's header */
    public byte[] encode() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(FORMAT);
            out.writeShort(members.size());
            for (Member member : members) {
                out.writeLong(member.id());
                out.writeBoolean(member.voter());
                out.writeUTF(member.name());
                out.writeUTF(member.peerAddress());
                out.writeUTF(member.clientAddress());
            }
            out.writeInt(removed.size());
            for (long id : new TreeSet<>(removed)) {
                out.writeLong(id);
            }
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return bytes.toByteArray();
    }

    /** @throws IllegalArgumentException when the bytes are not a membership */
    public static Membership decode(byte[] data) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(data))) {
            int format = in.readUnsignedByte();
            if (format != FORMAT) {
                throw new IllegalArgumentException("membership in unknown format " + format);
            }
            int count = in.readUnsignedShort();
            List<Member> members = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                long id = in.readLong();
                boolean voter = in.readBoolean();
                members.add(new Member(id, in.readUTF(), voter, in.readUTF(), in.readUTF()));
            }
            int removedCount = in.readInt();
            Set<Long> removed = new HashSet<>();
            for (int i = 0; i < removedCount; i++) {
                removed.add(in.readLong());
            }
            return new Membership(members, removed);
        } catch (IOException e) {
            throw new IllegalArgumentException("membership is truncated", e);
        }
    }
}
