/** The command line: what {@code ./raftgres} runs for all that is not about building and testing the source tree. */
package io.raftgres.cli;
