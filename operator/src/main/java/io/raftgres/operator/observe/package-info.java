/** What is there: read live from the API server and the nodes at each look, never from a cache. */
package io.raftgres.operator.observe;
