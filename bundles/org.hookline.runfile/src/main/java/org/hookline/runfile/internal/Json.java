// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile.internal;

import java.util.List;
import java.util.Map;

/** Writes JSON, indented. */
public final class Json {
    private Json() {}

    /**
     * Writes a value.
     *
     * @param value null, Boolean, Number, text, List or Map
     * @return the text, with a line break at its end
     */
    public static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, "", out);
        return out.append('\n').toString();
    }

    private static void write(Object value, String indent, StringBuilder out) {
        switch (value) {
            case null -> out.append("null");
            case Boolean b -> out.append(b);
            case Double d when d.isNaN() || d.isInfinite() -> out.append("null");
            case Number n -> out.append(n);
            case Map<?, ?> map when map.isEmpty() -> out.append("{}");
            case Map<?, ?> map -> {
                String separator = "{\n";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(separator).append(indent).append("  ");
                    text(String.valueOf(entry.getKey()), out);
                    out.append(": ");
                    write(entry.getValue(), indent + "  ", out);
                    separator = ",\n";
                }
                out.append('\n').append(indent).append('}');
            }
            case List<?> list when list.stream().noneMatch(v -> v instanceof Map || v instanceof List) -> {
                String separator = "[";
                for (Object item : list) {
                    out.append(separator);
                    write(item, indent, out);
                    separator = ", ";
                }
                out.append(list.isEmpty() ? "[]" : "]");
            }
            case List<?> list -> {
                String separator = "[\n";
                for (Object item : list) {
                    out.append(separator).append(indent).append("  ");
                    write(item, indent + "  ", out);
                    separator = ",\n";
                }
                out.append('\n').append(indent).append(']');
            }
            default -> text(value.toString(), out);
        }
    }

    private static void text(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < 0x20) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
