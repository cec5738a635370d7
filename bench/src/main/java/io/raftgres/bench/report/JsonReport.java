package io.raftgres.bench.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.raftgres.bench.Json;
import io.raftgres.bench.report.SuiteReport.Kill;
import io.raftgres.bench.report.SuiteReport.Load;
import io.raftgres.bench.report.SuiteReport.Row;
import java.util.Locale;

/** Writes the report for programs. Times are milliseconds; unknown figures are null. */
public final class JsonReport {
    private JsonReport() {}

    public static ObjectNode of(SuiteReport report) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("started", report.started());
        json.put("quick", report.quick());
        ObjectNode conditions = json.putObject("conditions");
        report.conditions().forEach(conditions::put);
        ArrayNode rows = json.putArray("table");
        for (Row row : report.rows()) {
            ObjectNode one = rows.addObject();
            one.put("category", row.category());
            one.put("what", row.what());
            one.put("paper", row.paper().equals(SuiteReport.NOT_KNOWN) ? null : row.paper());
            one.put("raftgres", row.ours());
            one.put("goal", row.goal().isEmpty() ? null : row.goal());
            one.put(
                    "verdict",
                    row.verdict() == SuiteReport.Verdict.NONE
                            ? null
                            : row.verdict().text());
        }
        ArrayNode loads = json.putArray("loads");
        for (Load load : report.loads()) {
            ObjectNode one = loads.addObject();
            one.put("group", load.group().name().toLowerCase(Locale.ROOT));
            one.put("name", load.name());
            one.setAll(Json.of(load.plan(), load.result()));
        }
        ArrayNode kills = json.putArray("kills");
        for (Kill kill : report.kills()) {
            ObjectNode one = kills.addObject();
            one.put("number", kill.number());
            one.put("victim", kill.victim());
            one.put("successor", kill.successor());
            number(one, "gapMillis", kill.gapMillis());
            number(one, "startMillis", kill.startMillis());
            one.put("asked", kill.asked());
            one.put("answered", kill.answered());
            number(one, "longestWaitMillis", kill.longestWaitMillis());
        }
        ArrayNode notes = json.putArray("notes");
        report.notes().forEach(notes::add);
        return json;
    }

    static void number(ObjectNode json, String name, double value) {
        if (Double.isNaN(value)) {
            json.putNull(name);
        } else {
            json.put(name, value);
        }
    }
}
