package io.raftgres.node.kv;

/** The users and roles as of the applied index. Only the apply thread sets them; any thread may read. */
public final class AuthStore {

    /** Called on the apply thread, when the state has changed; returns at once. */
    public interface Listener {
        /** @param index of the entry that made the token */
        void issued(AuthCommand.Token token, long index);

        /** Users, roles or their check have changed. @param command that did it */
        void changed(AuthCommand command, AuthState state);
    }

    private static final Listener NO_LISTENER = new Listener() {
        @Override
        public void issued(AuthCommand.Token token, long index) {}

        @Override
        public void changed(AuthCommand command, AuthState state) {}
    };

    private volatile AuthState state;
    private volatile Listener listener = NO_LISTENER;

    public AuthStore(AuthState state) {
        this.state = state;
    }

    public AuthState state() {
        return state;
    }

    /** @param listener receives all changes after this call */
    public void listen(Listener listener) {
        this.listener = listener;
    }

    /** @param index of the entry whose command has led to this state */
    void applied(AuthCommand command, AuthState next, long index) {
        boolean changes = next != state;
        state = next;
        if (command instanceof AuthCommand.Token token) {
            listener.issued(token, index);
        } else if (changes) {
            listener.changed(command, next);
        }
    }
}
