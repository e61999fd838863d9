// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookProperties;
import org.junit.jupiter.api.Test;

class HookOrderTest {
    private long nextId;

    private HookSource hook(String name, Object level, Object... more) {
        Map<String, Object> properties = new HashMap<>(Map.of("component.name", name, HookProperties.LEVEL, level));
        for (int i = 0; i < more.length; i += 2) {
            properties.put((String) more[i], more[i + 1]);
        }
        return HookSource.of(nextId++, new Hook() {}, properties, HookSource.Origin.NONE);
    }

    private static List<String> names(HookSource... sources) {
        return HookOrder.sort(List.of(sources), Map.of()).names();
    }

    @Test
    void aLowerLevelRunsFirst() {
        assertThat(names(hook("c", 60), hook("a", "HIGHEST"), hook("b", 25))).containsExactly("a", "b", "c");
    }

    @Test
    void customLevels0And10Work() {
        assertThat(names(hook("optimizer", "HIGH", HookProperties.DEFAULT, true), hook("ten", 10), hook("zero", 0)))
                .containsExactly("zero", "ten", "optimizer");
    }

    @Test
    void onOneLevelDefaultsComeFirstThenTheRunFilesOrderThenRegistration() {
        HookSource dropped = hook("dropped", 30);
        HookSource second = hook("second", 30, HookProperties.INDEX, 1);
        HookSource first = hook("first", 30, HookProperties.INDEX, 0);
        HookSource logger = hook("logger", 30, HookProperties.DEFAULT, true, HookProperties.INDEX, 5);
        HookSource timer = hook("timer", 30, HookProperties.DEFAULT, true, HookProperties.INDEX, 2);
        assertThat(names(dropped, second, first, logger, timer))
                .containsExactly("timer", "logger", "first", "second", "dropped");
    }

    @Test
    void beforeAndAfterOrderHooksOfOneLevel() {
        assertThat(names(hook("a", 30, HookProperties.AFTER, "c"), hook("b", 30), hook("c", 30)))
                .containsExactly("b", "c", "a");
        assertThat(names(hook("a", 30), hook("b", 30), hook("c", 30, HookProperties.BEFORE, new String[] {"a"})))
                .containsExactly("b", "c", "a");
    }

    @Test
    void aCycleIsReportedAndItsConstraintsAreDroppedButNoHook() {
        HookOrder.Sorted sorted = HookOrder.sort(List.of(
                hook("a", 30, HookProperties.AFTER, "b"), hook("b", 30, HookProperties.AFTER, "a"), hook("c", 30)),
                Map.of());
        assertThat(sorted.names()).containsExactlyInAnyOrder("a", "b", "c");
        assertThat(sorted.problems()).singleElement().asString().contains("form a cycle");
    }

    @Test
    void aConstraintAgainstTheLevelsIsReported() {
        HookOrder.Sorted sorted =
                HookOrder.sort(List.of(hook("a", 20, HookProperties.AFTER, "z"), hook("z", 40)), Map.of());
        assertThat(sorted.names()).containsExactly("a", "z");
        assertThat(sorted.problems()).singleElement().asString().contains("contradicts the levels 20 and 40");
    }

    @Test
    void aConstraintOnAnAbsentHookIsNoMistake() {
        HookOrder.Sorted sorted = HookOrder.sort(List.of(hook("a", 20, HookProperties.AFTER, "nobody")), Map.of());
        assertThat(sorted.problems()).isEmpty();
    }

    @Test
    void aSecondHookOfATypeGetsANumber() {
        assertThat(names(hook("X", 30), hook("X", 30), hook("X", 10))).containsExactly("X#3", "X", "X#2");
    }

    @Test
    void aFixedNameStays() {
        HookSource second = hook("X", 30);
        HookSource young = hook("X", 30);
        assertThat(HookOrder.sort(List.of(second, young), Map.of(second.serviceId(), "X#2")).names())
                .containsExactly("X#2", "X");
    }

    @Test
    void anUnreadableLevelIsAProblemAndTheHookGetsNormal() {
        HookSource source = hook("Odd", "highish");
        assertThat(source.level()).isEqualTo(30);
        assertThat(source.problems()).singleElement().asString().contains("hook Odd: level 'highish'");
    }

    @Test
    void theKindDecidesThePolicyUnlessTheHookDoes() {
        assertThat(hook("a", 0, HookProperties.KIND, "training").policy()).hasToString("abort");
        assertThat(hook("a", 0).policy()).hasToString("quarantine");
        assertThat(hook("a", 0, HookProperties.ON_ERROR, "retry 3").policy()).hasToString("retry 3");
        HookSource odd = hook("a", 0, HookProperties.ON_ERROR, "explode");
        assertThat(odd.policy()).hasToString("quarantine");
        assertThat(odd.problems()).hasSize(1);
    }
}
