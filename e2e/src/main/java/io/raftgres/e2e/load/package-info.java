/** Clients that write and read all the time and keep account of the answers; also as a program for a pod of its own. */
package io.raftgres.e2e.load;
