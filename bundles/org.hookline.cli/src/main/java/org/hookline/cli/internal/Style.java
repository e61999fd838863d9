// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.util.Map;

/**
 * Weight and colour, where the output shows them and the user did not refuse ({@code NO_COLOR}, see no-color.org).
 *
 * @param on whether there are any
 */
record Style(boolean on) {
    /** {@return whether standard output is a terminal that understands control sequences} */
    static boolean capable() {
        return Boolean.getBoolean("hookline.terminal") && !"dumb".equals(System.getenv("TERM"));
    }

    /**
     * Chooses.
     *
     * @param terminal whether the output is a terminal
     * @param environment of the process
     * @return the style
     */
    static Style of(boolean terminal, Map<String, String> environment) {
        return new Style(terminal && environment.getOrDefault("NO_COLOR", "").isEmpty());
    }

    String bold(String text) {
        return in("1", text);
    }

    String green(String text) {
        return in("32", text);
    }

    String yellow(String text) {
        return in("33", text);
    }

    String red(String text) {
        return in("31", text);
    }

    private String in(String code, String text) {
        return on ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
