// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

/** Ends the launch with one line and an exit code. */
final class LaunchError extends Exception {
    /** Something failed that the user did not cause. */
    static final int FAILURE = 1;

    /** The user's mistake, or something missing that the user can put right. */
    static final int MISTAKE = 2;

    private static final long serialVersionUID = 1L;

    private final int exitCode;

    LaunchError(int exitCode, String line) {
        super(line);
        this.exitCode = exitCode;
    }

    LaunchError(int exitCode, String line, Throwable cause) {
        super(line, cause);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
