package io.raftgres.node.kv;

/** The users and roles as of the applied index. Only the apply thread sets them; any thread may read. */
public final class AuthStore {

    private volatile AuthState state;

    public AuthStore(AuthState state) {
        this.state = state;
    }

    public AuthState state() {
        return state;
    }

    void state(AuthState next) {
        state = next;
    }
}
