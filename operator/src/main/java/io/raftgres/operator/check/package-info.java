/** Whether an installation works, asked from a pod beside it: {@code helm test} runs it in the operator's own image. */
package io.raftgres.operator.check;
