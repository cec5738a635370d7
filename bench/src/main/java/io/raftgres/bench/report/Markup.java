package io.raftgres.bench.report;

import java.util.Locale;

/** Writes HTML and SVG that are also well-formed XML. Only this class escapes text and attributes. */
final class Markup {
    private final StringBuilder text = new StringBuilder();

    /** @param attributes name, value, name, value */
    Markup open(String element, Object... attributes) {
        tag(element, attributes).append(">");
        return this;
    }

    Markup close(String element) {
        text.append("</").append(element).append(">\n");
        return this;
    }

    Markup empty(String element, Object... attributes) {
        tag(element, attributes).append("/>\n");
        return this;
    }

    /** Writes an element with text in it. */
    Markup leaf(String element, String content, Object... attributes) {
        return open(element, attributes).text(content).close(element);
    }

    Markup text(String content) {
        text.append(escape(content));
        return this;
    }

    /** Writes trusted markup without escaping. */
    Markup raw(String markup) {
        text.append(markup);
        return this;
    }

    private StringBuilder tag(String element, Object... attributes) {
        text.append('<').append(element);
        for (int i = 0; i < attributes.length; i += 2) {
            Object value = attributes[i + 1];
            String shown =
                    value instanceof Double number ? String.format(Locale.ROOT, "%.1f", number) : value.toString();
            text.append(' ')
                    .append(attributes[i])
                    .append("=\"")
                    .append(escape(shown))
                    .append('"');
        }
        return text;
    }

    /** Replaces control characters, which XML cannot represent, by question marks. */
    static String escape(String content) {
        StringBuilder escaped = new StringBuilder(content.length() + 16);
        for (int i = 0; i < content.length(); i++) {
            char c = content.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.append((c < 0x20 && c != '\n' && c != '\t') || c >= 0xFFFE ? '?' : c);
            }
        }
        return escaped.toString();
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
