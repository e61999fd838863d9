package com.example.myhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.PlainStep;
import org.hookline.testkit.Recorder;
import org.hookline.testkit.ScriptedTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MyHookTest {
    @TempDir
    Path folder;

    private final NDManager manager = NDManager.newBaseManager();
    private final Recorder recorder = new Recorder();

    @AfterEach
    void close() {
        manager.close();
    }

    /** After step k the one weight is 8k; an evaluation finds it as the loss. */
    private ScriptedTask task() {
        return new ScriptedTask(manager, 4, Map.of("w", new Shape(1)), k -> new float[] {8 * k});
    }

    private HookRun run(ScriptedTask task, MyHook hook) {
        HookRun run = new HookRun(folder, task);
        run.add(20, new PlainStep());
        run.add(30, hook);
        run.add(30, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                context.evaluation().evaluate("test");
                context.metrics().put("weight", context.weights().flat().toFloatArray()[0]);
            }
        });
        run.add(60, recorder);
        return run;
    }

    @Test
    void theAverageIsEvaluatedAndTheWeightsGoOn() {
        assertThat(run(task(), new MyHook(0.5)).iterations(3).failure()).isEmpty();
        // From 0: (0 + 8) / 2, (4 + 16) / 2, (10 + 24) / 2.
        assertThat(recorder.values("test/loss")).containsExactly(4.0, 10.0, 17.0);
        assertThat(recorder.values("weight")).containsExactly(8.0, 16.0, 24.0);
    }

    @Test
    void anotherDecayHoldsFromTheNextIterationOnAndTheAverageStays() {
        MyHook hook = new MyHook(0.5);
        HookRun run = run(task(), hook);
        run.add(50, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 0) {
                    hook.modified(Configs.of(MyHookConfig.class, "decay", 0.75));
                    run.reconfigured(hook);
                }
            }
        });
        assertThat(run.iterations(2).failure()).isEmpty();
        // (0 + 8) / 2, then 3/4 of that and 1/4 of 16.
        assertThat(recorder.values("test/loss")).containsExactly(4.0, 7.0);
    }

    @Test
    void theNextVersionGoesOnFromTheSameAverage() {
        try (NDArray average = manager.create(new float[] {100})) {
            MyHook next = new MyHook(0.5);
            next.loadState(1, Map.of("average", average));
            assertThat(run(task(), next).iterations(1).failure()).isEmpty();
        }
        // (100 + 8) / 2
        assertThat(recorder.values("test/loss")).containsExactly(54.0);
    }

    @Test
    void anEvaluationThatFailsLeavesTheWeightsInTheModel() {
        ScriptedTask task = task();
        task.evaluationFails(true);
        Hook last = new Hook() {
            @Override
            public void afterTrain(TrainingContext context) {
                assertThat(context.weights().flat().toFloatArray()).containsExactly(8);
                context.event("seen", Map.of());
            }
        };
        HookRun run = run(task, new MyHook(0.5));
        run.add(60, last);
        assertThat(run.iterations(3).failure()).isPresent();
        assertThat(run.events("seen")).hasSize(1);
    }

    @Test
    void aDecayThatIsNoShareIsRefused() {
        assertThatThrownBy(() -> new MyHook(1)).hasMessage("MyHook: decay is 1.0, expected 0 up to below 1");
    }
}
