/** All writing to the API server: what needs no plan, the steps of a plan, and what is told about them. */
package io.raftgres.operator.apply;
