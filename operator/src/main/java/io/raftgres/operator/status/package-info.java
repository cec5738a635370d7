/** What people are told: conditions, one class each, from what was seen and the step that was planned from it. */
package io.raftgres.operator.status;
