/**
 * Refuses the HTTP requests that a web page may have sent through a browser which reaches this node.
 *
 * <p>Begin with {@link BrowserRules}.
 *
 * <p>May use: {@code node.config, node.kv, node.service, node.service.health, raft}.
 *
 * <p>Thread-safe. The rules look at headers that only browsers set or that a page cannot choose. gRPC is not under
 * these rules.
 */
package io.raftgres.node.web;
