package com.example.myhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hookline.testing.HooklineOptions.hook;
import static org.hookline.testing.HooklineOptions.hooklineDistribution;
import static org.ops4j.pax.exam.CoreOptions.options;

import javax.inject.Inject;
import org.hookline.api.Stage;
import org.hookline.testing.Hookline;
import org.hookline.testing.TrainedRun;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;

@RunWith(PaxExam.class)
public class MyHookIT {
    @Inject
    private Hookline hookline;

    @Configuration
    public Option[] container() {
        return options(hooklineDistribution(), hook(System.getProperty("hook.jar")));
    }

    @Test
    public void theAverageOfARealRunIsEvaluated() {
        TrainedRun run = hookline.train("runs/digits.yaml", "train.epochs=3",
                "custom_hooks=[{type: MyHook, decay: 0.9}]");
        assertThat(run.calls("MyHook", Stage.AFTER_OPTIMIZER_STEP)).isEqualTo(135);
        assertThat(run.calls("MyHook", Stage.BEFORE_EVALUATE)).isEqualTo(3);
        assertThat(run.metric("test/accuracy")).isGreaterThan(0.9);
    }

    @Test
    public void anAverageThatForgetsNothingIsStillTheUntrainedModel() {
        TrainedRun run = hookline.train("runs/digits.yaml", "train.epochs=1",
                "custom_hooks=[{type: MyHook, decay: 0.999999}]");
        assertThat(run.metric("test/accuracy")).isLessThan(0.5);
        assertThat(run.metric("loss")).isLessThan(1.5);
    }
}
