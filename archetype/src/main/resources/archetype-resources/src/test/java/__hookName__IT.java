package ${package};

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
public class ${hookName}IT {
    @Inject
    private Hookline hookline;

    @Configuration
    public Option[] container() {
        return options(hooklineDistribution(), hook(System.getProperty("hook.jar")));
    }

    @Test
    public void aRealRunIsWatchedAtEachStep() {
        TrainedRun run = hookline.train("runs/digits.yaml", "train.epochs=2");
        assertThat(run.calls("${hookName}", Stage.AFTER_OPTIMIZER_STEP)).isEqualTo(90);
        assertThat(run.metric("weight_norm")).isBetween(1.0, 100.0);
        assertThat(run.metric("test/accuracy")).isGreaterThan(0.8);
    }
}
