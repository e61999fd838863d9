// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Progress;
import org.hookline.engine.RunSpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaseTest {
    @TempDir
    Path folder;

    private Lab lab;

    @BeforeEach
    void open() throws IOException {
        lab = new Lab(folder).file("_base_/good.yaml", Lab.GOOD);
    }

    private RunSpec read(String text) throws IOException {
        return lab.file("run.yaml", text).read("run.yaml").require().spec();
    }

    @Test
    void mappingsAreMergedDeepAndListsReplaced() throws IOException {
        RunSpec spec = read("""
                base: [_base_/good.yaml]
                model: {hidden: [9]}
                optimizer: {lr: 0.5}
                train: {epochs: 2}
                """);
        assertThat(spec.model().options()).containsEntry("hidden", List.of(9L));
        assertThat(spec.optimizer()).isEqualTo(
                new RunSpec.Section("adamw", Map.of("lr", 0.5, "weight_decay", 0.01)));
        assertThat(spec.epochs()).isEqualTo(2);
        assertThat(spec.seed()).isEqualTo(7);
    }

    @Test
    void aLaterBaseLiesOnAnEarlierOneAndTheFileOnAll() throws IOException {
        lab.file("_base_/a.yaml", "seed: 1\naccumulate: 1\nthreads: 1\n")
                .file("_base_/b.yaml", "accumulate: 2\nthreads: 2\n");
        RunSpec spec = read("base: [_base_/good.yaml, _base_/a.yaml, _base_/b.yaml]\nthreads: 3\n");
        assertThat(List.of(spec.seed(), spec.accumulate(), spec.threads())).hasToString("[1, 2, 3]");
    }

    @Test
    void aBaseIsRelativeToTheFileThatNamesIt() throws IOException {
        lab.file("_base_/deep/more.yaml", "seed: 5\n").file("_base_/mid.yaml", "base: [good.yaml, deep/more.yaml]\n");
        assertThat(read("base: _base_/mid.yaml\n").seed()).isEqualTo(5);
    }

    @Test
    void theSameBaseMayComeInTwoWays() throws IOException {
        lab.file("a.yaml", "base: _base_/good.yaml\n").file("b.yaml", "base: _base_/good.yaml\nseed: 3\n");
        assertThat(read("base: [a.yaml, b.yaml]\n").seed()).isEqualTo(3);
    }

    @Test
    void aCircleIsShownAsOne() throws IOException {
        lab.file("a.yaml", "\nbase: b.yaml\n").file("b.yaml", "base:\n  - run.yaml\n");
        assertThat(lab.mistakes("base: a.yaml\n")).containsExactly(
                "b.yaml:2: base files go in a circle: run.yaml -> a.yaml -> b.yaml -> run.yaml");
        assertThat(lab.mistakes("base: run.yaml\n")).containsExactly(
                "run.yaml:1: base files go in a circle: run.yaml -> run.yaml");
    }

    @Test
    void aBaseThatIsNotThereIsAMistakeOfTheLineThatNamesIt() throws IOException {
        assertThat(lab.mistakes("seed: 1\nbase: [_base_/god.yaml]\n")).containsExactly(
                "run.yaml:2: base file '_base_/god.yaml' does not exist: _base_/god.yaml");
        assertThat(lab.mistakes("base: {a: 1}\n")).containsExactly(
                "run.yaml:1: base is a group of keys, expected a file or a list of files");
    }

    @Test
    void aBaseThatIsNotBesideTheFileIsLookedForAmongTheShippedOnes() throws IOException {
        lab.file("shipped/_base_/runtime.yaml", "threads: 3\n").file("shipped/_base_/good.yaml", "threads: 4\n")
                .file("own/_base_/good.yaml", Lab.GOOD);
        RunFileReader reader = new RunFileReader(Lab.INSTALLED, folder, Optional.of(folder.resolve("shipped")));
        lab.file("own/run.yaml", "base: [_base_/good.yaml, _base_/runtime.yaml]\n");
        RunSpec spec = reader.read(folder.resolve("own/run.yaml"), List.of()).require().spec();
        assertThat(spec.threads()).isEqualTo(3);
        assertThat(spec.name()).isEqualTo("digits-mlp");
        lab.file("own/run.yaml", "base: _base_/runtme.yaml\n");
        assertThat(reader.read(folder.resolve("own/run.yaml"), List.of()).mistakes()).singleElement().hasToString(
                "own/run.yaml:1: base file '_base_/runtme.yaml' does not exist: own/_base_/runtme.yaml; did you mean "
                        + "'_base_/runtime.yaml'? (there are: _base_/good.yaml, _base_/runtime.yaml)");
    }

    @Test
    void aMistakeInABaseHasTheNameAndLineOfTheBase() throws IOException {
        lab.file("_base_/bad.yaml", "seed: 1\nsede: 2\n");
        assertThat(lab.mistakes("base: [_base_/good.yaml, _base_/bad.yaml]\n")).singleElement().asString()
                .startsWith("_base_/bad.yaml:2: unknown key 'sede'");
        lab.file("_base_/broken.yaml", "a: [\n");
        assertThat(lab.mistakes("base: _base_/broken.yaml\n")).singleElement().asString()
                .startsWith("_base_/broken.yaml:2: not valid YAML");
    }

    @Test
    void aShortFormAndALongOneCanBeMerged() throws IOException {
        lab.file("_base_/short.yaml", "optimizer: sgd\n");
        assertThat(read("base: [_base_/good.yaml, _base_/short.yaml]\noptimizer: {lr: 0.1}\n").optimizer())
                .isEqualTo(new RunSpec.Section("sgd", Map.of("lr", 0.1)));
    }

    @Test
    void anotherTypeTakesNothingOverFromTheOldOne() throws IOException {
        assertThat(read("base: _base_/good.yaml\noptimizer: {type: sgd, lr: 0.1}\n").optimizer())
                .isEqualTo(new RunSpec.Section("sgd", Map.of("lr", 0.1)));
        assertThat(read("base: _base_/good.yaml\nmodel: lenet\n").model())
                .isEqualTo(new RunSpec.Section("lenet", Map.of()));
    }

    @Test
    void anotherModeTakesNoCounterOver() throws IOException {
        RunSpec spec = read("base: _base_/good.yaml\ntrain: {mode: by_iter, iterations: 10}\n");
        assertThat(spec.mode()).isEqualTo(Progress.Mode.BY_ITER);
        assertThat(spec.iterations()).isEqualTo(10);
    }

    @Test
    void hooksAreMergedByNameAndCustomOnesReplaced() throws IOException {
        lab.file("_base_/hooks.yaml", """
                hooks:
                  OptimizerHook: {grad_clip: {max_norm: 1.0, norm_type: 1}}
                  EvaluateHook: false
                custom_hooks: [{type: EMAIterHook}]
                """);
        RunFile run = lab.file("run.yaml", """
                base: [_base_/good.yaml, _base_/hooks.yaml]
                hooks:
                  OptimizerHook: {grad_clip: {max_norm: 5.0}}
                  EvaluateHook: {period: 2}
                custom_hooks: []
                """).read("run.yaml").require();
        assertThat(run.hooks()).filteredOn(h -> h.type().equals("OptimizerHook")).singleElement()
                .extracting(HookEntry::parameters)
                .isEqualTo(Map.of("gradClip.maxNorm", 5.0, "gradClip.normType", 1.0));
        assertThat(run.hooks()).extracting(HookEntry::type).contains("EvaluateHook").doesNotContain("EMAIterHook");
    }
}
