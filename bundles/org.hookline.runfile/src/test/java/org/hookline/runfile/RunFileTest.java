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

class RunFileTest {
    @TempDir
    Path folder;

    private Lab lab;

    @BeforeEach
    void open() {
        lab = new Lab(folder);
    }

    @Test
    void theTypedFormHoldsWhatTheFileSays() throws IOException {
        RunSpec spec = lab.good(Lab.GOOD).spec();

        assertThat(spec.name()).isEqualTo("digits-mlp");
        assertThat(spec.seed()).isEqualTo(7);
        assertThat(spec.mode()).isEqualTo(Progress.Mode.BY_EPOCH);
        assertThat(spec.epochs()).isEqualTo(20);
        assertThat(spec.iterations()).isZero();
        assertThat(spec.model().type()).isEqualTo("mlp");
        assertThat(spec.model().options()).containsEntry("hidden", List.of(128L, 64L));
        assertThat(spec.data().options()).containsEntry("batch_size", 32L);
        assertThat(spec.loss().type()).isEqualTo("softmax_cross_entropy");
        assertThat(spec.metrics()).isEmpty();
        assertThat(spec.optimizer().type()).isEqualTo("adamw");
        assertThat(spec.optimizer().options()).containsExactly(
                Map.entry("lr", 0.001), Map.entry("weight_decay", 0.01));
        assertThat(spec.baseFolder()).isEqualTo(folder);
    }

    @Test
    void whatIsNotSaidHasADefault() throws IOException {
        RunSpec spec = lab.good("""
                train: {epochs: 1}
                model: mlp
                data: digits
                loss: softmax_cross_entropy
                optimizer: sgd
                """).spec();

        assertThat(spec.name()).isEqualTo("run");
        assertThat(spec.seed()).isEqualTo(42);
        assertThat(spec.device()).isEqualTo("auto");
        assertThat(spec.precision()).isEqualTo("fp32");
        assertThat(spec.accumulate()).isEqualTo(1);
        assertThat(spec.threads()).isZero();
        assertThat(spec.data().options()).containsEntry("batch_size", 64L).containsEntry("shuffle", true);
        assertThat(spec.model().options()).containsExactly(
                Map.entry("hidden", List.of(128L)), Map.entry("dropout", 0.0), Map.entry("activation", "relu"));
    }

    @Test
    void aRunCanCountIterations() throws IOException {
        String text = Lab.GOOD.replace("{mode: by_epoch, epochs: 20}", "{mode: by_iter, iterations: 5000}");
        assertThat(lab.good(text).spec().mode()).isEqualTo(Progress.Mode.BY_ITER);
        assertThat(lab.good(text).spec().iterations()).isEqualTo(5000);
        assertThat(lab.good(text).spec().epochs()).isZero();
    }

    @Test
    void furtherDataSetsAreEvaluatedByNameAndStandInTheEffectiveFile() throws IOException {
        RunSpec spec = lab.good(Lab.GOOD + "eval_data: {other: digits, own: {type: digits, label: x}}\n").spec();
        assertThat(spec.configuration().get("eval_data")).asString().contains("other={type=digits", "label=x");
    }

    @Test
    void theModeMayBeLeftToTheCounter() throws IOException {
        assertThat(lab.good(Lab.GOOD.replace("mode: by_epoch, epochs: 20", "iterations: 9")).spec().mode())
                .isEqualTo(Progress.Mode.BY_ITER);
        assertThat(lab.good(Lab.GOOD.replace("mode: by_epoch, ", "")).spec().mode())
                .isEqualTo(Progress.Mode.BY_EPOCH);
    }

    @Test
    void numbersMayBeWrittenInAnyFormOfYaml() throws IOException {
        RunSpec spec = lab.good(Lab.GOOD.replace("lr: 1.0e-3", "lr: 1e-3").replace("seed: 7", "seed: 1e3")
                .replace("weight_decay: 0.01", "weight_decay: .5")).spec();
        assertThat(spec.seed()).isEqualTo(1000);
        assertThat(spec.optimizer().options()).containsEntry("lr", 0.001).containsEntry("weight_decay", 0.5);
    }

    @Test
    void textKeepsTheFormInWhichItWasWritten() throws IOException {
        RunSpec spec = lab.good(Lab.GOOD.replace("name: digits-mlp", "name: 007")
                .replace("{type: digits,", "{type: digits, label: 010, columns: [1.50, yes],")).spec();
        assertThat(spec.name()).isEqualTo("007");
        assertThat(spec.data().options()).containsEntry("label", "010")
                .containsEntry("columns", List.of("1.50", "yes"));
    }

    @Test
    void metricsMayBeOneOrSeveralShortOrLong() throws IOException {
        assertThat(lab.good(Lab.GOOD + "metrics: accuracy\n").spec().metrics())
                .containsExactly(new RunSpec.Section("accuracy", Map.of()));
        assertThat(lab.good(Lab.GOOD + "metrics: [accuracy, {type: top_k, k: 3}]\n").spec().metrics())
                .containsExactly(new RunSpec.Section("accuracy", Map.of()),
                        new RunSpec.Section("top_k", Map.of("k", 3L)));
    }

    @Test
    void aPathIsTakenFromTheFolderOfTheFileThatSaysIt() throws IOException {
        lab.file("a/base.yaml", "data: {type: digits, path: images}\n")
                .file("b/run.yaml", "base: ../a/base.yaml\n"
                        + Lab.GOOD.replace("{type: digits, batch_size: 32}", "digits"));
        assertThat(lab.read("b/run.yaml").require().spec().data().options())
                .containsEntry("path", folder.resolve("a/images").toString());
        assertThat(lab.read("b/run.yaml", "data.path=images").require().spec().data().options())
                .containsEntry("path", folder.resolve("images").toString());
        assertThat(lab.read("b/run.yaml", "data.path=").require().spec().data().options()).containsEntry("path", "");
    }

    @Test
    void gpuMeansTheFirstGpu() throws IOException {
        assertThat(lab.good(Lab.GOOD + "device: gpu\n").spec().device()).isEqualTo("gpu:0");
        assertThat(lab.good(Lab.GOOD + "device: gpu:3\n").spec().device()).isEqualTo("gpu:3");
    }

    @Test
    void anAliasStandsForItsValue() throws IOException {
        RunSpec spec = lab.good(Lab.GOOD.replace("hidden: [128, 64]", "hidden: &w [9, 9]") + "metrics: []\n").spec();
        assertThat(spec.model().options()).containsEntry("hidden", List.of(9L, 9L));
        String shared = Lab.GOOD.replace("seed: 7", "seed: &n 7").replace("batch_size: 32", "batch_size: *n");
        assertThat(lab.good(shared).spec().data().options()).containsEntry("batch_size", 7L);
    }

    @Test
    void aMergeKeyTakesOverWhatAnAnchorNames() throws IOException {
        RunFile run = lab.good(Lab.GOOD + """
                hooks:
                  EvaluateHook: &often {period: 2}
                custom_hooks:
                  - {type: EvaluateHook, <<: *often, level: 5}
                """);
        assertThat(run.hooks().getLast().parameters()).isEqualTo(Map.of("period", 2L));
    }

    @Test
    void withoutKnowledgeOfTheInstallationTypesAndOptionsPass() throws IOException {
        lab.file("run.yaml", Lab.GOOD.replace("mlp, ", "vit, patch: 4, ")
                + "hooks: {SomeHook: {some_key: 1}}\ncustom_hooks: [{type: Other, level: 3}]\n");
        RunFile run = new RunFileReader(Installed.unchecked(), folder).read(folder.resolve("run.yaml"), List.of())
                .require();
        assertThat(run.spec().model().options()).containsEntry("patch", 4L);
        assertThat(run.hooks()).extracting(HookEntry::type).containsExactly("SomeHook", "Other");
        assertThat(run.hooks().getFirst().parameters()).containsEntry("someKey", 1L);
    }

    @Test
    void aMistakeThatTheTrainerFindsGetsItsLine() throws IOException {
        RunFile run = lab.good(Lab.GOOD);
        assertThat(run.locate("optimizer adamw: option 'lr' is -1.0, expected at least 0")).hasToString(
                "run.yaml:7: optimizer adamw: option 'lr' is -1.0, expected at least 0");
        assertThat(run.locate("data set digits: no file")).hasToString("run.yaml:5: data set digits: no file");
        assertThat(run.locate("device gpu:0: there is none")).hasToString("run.yaml: device gpu:0: there is none");
    }

    @Test
    void whatARunBeginsWithIsAMistakeOfItsLineWhereItIsNotThere() throws IOException {
        assertThat(lab.good(Lab.GOOD + "load_from: no.safetensors\n").missing().orElseThrow()).hasToString(
                "run.yaml:8: load_from: there is no file or folder '" + folder.resolve("no.safetensors")
                        + "' with weights");
        assertThat(lab.good(Lab.GOOD, "resume_from=nowhere").missing().orElseThrow()).hasToString(
                "command line 'resume_from=nowhere': resume_from: there is no folder '" + folder.resolve("nowhere")
                        + "', expected that of a run or of a checkpoint");
        lab.file("w.safetensors", "");
        assertThat(lab.good(Lab.GOOD + "load_from: w.safetensors\n").missing()).isEmpty();
        assertThat(lab.good(Lab.GOOD + "resume_from: .\n").missing()).isEmpty();
        assertThat(lab.good(Lab.GOOD).missing()).isEmpty();
    }
}
