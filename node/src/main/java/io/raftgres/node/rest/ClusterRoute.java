package io.raftgres.node.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import io.raftgres.node.service.health.ClusterView;
import java.io.IOException;
import java.util.Set;

/** GET /v1/cluster. */
final class ClusterRoute {

    void get(RestExchange exchange) {
        exchange.query(Set.of());
        Accept.require(exchange.request, RangeWriter.JSON);
        ClusterView view = exchange.service().cluster();
        JsonResponse.send(exchange, null, json -> write(json, view));
    }

    private static void write(JsonGenerator json, ClusterView view) throws IOException {
        json.writeStartObject();
        json.writeStringField("clusterId", view.clusterId());
        json.writeStringField("self", view.self());
        json.writeNumberField("term", view.term());
        json.writeNumberField("clusterVersion", view.clusterVersion());
        if (view.leader() == null) {
            json.writeNullField("leader");
        } else {
            json.writeObjectFieldStart("leader");
            json.writeStringField("id", view.leader().id());
            json.writeStringField("name", view.leader().name());
            json.writeEndObject();
        }
        json.writeArrayFieldStart("members");
        for (ClusterView.MemberView member : view.members()) {
            write(json, member);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("knownMembers");
        for (String known : view.knownMembers()) {
            json.writeString(known);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    static void write(JsonGenerator json, ClusterView.MemberView member) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", member.id());
        json.writeStringField("name", member.name());
        json.writeStringField("role", member.role());
        json.writeBooleanField("voter", member.voter());
        json.writeStringField("peerAddress", member.peerAddress());
        json.writeStringField("clientAddress", member.clientAddress());
        json.writeNumberField("term", member.term());
        json.writeNumberField("lastTerm", member.lastTerm());
        json.writeNumberField("lastIndex", member.lastIndex());
        json.writeNumberField("commitIndex", member.commitIndex());
        json.writeNumberField("appliedIndex", member.appliedIndex());
        json.writeNumberField("storedIndex", member.storedIndex());
        json.writeNumberField("revision", member.revision());
        json.writeStringField("hash", member.hash());
        json.writeNumberField("hashIndex", member.hashIndex());
        json.writeStringField("version", member.version());
        json.writeNumberField("ageMillis", member.ageMillis());
        json.writeNumberField("matchIndex", member.matchIndex());
        json.writeNumberField("lag", member.lag());
        json.writeStringField("state", member.state());
        json.writeArrayFieldStart("alarms");
        for (String alarm : member.alarms()) {
            json.writeString(alarm);
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
