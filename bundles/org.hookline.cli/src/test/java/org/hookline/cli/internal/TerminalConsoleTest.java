// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TerminalConsoleTest {
    private static final String CLEAR = "\r\u001b[2K";

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final AtomicInteger columns = new AtomicInteger(20);

    private TerminalConsole console(boolean terminal) {
        return new TerminalConsole(new PrintStream(bytes, false, StandardCharsets.UTF_8), terminal, columns::get);
    }

    private String written() {
        String text = bytes.toString(StandardCharsets.UTF_8);
        bytes.reset();
        return text;
    }

    @Test
    void aLineIsWrittenAtOnceInUtf8() {
        console(false).line("1 · ä");
        assertThat(written()).isEqualTo("1 · ä\n");
    }

    @Test
    void whereThereIsNoTerminalNothingIsTransient() {
        TerminalConsole console = console(false);
        console.status("50 %");
        console.line("a");
        console.status("");
        assertThat(written()).isEqualTo("a\n");
    }

    @Test
    void theStatusIsRewrittenInPlace() {
        TerminalConsole console = console(true);
        console.status("50 %");
        console.status("60 %");
        assertThat(written()).isEqualTo(CLEAR + "50 %" + CLEAR + "60 %");
        console.status("60 %");
        assertThat(written()).isEmpty();
        console.status("");
        assertThat(written()).isEqualTo(CLEAR);
    }

    @Test
    void aLineStandsAboveTheStatus() {
        TerminalConsole console = console(true);
        console.status("50 %");
        written();
        console.line("hello");
        assertThat(written()).isEqualTo(CLEAR + "hello\n50 %");
        console.status("");
        written();
        console.line("bye");
        assertThat(written()).isEqualTo("bye\n");
    }

    @Test
    void aStatusNeverWraps() {
        TerminalConsole console = console(true);
        console.status("0123456789012345678");
        assertThat(written()).isEqualTo(CLEAR + "0123456789012345678");
        console.status("01234567890123456789");
        assertThat(written()).isEqualTo(CLEAR + "012345678901234567…");
        columns.set(12);
        console.line("x");
        assertThat(written()).isEqualTo(CLEAR + "x\n0123456789…");
    }

    @Test
    void aColourTakesNoRoomAndEnds() {
        columns.set(11);
        TerminalConsole console = console(true);
        console.status("\u001b[1m0123456789\u001b[0m");
        assertThat(written()).isEqualTo(CLEAR + "\u001b[1m0123456789\u001b[0m");
        console.status("\u001b[1m01234567890\u001b[0m");
        assertThat(written()).isEqualTo(CLEAR + "\u001b[1m012345678…\u001b[0m");
    }

    @Test
    void aStatusIsOneLine() {
        TerminalConsole console = console(true);
        console.status("a\nb");
        assertThat(written()).isEqualTo(CLEAR + "a b");
    }

    @Test
    void coloursAreForTerminalsAndForThoseWhoWantThem() {
        assertThat(Style.of(true, Map.of()).bold("x")).isEqualTo("\u001b[1mx\u001b[0m");
        assertThat(Style.of(true, Map.of("NO_COLOR", "1")).bold("x")).isEqualTo("x");
        assertThat(Style.of(true, Map.of("NO_COLOR", "")).on()).isTrue();
        assertThat(Style.of(false, Map.of()).red("x")).isEqualTo("x");
    }

    @Test
    void withoutATerminalTheWidthIsTheGivenOne() {
        // Standard output of a test is a pipe.
        assertThat(new TerminalSize(123).getAsInt()).isEqualTo(123);
        assertThat(new TerminalSize(0).getAsInt()).isEqualTo(80);
    }
}
