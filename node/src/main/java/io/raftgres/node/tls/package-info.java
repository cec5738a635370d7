/**
 * Certificates, keys, certificate authorities and revocation lists of this node, read again when they change.
 *
 * <p>Begin with {@link NodeTls}, then {@link TlsFiles} and {@link CertificateSet}.
 *
 * <p>May use: {@code node.config}.
 *
 * <p>A thread of {@link TlsFiles} reads the files; all other threads take the current {@link CertificateSet}, which is
 * immutable. The package knows no protocol and no socket: the ports ask it for engines.
 */
package io.raftgres.node.tls;
