// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.freeze.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.ScriptedTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreezeHookTest {
    @TempDir
    Path folder;

    private final NDManager root = NDManager.newBaseManager();
    private final List<List<Float>> weights = new ArrayList<>();

    @AfterEach
    void close() {
        root.close();
    }

    /** Two iterations an epoch; three parameters whose values after step k are k, 10 k, 100 k. */
    private ScriptedTask task() {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        for (String name : List.of("01Conv.weight", "01Conv.bias", "02Linear.weight")) {
            shapes.put(name, new Shape(1));
        }
        return new ScriptedTask(root, 2, shapes, k -> new float[] {k, 10 * k, 100 * k});
    }

    private HookRun run(Object... values) {
        HookRun run = new HookRun(folder, task());
        run.add(10, new FreezeHook(Configs.of(FreezeConfig.class, values)));
        run.add(20, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                context.stepper().step();
                float[] now = context.weights().flat().toFloatArray();
                weights.add(List.of(now[0], now[1], now[2]));
            }
        });
        return run;
    }

    private static String[] of(String... patterns) {
        return patterns;
    }

    @Test
    void whatIsFrozenStaysAndTheRestIsTrained() {
        HookRun run = run("parameters", of("01*"));
        assertThat(run.epochs(2).failure()).isEmpty();
        assertThat(weights).containsExactly(List.of(0f, 0f, 100f), List.of(0f, 0f, 200f), List.of(0f, 0f, 300f),
                List.of(0f, 0f, 400f));
        assertThat(run.events("frozen")).containsExactly(Map.of("parameters", List.of("01Conv.weight", "01Conv.bias")));
    }

    @Test
    void afterSoManyIterationsItIsTrained() {
        run("parameters", of("*.bias"), "untilIteration", 3L).iterations(4);
        assertThat(weights).containsExactly(List.of(1f, 0f, 100f), List.of(2f, 0f, 200f), List.of(3f, 0f, 300f),
                List.of(4f, 40f, 400f));
    }

    @Test
    void afterSoManyEpochsItIsTrainedInBothModes() {
        HookRun run = run("parameters", of("02Linear.weigh?"), "untilEpoch", 1);
        run.epochs(2);
        assertThat(weights).containsExactly(List.of(1f, 10f, 0f), List.of(2f, 20f, 0f), List.of(3f, 30f, 300f),
                List.of(4f, 40f, 400f));
        assertThat(run.events("unfrozen")).hasSize(1);
        List<List<Float>> byEpoch = List.copyOf(weights);
        weights.clear();
        run("parameters", of("02Linear.weigh?"), "untilEpoch", 1).iterations(4);
        assertThat(weights).isEqualTo(byEpoch);
    }

    @Test
    void aHookThatJoinsAfterItsTimeFreezesNothing() {
        HookRun run = new HookRun(folder, task());
        run.add(20, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                context.stepper().step();
                weights.add(List.of(context.weights().flat().toFloatArray()[0]));
                if (context.progress().iteration() == 2) {
                    run.add(10, new FreezeHook(Configs.of(FreezeConfig.class, "parameters", of("01*"),
                            "untilIteration", 2L)));
                }
            }
        });
        assertThat(run.iterations(4).failure()).isEmpty();
        assertThat(weights.getLast()).containsExactly(4f);
        assertThat(run.events("frozen")).isEmpty();
    }

    @Test
    void aHookThatTakesItsPlaceSetsFreeWhatItDoesNotFreezeItself() {
        HookRun run = new HookRun(folder, task());
        FreezeHook old = new FreezeHook(Configs.of(FreezeConfig.class, "parameters", of("01*")));
        FreezeHook fresh = new FreezeHook(Configs.of(FreezeConfig.class, "parameters", of("*.bias")));
        long id = run.add(10, old);
        run.add(20, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                context.stepper().step();
                float[] now = context.weights().flat().toFloatArray();
                weights.add(List.of(now[0], now[1], now[2]));
                if (context.progress().iteration() == 1) {
                    fresh.loadState(1, old.saveState());
                    run.remove(id);
                    run.add(10, fresh);
                }
            }
        });
        assertThat(run.epochs(2).failure()).isEmpty();
        assertThat(weights).containsExactly(List.of(0f, 0f, 100f), List.of(0f, 0f, 200f), List.of(3f, 0f, 300f),
                List.of(4f, 0f, 400f));
        assertThat(run.events("unfrozen")).containsExactly(Map.of("parameters", List.of("01Conv.weight")));
    }

    @Test
    void aStateThatIsNoneIsRefused() {
        FreezeHook hook = new FreezeHook(Configs.of(FreezeConfig.class));
        assertThatThrownBy(() -> hook.loadState(1, Map.of())).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected version 1 with a list 'frozen'");
    }

    @Test
    void patternsFitAsInAShell() {
        List<String> names = List.of("a.b", "aXb", "a.bc", "z");
        assertThat(Globs.select(of("a.b"), names)).containsExactly("a.b");
        assertThat(Globs.select(of("a?b"), names)).containsExactly("a.b", "aXb");
        assertThat(Globs.select(of("z", "*c"), names)).containsExactly("a.bc", "z");
        assertThatThrownBy(() -> Globs.select(of("a.*", "y"), names)).isInstanceOf(UserError.class)
                .hasMessageStartingWith("FreezeHook: no parameter fits 'y'");
    }

    @Test
    void mistakesAreNamed() {
        assertThat(run().epochs(1).failure().orElseThrow()).hasMessageContaining("parameters is empty");
        assertThat(run("parameters", of("03*")).epochs(1).failure().orElseThrow())
                .hasMessageContaining("no parameter fits '03*'");
        assertThat(run("parameters", of("*")).epochs(1).failure().orElseThrow())
                .hasMessageContaining("fit all 3 parameters, expected at least one that is trained");
        assertThat(run("parameters", of("01*"), "untilEpoch", 1, "untilIteration", 1L).epochs(1).failure()
                .orElseThrow()).hasMessageContaining("both given");
    }
}
