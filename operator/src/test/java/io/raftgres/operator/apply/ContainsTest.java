package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;

/** What counts as drift, and what the API server may make of a wish. */
class ContainsTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static boolean contains(String wanted, String live) {
        try {
            return Contains.all(JSON.readTree(wanted.replace('\'', '"')), JSON.readTree(live.replace('\'', '"')));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatOthersAddDoesNotMatter() {
        assertTrue(contains("{'a': 1, 'b': {'c': 'x'}}", "{'b': {'c': 'x', 'd': 'theirs'}, 'a': 1, 'e': []}"));
        assertTrue(contains("{'a': [{'name': 'n'}]}", "{'a': [{'name': 'n', 'protocol': 'TCP'}]}"));
    }

    @Test
    void whatIsMissingOrAnotherDoes() {
        assertFalse(contains("{'a': 1}", "{}"));
        assertFalse(contains("{'a': 1}", "{'a': 2}"));
        assertFalse(contains("{'a': {'b': true}}", "{'a': {'b': false}}"));
        assertFalse(contains("{'a': {'b': 1}}", "{'a': 1}"));
        assertFalse(contains("{'a': 'x'}", "{'a': null}"));
    }

    @Test
    void listsAreCompletelyOurs() {
        assertFalse(contains("{'a': [1]}", "{'a': [1, 2]}"));
        assertFalse(contains("{'a': [1, 2]}", "{'a': [1]}"));
        assertFalse(contains("{'a': [1, 2]}", "{'a': [2, 1]}"));
        assertFalse(contains("{'a': [1]}", "{'a': {'0': 1}}"));
    }

    @Test
    void nothingIsWantedOfWhatIsEmpty() {
        assertTrue(contains("{'a': null, 'b': {}, 'c': []}", "{}"));
        assertTrue(contains("{'b': {}}", "{'b': {'theirs': 1}}"));
        // The StatefulSet of a cluster without a claim for the log was written in each round.
        assertTrue(contains("{'name': 'RAFTGRES_LOG_DIR', 'value': ''}", "{'name': 'RAFTGRES_LOG_DIR'}"));
        assertFalse(contains("{'value': ''}", "{'value': 'x'}"));
    }

    @Test
    void aQuantityInOtherWordsIsTheSame() {
        assertTrue(contains("{'cpu': '1000m', 'memory': '1Gi'}", "{'cpu': '1', 'memory': '1024Mi'}"));
        assertTrue(contains("{'cpu': '0.5'}", "{'cpu': '500m'}"));
        assertFalse(contains("{'memory': '1Gi'}", "{'memory': '1G'}"));
        assertFalse(contains("{'name': '1x'}", "{'name': '1'}"));
    }

    @Test
    void aNumberInQuotesIsTheSame() {
        assertTrue(contains("{'port': 8081}", "{'port': '8081'}"));
    }
}
