/**
 * The Java client: {@link io.raftgres.client.RaftgresClient}. A thin layer on the REST API under {@code /v1}, which
 * adds what every user of it needs: deadlines, a working endpoint, retries where they are safe, and watches that
 * resume.
 */
package io.raftgres.client;
