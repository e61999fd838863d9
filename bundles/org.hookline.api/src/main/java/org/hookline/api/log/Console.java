// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.log;

import org.osgi.annotation.versioning.ProviderType;

/**
 * The standard output of the process, as a service, so that a status line that is rewritten in place and lines that
 * stay do not get into each other's way. Without this service a writer falls back to plain lines. For any thread.
 */
@ProviderType
public interface Console {
    /**
     * Writes a line that stays. A status line moves below it.
     *
     * @param text the line, without its end; several lines are allowed
     */
    void line(String text);

    /**
     * Sets the status line, the last line of a terminal, which the next call replaces. It is cut to the terminal's
     * width. Nothing is written where the output is not a terminal.
     *
     * @param text the line; empty text removes it
     */
    void status(String text);

    /** {@return whether the output is a terminal, where a status line can be shown} */
    boolean terminal();

    /** {@return the width of the terminal in columns at this moment; 80 where it is not known} */
    int columns();
}
