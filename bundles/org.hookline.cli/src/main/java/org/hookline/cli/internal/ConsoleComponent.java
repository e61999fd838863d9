// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.hookline.api.log.Console;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** Standard output as a service. */
@Component(service = Console.class)
public final class ConsoleComponent implements Console {
    // Not System.out, which writes what the locale has: in a container often ASCII.
    private final TerminalConsole console = new TerminalConsole(
            new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8),
            Style.capable(), new TerminalSize(Integer.getInteger("hookline.columns", 0)));

    @Deactivate
    void close() {
        console.status("");
    }

    @Override
    public void line(String text) {
        console.line(text);
    }

    @Override
    public void status(String text) {
        console.status(text);
    }

    @Override
    public boolean terminal() {
        return console.terminal();
    }

    @Override
    public int columns() {
        return console.columns();
    }
}
