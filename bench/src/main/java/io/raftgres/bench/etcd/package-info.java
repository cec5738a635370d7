/**
 * etcd's own {@code benchmark} program against an etcd and against Raftgres, one after the other on one machine: the
 * same requests, by the same client, in one run.
 */
package io.raftgres.bench.etcd;
