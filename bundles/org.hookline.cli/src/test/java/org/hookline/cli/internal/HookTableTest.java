// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.HookInfo;
import org.junit.jupiter.api.Test;

class HookTableTest {
    private static HookInfo hook(int order, String name, String type, int level, HookInfo.State state) {
        return new HookInfo(order, name, type, level, "training", "abort", "org.example", "1.2.0", state, 0, Map.of(),
                Optional.empty());
    }

    @Test
    void columnsAreAligned() {
        assertThat(HookTable.lines(
                List.of(hook(1, "OptimizerHook", "OptimizerHook", 20, HookInfo.State.ACTIVE),
                        hook(10, "ema", "EMAIterHook", 35, HookInfo.State.ACTIVE),
                        hook(0, "EvaluateHook#2", "EvaluateHook", 30, HookInfo.State.QUARANTINED)),
                List.of(new HookTable.Writer("CommonMetricLoggerHook", "org.example.log 1.0.0")))).containsExactly(
                " #  level      hook                    bundle                 kind",
                " 1  20 HIGH    OptimizerHook           org.example 1.2.0      training",
                "10  35         ema (EMAIterHook)       org.example 1.2.0      training",
                " -  30 NORMAL  EvaluateHook#2          org.example 1.2.0      training, quarantined",
                " -             CommonMetricLoggerHook  org.example.log 1.0.0  writer");
    }

    @Test
    void numbersAreForPeople() {
        assertThat(List.of(Quantity.count(1, "epoch"), Quantity.count(12000, "iteration")))
                .containsExactly("1 epoch", "12,000 iterations");
        assertThat(List.of(Quantity.score(0.97216), Quantity.score(0), Quantity.score(0.00012345),
                Quantity.score(-3e7), Quantity.score(Double.NaN)))
                .containsExactly("0.9722", "0.0000", "1.235e-04", "-3.000e+07", "NaN");
        assertThat(List.of(Quantity.rate(9500.4), Quantity.rate(12.34))).containsExactly("9,500", "12.3");
    }
}
