// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.util.List;
import org.hookline.api.UserError;
import org.hookline.runfile.HookEntry;

/**
 * Why a component does not come, in one line.
 *
 * @param users whether it is the user's mistake
 * @param text the line
 */
record Reason(boolean users, String text) {
    private static final String USER_ERROR = UserError.class.getName() + ": ";
    private static final String CAUSE = "Caused by: ";

    /**
     * Says it of a hook or writer of the run file.
     *
     * @param entry which
     * @return the line: where it stands in the run file, its name, the reason
     */
    String of(HookEntry entry) {
        // Hooks begin their messages with their own name.
        String bare = text.startsWith(entry.type() + ": ") ? text.substring(entry.type().length() + 2) : text;
        return entry.where() + ": " + (entry.writer() ? "writer " : "hook ") + entry.name() + ": " + bare;
    }

    /**
     * Finds the reason in a stack trace.
     *
     * @param trace as {@link Throwable#printStackTrace()} writes it
     * @return the message of a {@link UserError} where there is one, otherwise of the deepest cause
     */
    static Reason of(String trace) {
        List<String> lines = trace.strip().lines().toList();
        for (String line : lines) {
            int at = line.indexOf(USER_ERROR);
            if (at >= 0) {
                return new Reason(true, line.substring(at + USER_ERROR.length()).strip());
            }
        }
        String deepest = lines.isEmpty() ? "" : lines.getFirst().strip();
        for (String line : lines) {
            if (line.strip().startsWith(CAUSE)) {
                deepest = line.strip().substring(CAUSE.length());
            }
        }
        return new Reason(false, deepest.replaceFirst("^(?:[a-z_][A-Za-z0-9_]*\\.)+", ""));
    }
}
