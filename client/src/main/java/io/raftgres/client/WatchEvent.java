package io.raftgres.client;

/** One change, as a watch reports it. The changes of one transaction share its revision. */
public sealed interface WatchEvent {

    /** @return the revision of the transaction that made the change */
    long revision();

    byte[] key();

    /** @param row the key after the put */
    record Put(long revision, KeyValue row) implements WatchEvent {
        @Override
        public byte[] key() {
            return row.key();
        }
    }

    record Delete(long revision, byte[] key) implements WatchEvent {}
}
