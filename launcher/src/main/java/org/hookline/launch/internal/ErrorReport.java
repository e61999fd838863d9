// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * What a failed command comes to: one line and an exit code.
 *
 * @param exitCode 2 for the user's mistake, 1 for anything else
 * @param line without the prefix {@code hookline:}
 */
record ErrorReport(int exitCode, String line) {
    /** By name: the class lives in a bundle, and a second version of that bundle may be there. */
    private static final String USER_ERROR = "org.hookline.api.UserError";

    static ErrorReport of(Throwable thrown) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Throwable deepest = thrown;
        for (Throwable t = thrown; t != null && seen.add(t); t = t.getCause()) {
            if (t.getClass().getName().equals(USER_ERROR)) {
                return new ErrorReport(LaunchError.MISTAKE, oneLine(t));
            }
            if (t instanceof LaunchError known) {
                return new ErrorReport(known.exitCode(), oneLine(t));
            }
            deepest = t;
        }
        String line = oneLine(thrown);
        String reason = oneLine(deepest);
        return new ErrorReport(LaunchError.FAILURE, line.contains(reason) ? line : line + ": " + reason);
    }

    private static String oneLine(Throwable thrown) {
        String message = thrown.getMessage();
        String type = thrown.getClass().getSimpleName();
        if (message == null || message.isBlank()) {
            return type;
        }
        String line = message.strip().replaceAll("\\s*\\R\\s*", " ");
        boolean speaksForItself = thrown instanceof LaunchError
                || thrown.getClass().getName().equals(USER_ERROR)
                || line.contains(type);
        return speaksForItself ? line : line + " (" + type + ")";
    }
}
