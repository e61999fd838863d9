package ${package};

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.Map;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.PlainStep;
import org.hookline.testkit.Recorder;
import org.hookline.testkit.ScriptedTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ${hookName}Test {
    @TempDir
    Path folder;

    @Test
    void theLengthOfAllWeightsIsLoggedAtEachInterval() {
        try (NDManager manager = NDManager.newBaseManager()) {
            // After step k the two weights are 3k and 4k: a vector of length 5k.
            HookRun run = new HookRun(folder, new ScriptedTask(
                    manager, 4, Map.of("w", new Shape(2)), k -> new float[] {3 * k, 4 * k}));
            Recorder recorder = new Recorder();
            run.add(20, new PlainStep());
            run.add(40, new ${hookName}(2));
            run.add(60, recorder);

            assertThat(run.iterations(4).failure()).isEmpty();
            assertThat(recorder.values("weight_norm")).containsExactly(10.0, 20.0);
        }
    }

    @Test
    void theNextVersionGoesOnCounting() {
        ${hookName} next = new ${hookName}(2);
        next.loadState(1, Map.of("steps", 7L));
        assertThat(next.saveState()).isEqualTo(Map.of("steps", 7L));
    }

    @Test
    void anIntervalBelowOneIsRefused() {
        assertThatThrownBy(() -> new ${hookName}(0)).hasMessage("${hookName}: interval is 0, expected 1 or more");
    }
}
