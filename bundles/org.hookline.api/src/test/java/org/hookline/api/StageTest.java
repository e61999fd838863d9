// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StageTest {
    static class Base implements Hook {
        @Override
        public void beforeTrain(TrainingContext context) {}
    }

    static final class Derived extends Base {
        @Override
        public void onException(TrainingContext context, Throwable failure) {}
    }

    @Test
    void aStageIsOverriddenByTheClassOrItsSuperClass() {
        assertThat(Stage.BEFORE_TRAIN.overriddenBy(Derived.class)).isTrue();
        assertThat(Stage.ON_EXCEPTION.overriddenBy(Derived.class)).isTrue();
        assertThat(Stage.AFTER_TRAIN.overriddenBy(Derived.class)).isFalse();
        assertThat(Stage.ON_EXCEPTION.overriddenBy(Base.class)).isFalse();
    }

    @Test
    void everyStageIsAMethodOfHook() {
        for (Stage stage : Stage.values()) {
            assertThat(Hook.class.getMethods()).anyMatch(m -> m.getName().equals(stage.method()));
        }
    }
}
