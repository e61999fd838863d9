// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.hookline.api.UserError;
import org.junit.jupiter.api.Test;

class ReasonTest {
    private static String trace(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    @Test
    void aMistakeOfTheUserIsFoundAmongTheCauses() {
        Throwable thrown = new java.lang.reflect.InvocationTargetException(
                new IllegalStateException("outer", new UserError("decay is 2, expected 0 to 1")));
        assertThat(Reason.of(trace(thrown))).isEqualTo(new Reason(true, "decay is 2, expected 0 to 1"));
    }

    @Test
    void otherwiseTheDeepestCauseIsTold() {
        Throwable thrown = new RuntimeException("outer", new IllegalStateException("no GPU memory"));
        assertThat(Reason.of(trace(thrown))).isEqualTo(new Reason(false, "IllegalStateException: no GPU memory"));
        assertThat(Reason.of(trace(new NullPointerException()))).isEqualTo(new Reason(false, "NullPointerException"));
    }

    @Test
    void namesBecomePartsOfPidsWithoutMeetingOneAnother() {
        assertThat(RunHooks.pidName("EvaluateHook#2-digits-20261123-070509"))
                .isEqualTo("EvaluateHook_23_2-digits-20261123-070509");
        assertThat(RunHooks.pidName("a b")).isEqualTo("a_20_b").isNotEqualTo(RunHooks.pidName("a_b"));
    }
}
