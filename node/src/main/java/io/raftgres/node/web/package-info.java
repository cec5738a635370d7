/** What a web page, which runs in a browser that reaches this node, must not be able to send. */
package io.raftgres.node.web;
