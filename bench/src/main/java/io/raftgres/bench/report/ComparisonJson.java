package io.raftgres.bench.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.raftgres.bench.Json;

/**
 * Writes the comparison for programs. Rates are requests per second, times are milliseconds; unknown figures are null.
 */
public final class ComparisonJson {
    private ComparisonJson() {}

    public static ObjectNode of(ComparisonReport report) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("started", report.started());
        json.put("quick", report.quick());
        ObjectNode conditions = json.putObject("conditions");
        report.conditions().forEach(conditions::put);
        ArrayNode rows = json.putArray("table");
        for (ComparisonReport.Row row : report.rows()) {
            ObjectNode one = rows.addObject();
            one.put("workload", row.workload());
            one.put("what", row.what());
            one.put("etcd", row.etcd());
            one.put("raftgres", row.raftgres());
            JsonReport.number(one, "ratio", row.ratio());
            JsonReport.number(one, "goal", row.goal());
            one.put("goalIs", row.throughput() ? "least" : "most");
            one.put(
                    "verdict",
                    row.verdict() == SuiteReport.Verdict.NONE
                            ? null
                            : row.verdict().text());
        }
        ArrayNode samples = json.putArray("runs");
        for (ComparisonReport.Sample sample : report.samples()) {
            ObjectNode one = samples.addObject();
            one.put("system", sample.system());
            one.put("workload", sample.workload());
            one.put("pass", sample.pass());
            one.put("warmUp", sample.pass() == 0);
            one.put("requests", sample.requests());
            ObjectNode figures = one.putObject("figures");
            sample.figures().forEach((name, value) -> JsonReport.number(figures, name, value));
            one.put("failure", sample.failure());
        }
        ArrayNode notes = json.putArray("notes");
        report.notes().forEach(notes::add);
        return json;
    }
}
