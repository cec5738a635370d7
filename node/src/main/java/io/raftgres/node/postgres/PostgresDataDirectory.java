package io.raftgres.node.postgres;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * PostgreSQL's data directory: initialised once, completely or not at all; its settings are written before each start.
 */
final class PostgresDataDirectory {

    static final String OWNER = "raftgres";
    static final String READER = "raftgres_reader";
    static final String DATABASE = "raftgres";

    private static final Logger LOG = Logger.getLogger(PostgresDataDirectory.class);
    private static final int INIT_SECONDS_MAX = 120;
    private static final int LAST_WORDS = 12;

    /** Matches lines of level FATAL or PANIC that show damage, not a full disk, a port in use, or a lack of memory. */
    private static final Pattern DAMAGE = Pattern.compile("(FATAL|PANIC):.*(could not locate a valid checkpoint record"
            + "|invalid page|invalid data in file|incorrect checksum|could not read|could not open|bogus|corrupt"
            + "|unexpected|is not a valid data directory|cannot be recovered)");

    private final PostgresOptions options;
    private final Path home;

    PostgresDataDirectory(PostgresOptions options, Path home) {
        this.options = options;
        this.home = home;
    }

    /** Initialises the directory when there is none. @throws IOException also when the directory holds other files */
    void prepare() throws IOException, InterruptedException {
        Path data = options.dataDir();
        Path version = data.resolve("PG_VERSION");
        if (Files.exists(version)) {
            String major = Files.readString(version).trim();
            if (!major.equals(Integer.toString(PostgresBinaries.MAJOR))) {
                throw new IOException(data + " was made by PostgreSQL " + major + ", but this node has PostgreSQL "
                        + PostgresBinaries.MAJOR
                        + "; remove the directory, so that the node gets its data from its peers");
            }
            if (!Files.exists(options.passwordFile())) {
                throw new DamagedDataException(
                        "the password file of " + data + " is missing: " + options.passwordFile());
            }
        } else {
            refuseForeign(data);
            initialise(data);
        }
    }

    private static void refuseForeign(Path data) throws IOException {
        if (!Files.exists(data)) {
            return;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(data)) {
            if (entries.iterator().hasNext()) {
                throw new DamagedDataException(data + " is neither empty nor a PostgreSQL data directory");
            }
        }
    }

    /** Works in a directory of another name, and renames it when all files are complete and on disk. */
    private void initialise(Path data) throws IOException, InterruptedException {
        LOG.infof("initialising a new PostgreSQL data directory in %s", data);
        Files.createDirectories(data.getParent());
        Path partial = data.resolveSibling(data.getFileName() + ".partial");
        PostgresBinaries.deleteTree(partial);
        writePassword();
        // The password is 24 random bytes: hashing it 4,096 times at each connection protects nothing and delays each
        // start.
        run(
                "initdb",
                null,
                "--pgdata=" + partial,
                "--username=" + OWNER,
                "--pwfile=" + options.passwordFile(),
                "--set=scram_iterations=1",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--data-checksums",
                "--no-sync",
                "--no-instructions");
        run(
                "postgres",
                """
                CREATE DATABASE %s;
                CREATE ROLE %s LOGIN CONNECTION LIMIT 10;
                ALTER ROLE %s SET default_transaction_read_only = on;
                ALTER ROLE %s SET search_path = raftgres;
                """.formatted(DATABASE, READER, READER, READER),
                "--single",
                "-D",
                partial.toString(),
                "postgres");
        run("initdb", null, "--sync-only", "--pgdata=" + partial);
        Files.move(partial, data, StandardCopyOption.ATOMIC_MOVE);
    }

    /** @return whether the server's last log lines report damaged files */
    boolean looksDamaged() throws IOException {
        List<Path> logs = new ArrayList<>(List.of(options.startLog()));
        Path directory = options.dataDir().resolve("log");
        if (Files.isDirectory(directory)) {
            try (Stream<Path> files = Files.list(directory)) {
                files.filter(file -> file.toString().endsWith(".log"))
                        .max(Comparator.comparingLong(file -> file.toFile().lastModified()))
                        .ifPresent(logs::add);
            }
        }
        for (Path log : logs) {
            for (String line : tail(log, LAST_WORDS)) {
                if (DAMAGE.matcher(line).find()) {
                    return true;
                }
            }
        }
        return !Files.exists(options.dataDir().resolve("global").resolve("pg_control"));
    }

    private void writePassword() throws IOException {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        Path file = options.passwordFile();
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, HexFormat.of().formatHex(random) + "\n");
    }

    String password() throws IOException {
        return Files.readString(options.passwordFile()).trim();
    }

    /**
     * synchronous_commit=off: the Raft log is the durable record, and its entries are applied again after a crash.
     * wal_level=minimal: this server has no replicas. No unix socket: its path is limited to about 100 bytes, data
     * directories are not. temp_file_limit: a reader's query must not fill the disk, and no reader can change it.
     */
    void writeSettings() throws IOException {
        String settings = """
                # Written by the node at each start. Your own settings: ALTER SYSTEM, which wins over this file.
                listen_addresses = '127.0.0.1'
                port = %d
                unix_socket_directories = ''
                max_connections = 40
                shared_buffers = %dMB
                synchronous_commit = off
                fsync = on
                full_page_writes = on
                wal_level = minimal
                max_wal_senders = 0
                max_wal_size = 512MB
                min_wal_size = 128MB
                checkpoint_timeout = 5min
                autovacuum = on
                autovacuum_naptime = 15s
                jit = off
                temp_file_limit = 8GB
                logging_collector = on
                log_directory = 'log'
                log_filename = 'postgresql-%%a.log'
                log_rotation_age = 1d
                log_rotation_size = 0
                log_truncate_on_rotation = on
                log_line_prefix = '%%m [%%p] '
                log_checkpoints = off
                """.formatted(options.port(), options.sharedBuffersMb());
        Files.writeString(options.dataDir().resolve("raftgres.conf"), settings);
        Path main = options.dataDir().resolve("postgresql.conf");
        String include = "include = 'raftgres.conf'";
        if (!Files.readString(main).contains(include)) {
            Files.writeString(main, Files.readString(main) + "\n" + include + "\n");
        }
        Files.writeString(options.dataDir().resolve("pg_hba.conf"), """
                # Written by the node at each start. The reader needs no password: it can only read, from this machine.
                host %s %s 127.0.0.1/32 trust
                host all %s 127.0.0.1/32 scram-sha-256
                """.formatted(DATABASE, READER, OWNER));
    }

    private void run(String program, String input, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(asOrdinaryUser());
        command.add(home.resolve("bin").resolve(program).toString());
        command.addAll(List.of(arguments));
        Path log = options.startLog();
        Process process = builder(command, log)
                .redirectInput(ProcessBuilder.Redirect.PIPE)
                .start();
        try (var stdin = process.getOutputStream()) {
            if (input != null) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            }
        }
        if (!process.waitFor(INIT_SECONDS_MAX, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(program + " did not finish within " + INIT_SECONDS_MAX + " s; see " + log);
        }
        if (process.exitValue() != 0) {
            throw new IOException(program + " failed: " + String.join(" | ", tail(log, 5)));
        }
    }

    static ProcessBuilder builder(List<String> command, Path log) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().put("LC_ALL", "C");
        return builder;
    }

    /**
     * PostgreSQL refuses to run as root. In a user namespace without a mapping it runs as nobody, with root's files.
     */
    static List<String> asOrdinaryUser() {
        boolean linux = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux");
        return linux && new UnixSystem().getUid() == 0 ? List.of("unshare", "-U") : List.of();
    }

    static List<String> tail(Path log, int lines) throws IOException {
        if (!Files.exists(log)) {
            return List.of();
        }
        List<String> all = new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        return all.subList(Math.max(0, all.size() - lines), all.size());
    }
}
