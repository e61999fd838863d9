// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

/**
 * A mistake in a run file.
 *
 * @param where {@code file:line}, or the argument of the command line
 * @param text what is wrong, what was expected and the nearest valid choice, in one line
 */
public record Mistake(String where, String text) {
    /** {@return the line that a person is shown} */
    @Override
    public String toString() {
        return where + ": " + text;
    }
}
