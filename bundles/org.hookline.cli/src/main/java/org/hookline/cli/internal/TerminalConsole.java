// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.io.PrintStream;
import java.util.function.IntSupplier;
import org.hookline.api.log.Console;

/** Lines that stay, and below them one that is rewritten in place. For any thread. */
final class TerminalConsole implements Console {
    /** Back to the first column, and away with what stands there. */
    private static final String CLEAR = "\r\u001b[2K";

    private static final String PLAIN = "\u001b[0m";
    private static final int NARROWEST = 10;

    private final PrintStream out;
    private final boolean terminal;
    private final IntSupplier columns;
    private String shown = "";

    /**
     * Makes a console.
     *
     * @param out where to
     * @param terminal whether it is a terminal
     * @param columns its width; asked whenever it matters, since people resize windows
     */
    TerminalConsole(PrintStream out, boolean terminal, IntSupplier columns) {
        this.out = out;
        this.terminal = terminal;
        this.columns = columns;
    }

    @Override
    public synchronized void line(String text) {
        StringBuilder all = new StringBuilder();
        if (!shown.isEmpty()) {
            all.append(CLEAR);
        }
        all.append(text.stripTrailing()).append('\n');
        if (!shown.isEmpty()) {
            all.append(fit(shown));
        }
        write(all);
    }

    @Override
    public synchronized void status(String text) {
        if (!terminal || text.equals(shown)) {
            return;
        }
        shown = text.replaceAll("\\R", " ");
        write(CLEAR + fit(shown));
    }

    @Override
    public boolean terminal() {
        return terminal;
    }

    @Override
    public int columns() {
        return columns.getAsInt();
    }

    /** One write for one change: nothing of it can be seen half done. */
    private void write(CharSequence text) {
        out.print(text);
        out.flush();
    }

    /** A line that wraps could not be taken back. The last column stays free: some terminals wrap when it is filled. */
    private String fit(String text) {
        int room = Math.max(NARROWEST, columns.getAsInt()) - 1;
        StringBuilder fitted = new StringBuilder();
        int used = 0;
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (c == '\u001b') {
                // A colour takes no room.
                int end = text.indexOf('m', i);
                if (end < 0) {
                    break;
                }
                fitted.append(text, i, end + 1);
                i = end + 1;
                continue;
            }
            int next = text.offsetByCodePoints(i, 1);
            if (used == room) {
                // Room for the sign that something is missing.
                fitted.setLength(fitted.offsetByCodePoints(fitted.length(), -1));
                return fitted.append('…').append(text.indexOf('\u001b') >= 0 ? PLAIN : "").toString();
            }
            fitted.append(text, i, next);
            used++;
            i = next;
        }
        return fitted.toString();
    }
}
