/** What the nodes themselves say and do: the client of their admin API, and one view out of all their answers. */
package io.raftgres.operator.raft;
