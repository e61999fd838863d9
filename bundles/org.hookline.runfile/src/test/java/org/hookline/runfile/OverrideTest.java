// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hookline.api.Progress;
import org.hookline.engine.RunSpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OverrideTest {
    private static final String HOOKS = Lab.GOOD + "custom_hooks:\n  - {type: EMAIterHook, decay: 0.5}\n";

    @TempDir
    Path folder;

    private Lab lab;

    @BeforeEach
    void open() {
        lab = new Lab(folder);
    }

    @Test
    void theCommandLineHasTheLastWord() throws IOException {
        RunSpec spec = lab.good(Lab.GOOD, "train.epochs=3", "optimizer.lr=0.01", "model.hidden=[8, 4]", "seed=1",
                "seed=2").spec();
        assertThat(spec.epochs()).isEqualTo(3);
        assertThat(spec.optimizer().options()).containsEntry("lr", 0.01).containsEntry("weight_decay", 0.01);
        assertThat(spec.model().options()).containsEntry("hidden", List.of(8L, 4L));
        assertThat(spec.seed()).isEqualTo(2);
    }

    @Test
    void aWholePartCanBeSet() throws IOException {
        assertThat(lab.good(Lab.GOOD, "optimizer={type: sgd, momentum: 0.9}").spec().optimizer())
                .isEqualTo(new RunSpec.Section("sgd", Map.of("momentum", 0.9)));
        assertThat(lab.good(Lab.GOOD, "optimizer=sgd", "optimizer.lr=0.5").spec().optimizer())
                .isEqualTo(new RunSpec.Section("sgd", Map.of("lr", 0.5)));
        assertThat(lab.good(Lab.GOOD, "optimizer.lr=0.5", "optimizer.type=sgd").spec().optimizer())
                .isEqualTo(new RunSpec.Section("sgd", Map.of("lr", 0.5)));
    }

    @Test
    void theOrderOfModeAndCounterDoesNotMatter() throws IOException {
        for (List<String> order : List.of(List.of("train.mode=by_iter", "train.iterations=9"),
                List.of("train.iterations=9", "train.mode=by_iter"))) {
            RunSpec spec = lab.good(Lab.GOOD, order.toArray(String[]::new)).spec();
            assertThat(spec.mode()).isEqualTo(Progress.Mode.BY_ITER);
            assertThat(spec.iterations()).isEqualTo(9);
        }
    }

    @Test
    void hooksAreReachedByNameAndCustomOnesByPosition() throws IOException {
        RunFile run = lab.good(HOOKS, "hooks.EvaluateHook=false", "hooks.OptimizerHook.grad_clip.max_norm=2",
                "custom_hooks.0.level=LOW", "custom_hooks.0.decay=0.9");
        assertThat(run.hooks()).extracting(HookEntry::type).doesNotContain("EvaluateHook");
        assertThat(run.hooks().getFirst().parameters()).containsEntry("gradClip.maxNorm", 2.0);
        assertThat(run.hooks().getLast().level()).contains("LOW");
        assertThat(run.hooks().getLast().parameters()).containsEntry("decay", 0.9);
    }

    @Test
    void anOptionDoesTheSameAndItsNameIsText() throws IOException {
        RunSpec spec = lab.good(Lab.GOOD, "--device=cpu", "--seed=3", "--name=a b - c").spec();
        assertThat(spec.device()).isEqualTo("cpu");
        assertThat(spec.seed()).isEqualTo(3);
        assertThat(spec.name()).isEqualTo("a b - c");
        assertThat(lab.mistakes(Lab.GOOD, "--device=tpu")).containsExactly(
                "command line '--device=tpu': device is 'tpu', expected auto, cpu or gpu:N");
    }

    @Test
    void aMistakeNamesTheArgument() throws IOException {
        assertThat(lab.mistakes(Lab.GOOD, "train.epochs=few")).containsExactly(
                "command line 'train.epochs=few': train.epochs is 'few', expected a whole number, 1 or more");
        assertThat(lab.mistakes(Lab.GOOD, "trian.epochs=3")).singleElement().asString()
                .startsWith("command line 'trian.epochs=3': unknown key 'trian'; did you mean 'train'?");
        assertThat(lab.mistakes(Lab.GOOD, "optimizer.lr")).containsExactly(
                "command line 'optimizer.lr': expected key=value, for example train.epochs=3");
        assertThat(lab.mistakes(Lab.GOOD, "model.hidden=[1")).singleElement().asString()
                .startsWith("command line 'model.hidden=[1': not valid YAML: ");
        assertThat(lab.mistakes(Lab.GOOD, "base=x.yaml")).singleElement().asString()
                .startsWith("command line 'base=x.yaml': 'base' can be set in a run file only");
        assertThat(lab.mistakes(HOOKS, "custom_hooks.1.level=3")).containsExactly(
                "command line 'custom_hooks.1.level=3': '1' is no position in a list of 1, expected 0 to 0");
        assertThat(lab.mistakes(Lab.GOOD, "seed.0=3")).singleElement().asString()
                .contains("there is no list or group");
    }
}
