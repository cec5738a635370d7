package io.raftgres.node.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Keeps the certificates of one kind of port as their files say. It compares contents, because Kubernetes swaps a link
 * and keeps times. A set that cannot be used leaves the former one in place.
 */
public final class TlsFiles implements AutoCloseable {

    static final Duration INTERVAL = Duration.ofSeconds(10);

    /** Files that are being replaced one after the other get this time before the set counts as wrong. */
    private static final Duration SECOND_LOOK = Duration.ofSeconds(1);

    private static final Logger LOG = Logger.getLogger(TlsFiles.class);

    private final String what;
    private final CertificateFiles files;
    private final Duration interval;
    private final List<Consumer<CertificateSet>> listeners = new CopyOnWriteArrayList<>();
    private final Thread watcher;
    private volatile CertificateSet current;
    private volatile String problem;
    private volatile boolean closed;

    /** Guarded by this. */
    private Map<Path, String> contents;

    private TlsFiles(String what, CertificateFiles files, Duration interval) throws IOException {
        this.what = what;
        this.files = files;
        this.interval = interval;
        this.contents = files.read();
        this.current = CertificateSet.of(files, contents, Instant.now());
        this.watcher = Thread.ofVirtual().name("tls-files").unstarted(this::watch);
    }

    /** @param what whose certificates these are, for log lines */
    static TlsFiles open(String what, CertificateFiles files, Duration interval) throws IOException {
        TlsFiles opened;
        try {
            opened = new TlsFiles(what, files, interval);
        } catch (IOException e) {
            throw new IOException("no TLS for " + what + ": " + e.getMessage(), e);
        }
        opened.watcher.start();
        return opened;
    }

    /** @return the latest set that could be used; for each new connection */
    public CertificateSet current() {
        return current;
    }

    /** @return why the files, or the certificate in use, are not good; null when they are */
    public String problem() {
        CertificateSet set = current;
        String found = problem;
        if (found != null) {
            return found;
        }
        return set.expires().isBefore(Instant.now())
                ? "the certificate for " + what + " expired at " + set.expires() + ": renew " + files.cert()
                : set.trusted().outdated(Instant.now());
    }

    /** @param listener called after each change, on the thread that reads the files */
    public void onChange(Consumer<CertificateSet> listener) {
        listeners.add(listener);
    }

    /** The listener is no longer called. */
    public void forget(Consumer<CertificateSet> listener) {
        listeners.remove(listener);
    }

    private void watch() {
        while (!closed) {
            LockSupport.parkNanos(interval.toNanos());
            if (!closed && !check()) {
                LockSupport.parkNanos(SECOND_LOOK.toNanos());
                if (!closed) {
                    noteProblem();
                }
            }
        }
    }

    private void noteProblem() {
        try {
            read();
        } catch (IOException e) {
            refuse(e);
        }
    }

    /** Reads the files now. @return false when they cannot be used */
    public boolean check() {
        try {
            read();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void read() throws IOException {
        CertificateSet next;
        synchronized (this) {
            Map<Path, String> found = files.read();
            if (found.equals(contents) && problem == null) {
                return;
            }
            next = CertificateSet.of(files, found, Instant.now());
            boolean changed = !found.equals(contents);
            contents = found;
            problem = null;
            if (!changed) {
                return;
            }
            current = next;
        }
        LOG.infof(
                "new certificate for %s: %s, valid until %s",
                what, next.chain().getFirst().getSubjectX500Principal().getName(), next.expires());
        for (Consumer<CertificateSet> listener : listeners) {
            try {
                listener.accept(next);
            } catch (RuntimeException e) {
                LOG.errorf(e, "the new certificate for %s could not be given to each port: restart the node", what);
            }
        }
    }

    private void refuse(IOException why) {
        String text = "the files of the certificate for " + what + " cannot be used, so the former ones stay: "
                + why.getMessage();
        if (!text.equals(problem)) {
            LOG.errorf("%s", text);
        }
        problem = text;
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(watcher);
    }
}
