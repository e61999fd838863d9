// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.tensorboardlogger.internal;

import java.util.Collection;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The effective run file as YAML, indented by four, which Markdown shows as it is. */
final class RunText {
    private static final String INDENT = "    ";

    /** Text that YAML takes as text without quotes, for sure. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z_][A-Za-z0-9_./-]*");

    /** Words that look like text and are something else to one YAML reader or another. */
    private static final Pattern WORD = Pattern.compile("(?i)true|false|yes|no|on|off|y|n|null");

    private RunText() {}

    /**
     * Writes a run file.
     *
     * @param configuration maps, lists, text, numbers and booleans
     * @return lines
     */
    static String markdown(Map<String, Object> configuration) {
        StringBuilder out = new StringBuilder(1024);
        lines(configuration, INDENT, out);
        return out.toString();
    }

    private static void lines(Map<?, ?> map, String indent, StringBuilder out) {
        map.forEach((key, value) -> {
            out.append(indent).append(text(String.valueOf(key))).append(':');
            if (value instanceof Map<?, ?> m && !m.isEmpty()) {
                out.append('\n');
                lines(m, indent + "  ", out);
            } else if (value instanceof Collection<?> c && c.stream().anyMatch(RunText::nested)) {
                out.append('\n');
                c.forEach(item -> out.append(indent).append("  - ").append(flow(item)).append('\n'));
            } else {
                out.append(' ').append(flow(value)).append('\n');
            }
        });
    }

    private static boolean nested(Object value) {
        return value instanceof Map || value instanceof Collection;
    }

    private static String flow(Object value) {
        return switch (value) {
            case null -> "null";
            case Map<?, ?> m -> m.entrySet().stream()
                    .map(e -> text(String.valueOf(e.getKey())) + ": " + flow(e.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
            case Collection<?> c -> c.stream().map(RunText::flow).collect(Collectors.joining(", ", "[", "]"));
            case Double d when d.isNaN() -> ".nan";
            case Double d when d.isInfinite() -> d > 0 ? ".inf" : "-.inf";
            case Number n -> n.toString();
            case Boolean b -> b.toString();
            default -> text(value.toString());
        };
    }

    private static String text(String text) {
        if (PLAIN.matcher(text).matches() && !WORD.matcher(text).matches()) {
            return text;
        }
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> quoted.append('\\').append(c);
                case '\n' -> quoted.append("\\n");
                case '\t' -> quoted.append("\\t");
                default -> {
                    // Control characters, and what YAML takes for the end of a line.
                    if (c < ' ' || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 || c == 0xFEFF) {
                        quoted.append("\\u").append("%04x".formatted((int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }
}
