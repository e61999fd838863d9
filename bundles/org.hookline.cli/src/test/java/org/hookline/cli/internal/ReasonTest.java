// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.UserError;
import org.hookline.runfile.HookEntry;
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

    private static HookEntry hook(String name, String type, boolean writer) {
        return new HookEntry(type, type, name, writer, Optional.empty(), Optional.empty(), List.of(), List.of(),
                Map.of(), true, 0, "run.yaml:7");
    }

    @Test
    void aReasonIsToldWithTheLineOfTheRunFileAndTheNameOnce() {
        Reason reason = new Reason(true, "EvaluateHook: no split 'x'");
        assertThat(reason.of(hook("EvaluateHook", "EvaluateHook", false)))
                .isEqualTo("run.yaml:7: hook EvaluateHook: no split 'x'");
        assertThat(reason.of(hook("mine", "EvaluateHook", true))).isEqualTo("run.yaml:7: writer mine: no split 'x'");
    }

    @Test
    void aMistakeThatAHookFindsInTheRunBelongsToTheRunFile() {
        List<HookEntry> hooks = List.of(hook("EvaluateHook", "EvaluateHook", false));
        Throwable thrown = new IllegalStateException("EvaluateHook failed in beforeTrain: EvaluateHook: no split 'x'",
                new UserError("EvaluateHook: no split 'x'"));
        assertThat(TrainCommand.mistake(thrown, hooks)).get().extracting(Throwable::getMessage)
                .isEqualTo("run.yaml:7: hook EvaluateHook: no split 'x'");
        assertThat(TrainCommand.mistake(thrown, List.of())).get().extracting(Throwable::getMessage)
                .isEqualTo(thrown.getMessage());
        assertThat(TrainCommand.mistake(new UserError("disk full"), hooks)).get().extracting(Throwable::getMessage)
                .isEqualTo("disk full");
        assertThat(TrainCommand.mistake(new IllegalStateException("boom"), hooks)).isEmpty();
    }

    @Test
    void namesBecomePartsOfPidsWithoutMeetingOneAnother() {
        assertThat(RunHooks.pidName("EvaluateHook#2-digits-20261123-070509"))
                .isEqualTo("EvaluateHook_23_2-digits-20261123-070509");
        assertThat(RunHooks.pidName("a b")).isEqualTo("a_20_b").isNotEqualTo(RunHooks.pidName("a_b"));
    }
}
