package io.raftgres.node.kv;

import java.util.List;

/**
 * The result of applying a {@link Request}.
 *
 * @param revision the store's revision after it
 * @param succeeded whether the compares held
 * @param results one for each operation of the branch that ran; empty when replayed and the request was a transaction
 * @param replayed the token had been applied before: this repeats the earlier result, and nothing was changed now
 */
public record ApplyResult(long revision, boolean succeeded, List<Op.Result> results, boolean replayed) {}
