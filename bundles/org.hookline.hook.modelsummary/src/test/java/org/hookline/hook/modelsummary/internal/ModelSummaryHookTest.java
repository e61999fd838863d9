// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.modelsummary.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.hookline.api.facet.ModelInfo;
import org.hookline.api.log.Console;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelSummaryHookTest {
    @TempDir
    Path folder;

    private final List<String> screen = new ArrayList<>();

    private final class Screen implements Console {
        @Override
        public void line(String text) {
            screen.add(text);
        }

        @Override
        public void status(String text) {}

        @Override
        public boolean terminal() {
            return false;
        }

        @Override
        public int columns() {
            return 80;
        }
    }

    private record Model(Shape input, List<Layer> layers) implements ModelInfo {}

    private static ModelInfo.Layer layer(String name, String type, Shape output, long parameters, long trainable,
            long buffers, double flops) {
        return new ModelInfo.Layer(name, type, Optional.ofNullable(output), parameters, trainable, buffers,
                flops < 0 ? OptionalDouble.empty() : OptionalDouble.of(flops));
    }

    private static final ModelInfo NET = new Model(new Shape(1, 28, 28), List.of(
            layer("01Conv2d", "Conv2d", new Shape(6, 28, 28), 156, 0, 0, 235200),
            layer("02BatchNorm", "BatchNorm", new Shape(6, 28, 28), 12, 12, 12, 0),
            layer("03ReLU", "ReLU", new Shape(6, 28, 28), 0, 0, 0, 0),
            layer("04Linear", "Linear", new Shape(10), 47050, 10, 0, 94080)));

    @Test
    void theTableHasShapesParametersAndWhatIsTrained() {
        assertThat(SummaryTable.lines(NET, "net", 0)).containsExactly(
                "net, input (1, 28, 28)",
                "layer        type       output       parameters  trainable  buffers  MFLOP",
                "--------------------------------------------------------------------------",
                "01Conv2d     Conv2d     (6, 28, 28)         156         no           0.235",
                "02BatchNorm  BatchNorm  (6, 28, 28)          12        yes       12",
                "03ReLU       ReLU       (6, 28, 28)           0",
                "04Linear     Linear     (10)             47,050         10           0.094",
                "47,218 parameters, 22 trainable, 47,196 frozen; 12 values in buffers; 0.18 MiB",
                "0.329 MFLOP for the forward pass of one sample");
    }

    @Test
    void theMiddleOfALongTableIsLeftOut() {
        assertThat(SummaryTable.lines(NET, "net", 2)).extracting(l -> l.split(" ")[0])
                .containsExactly("net,", "layer",
                        "--------------------------------------------------------------------------"
                        .substring(0, SummaryTable.lines(NET, "net", 2).get(2).length()), "01Conv2d", "...", "04Linear",
                        "47,218", "0.329");
        assertThat(SummaryTable.lines(NET, "net", 2).get(4)).isEqualTo("... 2 more");
    }

    @Test
    void whatALayerDoesNotTellIsAQuestionMark() {
        ModelInfo unknown = new Model(new Shape(4), List.of(layer("a", "LSTM", null, 5, 5, 0, -1)));
        assertThat(SummaryTable.lines(unknown, "x", 0))
                .contains("a      LSTM  ?                5        yes               ?",
                        "not every layer tells its operations");
    }

    private HookRun run(Object... values) {
        HookRun run = new HookRun(folder, new LinearTask(5, 8, 3, 4));
        ModelSummaryHook hook = new ModelSummaryHook(Configs.of(ModelSummaryConfig.class, values));
        hook.setConsole(new Screen());
        run.add(30, hook);
        return run;
    }

    @Test
    void itGoesToTheScreenAndToAFile() throws IOException {
        HookRun run = run();
        assertThat(run.epochs(1).failure()).isEmpty();
        List<String> file = Files.readAllLines(folder.resolve("model-summary.txt"));
        assertThat(file).startsWith("test, input (3)")
                .contains("3 parameters, 3 trainable, 0 frozen; 0 values in buffers; 0.00 MiB");
        assertThat(screen).containsExactly(String.join("\n", file) + "\n");
        assertThat(run.events("model_summary")).containsExactly(Map.of("file", "model-summary.txt", "parameters", 3L));
    }

    @Test
    void theFileMayLieInAFolderAndTheScreenMayStayEmpty() {
        run("file", "about/model.txt", "show", "none").epochs(1);
        assertThat(folder.resolve("about/model.txt")).exists();
        assertThat(screen).isEmpty();
    }

    @Test
    void itNeverWaitsForTheDevice() {
        LinearTask task = new LinearTask(5, 8, 3, 4);
        HookRun run = new HookRun(folder, task);
        run.add(30, new ModelSummaryHook(Configs.of(ModelSummaryConfig.class)));
        run.epochs(1);
        assertThat(task.deviceReads()).isZero();
    }

    @Test
    void mistakesAreNamed() {
        assertThat(run("show", "consol").epochs(1).failure().orElseThrow()).hasMessageContaining("show is 'consol'")
                .hasMessageContaining("console");
        assertThat(run("file", "../out.txt").epochs(1).failure().orElseThrow())
                .hasMessageContaining("file is '../out.txt', expected a file in the run's folder");
        assertThat(run("maxRows", -1).epochs(1).failure().orElseThrow()).hasMessageContaining("max_rows is -1");
    }
}
