package io.raftgres.node.kv;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The users and roles as of the applied index. Only the apply thread sets them; any thread may read. */
public final class AuthStore {

    /** Called on the apply thread, when the state has changed; returns at once. */
    public interface Listener {
        /** @param index of the entry that made the token */
        void issued(AuthCommand.Token token, long index);

        /** Users, roles or their check have changed. @param command that did it */
        void changed(AuthCommand command, AuthState state);
    }

    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private volatile AuthState state;

    public AuthStore(AuthState state) {
        this.state = state;
    }

    public AuthState state() {
        return state;
    }

    /** @param listener receives all changes after this call */
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    /** @param index of the entry whose command has led to this state */
    void applied(AuthCommand command, AuthState next, long index) {
        boolean changes = next != state;
        state = next;
        if (command instanceof AuthCommand.Token token) {
            listeners.forEach(listener -> listener.issued(token, index));
        } else if (changes) {
            listeners.forEach(listener -> listener.changed(command, next));
        }
    }
}
