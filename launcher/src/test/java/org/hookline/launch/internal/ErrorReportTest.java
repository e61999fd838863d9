// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.hookline.api.UserError;
import org.junit.jupiter.api.Test;

class ErrorReportTest {
    @Test
    void aUsersMistakeIsItsOwnLineAndExitCode2() {
        assertThat(ErrorReport.of(new UserError("run.yaml:3: unknown key 'lern_rate'")))
                .isEqualTo(new ErrorReport(2, "run.yaml:3: unknown key 'lern_rate'"));
    }

    @Test
    void aUsersMistakeIsFoundAmongTheCauses() {
        Throwable wrapped = new IllegalStateException("activation failed",
                new RuntimeException(new UserError("no data")));

        assertThat(ErrorReport.of(wrapped)).isEqualTo(new ErrorReport(2, "no data"));
    }

    @Test
    void anythingElseIsOneLineWithItsTypeAndItsDeepestReason() {
        Throwable thrown = new UncheckedIOException("cannot\n  write", new IOException("disk full"));

        assertThat(ErrorReport.of(thrown))
                .isEqualTo(new ErrorReport(
                        1, "cannot write (UncheckedIOException): disk full (IOException)"));
    }

    @Test
    void whatHasNoMessageIsNamedByItsType() {
        assertThat(ErrorReport.of(new StackOverflowError())).isEqualTo(new ErrorReport(1, "StackOverflowError"));
    }

    @Test
    void aCircleOfCausesEnds() {
        Exception first = new Exception("first");
        first.initCause(new Exception("second", first));

        assertThat(ErrorReport.of(first).line()).startsWith("first (Exception)");
    }
}
