// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hookline.api.UserError;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MistakesTest {
    @TempDir
    Path folder;

    private Lab lab;

    @BeforeEach
    void open() {
        lab = new Lab(folder);
    }

    /** Each replaces a part of the good file and tells the one line that is to come of it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            seed: 7           | sede: 7        | run.yaml:2: unknown key 'sede'; did you mean 'seed'?
            seed: 7           | seed: seven    | run.yaml:2: seed is 'seven', expected a whole number, 0 or more
            seed: 7           | seed: -7       | run.yaml:2: seed is -7, expected a whole number, 0 or more
            seed: 7           | seed: 1.5      | run.yaml:2: seed is 1.5, expected a whole number, 0 or more
            seed: 7           | seed: [1]      | run.yaml:2: seed is a list, expected a whole number, 0 or more
            seed: 7           | seed: 99999999999999999999 | run.yaml:2: 99999999999999999999 is too large
            name: digits-mlp  | name: ../x     | run.yaml:1: name is '../x', expected letters, digits
            name: digits-mlp  | name: .x       | run.yaml:1: name is '.x', expected letters, digits
            name: digits-mlp  | name: latest   | run.yaml:1: name is 'latest', expected letters, digits
            epochs: 20        | epochs: 0      | run.yaml:3: train.epochs is 0, expected a whole number, 1 or more
            epochs: 20        | epoch: 20      | run.yaml:3: unknown key 'train.epoch'; did you mean 'epochs'?
            epochs: 20        | epochs: 20, iterations: 5 | run.yaml:3: train.iterations does not go with mode by_epoch
            by_epoch          | by_epochs      | run.yaml:3: train.mode is 'by_epochs', expected by_epoch or by_iter; did you mean 'by_epoch'?
            by_epoch          | by_iter        | run.yaml:3: train.epochs does not go with mode by_iter, which counts iterations; for the other say train: {mode: by_epoch, epochs: N}
            ", epochs: 20"    | ""             | run.yaml:3: train.epochs is missing: mode by_epoch counts epochs
            "{mode: by_epoch, epochs: 20}" | 20 | run.yaml:3: train is 20, expected keys such as {mode: by_epoch, epochs: 20}
            type: mlp         | type: mpl      | run.yaml:4: unknown model 'mpl'; did you mean 'mlp'? (there are: lenet, mlp)
            type: mlp         | tipe: mlp      | run.yaml:4: model has no 'type'; there are: lenet, mlp
            hidden: [128, 64] | hiden: [128]   | run.yaml:4: model mlp: unknown option 'hiden'; did you mean 'hidden'?
            hidden: [128, 64] | hidden: [wide] | run.yaml:4: model mlp: option 'hidden' is [wide], expected a list of whole numbers
            hidden: [128, 64] | dropout: much  | run.yaml:4: model mlp: option 'dropout' is 'much', expected a number
            hidden: [128, 64] | activation: relo | run.yaml:4: model mlp: option 'activation' is 'relo', expected one of relu, gelu
            type: digits      | type: digit    | run.yaml:5: unknown data set 'digit'; did you mean 'digits'?
            type: digits      | type: csv      | run.yaml:5: data set csv: option 'file' is missing: the file
            batch_size: 32    | batch_size: 0  | run.yaml:5: data set digits: option 'batch_size' is 0, expected 1 or more
            batch_size: 32    | batchsize: 32  | run.yaml:5: data set digits: unknown option 'batchsize'; did you mean 'batch_size'?
            softmax_cross_entropy | softmax    | run.yaml:6: unknown loss 'softmax'; there are: softmax_cross_entropy
            "{type: adamw, lr: 1.0e-3, weight_decay: 0.01}" | [adamw] | run.yaml:7: optimizer is a list, expected a type with its options
            """)
    void eachMistakeIsOneLineWithItsPlaceAndTheNearestName(String part, String instead, String expected)
            throws IOException {
        assertThat(Lab.GOOD).contains(part);
        assertThat(lab.mistakes(Lab.GOOD.replace(part, instead))).singleElement().asString()
                .startsWith(expected).doesNotContain("\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            device: cuda:1      | run.yaml:8: device is 'cuda:1', expected auto, cpu or gpu:N; did you mean 'gpu:1'?
            device: tpu         | run.yaml:8: device is 'tpu', expected auto, cpu or gpu:N
            precision: fp8      | run.yaml:8: precision is 'fp8', expected one of fp32, fp16, bf16; did you mean
            eval_data: 3        | run.yaml:8: eval_data is 3, expected data sets by name, such as {other: {type: csv, path: other.csv}}
            eval_data: {a/b: digits} | run.yaml:8: eval_data.a/b: expected letters, digits, - and _ in the name, which becomes that of metrics
            accumulate: 0       | run.yaml:8: accumulate is 0, expected a whole number, 1 or more
            blas: openbals | run.yaml:8: blas is 'openbals', expected one of auto, libtorch, openblas; did you mean
            tf32: yes | run.yaml:8: tf32 is 'yes', expected one of auto, true, false
            channel_last: true | run.yaml:8: unknown key 'channel_last'; did you mean 'channels_last'?
            flush_denormals: no | run.yaml:8: flush_denormals is 'no', expected true or false
            threads: -1         | run.yaml:8: threads is -1, expected a whole number, 0 or more
            metrics: acuracy    | run.yaml:8: unknown metric 'acuracy'; did you mean 'accuracy'?
            metrics: [{k: 1}]   | run.yaml:8: metrics has no 'type'; there are: accuracy, top_k
            metrics: [{type: top_k, k: many}] | run.yaml:8: metric top_k: option 'k' is 'many', expected a whole number
            seed: 8             | run.yaml:8: key 'seed' was given before, in line 2
            data: !!set {a}     | run.yaml:8: run files have no tags
            name: !foo bar      | run.yaml:8: run files have no tags
            """)
    void whatIsAddedIsCheckedToo(String line, String expected) throws IOException {
        assertThat(lab.mistakes(Lab.GOOD + line + "\n")).singleElement().asString().startsWith(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            seed: [7            | run.yaml:3: not valid YAML
            seed: {a: 1         | run.yaml:3: not valid YAML
            "seed: 'x"          | run.yaml:
            "seed: 7: 8"        | run.yaml:2: not valid YAML: mapping values are not allowed here
            "seed: *nobody"     | run.yaml:2: not valid YAML: found undefined alias nobody
            "seed: @x"          | run.yaml:2: not valid YAML: found character '@'
            """)
    void aSyntaxErrorTellsTheLine(String line, String expected) throws IOException {
        assertThat(lab.mistakes(Lab.GOOD.replace("seed: 7", line))).singleElement().asString()
                .startsWith(expected).contains("not valid YAML: ").doesNotContain("\n");
    }

    @Test
    void aTabIsNamedAsWhatIsWrong() throws IOException {
        assertThat(lab.mistakes("train:\n\tepochs: 3\n")).singleElement().asString()
                .startsWith("run.yaml:2: not valid YAML").endsWith("indent with spaces, not with tabs");
    }

    @Test
    void whatMustBeThereIsAskedForWithAnExample() throws IOException {
        assertThat(lab.mistakes("")).containsExactly(
                "run.yaml: 'train' is missing: how long to train, for example train: {epochs: 20}",
                "run.yaml: 'model' is missing, for example model: {type: mlp, hidden: [128]}; there are: lenet, mlp",
                "run.yaml: 'data' is missing, for example data: digits; there are: csv, digits",
                "run.yaml: 'loss' is missing, for example loss: softmax_cross_entropy; there are:"
                        + " softmax_cross_entropy",
                "run.yaml: 'optimizer' is missing, for example optimizer: {type: adamw, lr: 0.001}");
    }

    @Test
    void allMistakesAreFoundInTheOrderOfTheLines() throws IOException {
        List<String> mistakes = lab.mistakes("""
                custom_hooks: [{type: EMAItrHook}]
                model: {type: mlp, hidden: a, dropout: b}
                seed: x
                train: {epochs: -1}
                data: digits
                loss: softmax_cross_entropy
                optimizer: adamw
                hooks: {EvaluateHook: {perid: 1}}
                """);
        assertThat(mistakes).hasSize(6).map(m -> m.replaceAll("^run.yaml:(\\d+):.*", "$1"))
                .containsExactly("1", "2", "2", "3", "4", "8");
    }

    @Test
    void aHookMistakeLeavesTheRestOfTheRunToBeChecked() throws IOException {
        Reading reading = lab.file("run.yaml", Lab.GOOD + "custom_hooks: [Nobody]\n").read("run.yaml");
        assertThat(reading.mistakes()).hasSize(1);
        assertThat(reading.runFile()).isPresent();
        assertThat(lab.file("run.yaml", Lab.GOOD.replace("seed: 7", "seed: x")).read("run.yaml").runFile()).isEmpty();
    }

    @Test
    void insistingThrowsTheFirstMistakeAndCountsTheOthers() throws IOException {
        lab.file("run.yaml", Lab.GOOD.replace("seed: 7", "seed: x"));
        assertThatThrownBy(() -> lab.read("run.yaml").require()).isInstanceOf(UserError.class)
                .hasMessage("run.yaml:2: seed is 'x', expected a whole number, 0 or more");
        lab.file("run.yaml", Lab.GOOD.replace("seed: 7", "seed: x").replace("20", "0"));
        assertThatThrownBy(() -> lab.read("run.yaml").require()).isInstanceOf(UserError.class)
                .hasMessage("run.yaml:2: seed is 'x', expected a whole number, 0 or more"
                        + " (and 1 more mistake: hookline check lists them)");
    }

    @Test
    void aFileThatCannotBeReadIsSaidSo() throws IOException {
        assertThat(lab.read("none.yaml").mistakes()).singleElement().hasToString("none.yaml: no such file");
        Files.createDirectory(folder.resolve("dir"));
        assertThat(lab.read("dir").mistakes()).singleElement()
                .hasToString("dir: is a folder, expected a run file");
        Files.write(folder.resolve("latin.yaml"), new byte[] {'n', ':', ' ', (byte) 0xe4, '\n'});
        assertThat(lab.read("latin.yaml").mistakes()).singleElement().hasToString("latin.yaml: is not text in UTF-8");
    }

    @Test
    void aFileThatIsNoMappingIsSaidSo() throws IOException {
        assertThat(lab.mistakes("- a\n- b\n")).singleElement().asString()
                .startsWith("run.yaml:1: a run file is made of");
        assertThat(lab.mistakes("hello\n")).singleElement().asString()
                .startsWith("run.yaml:1: a run file is made of");
        assertThat(lab.mistakes("a: 1\n---\nb: 2\n")).singleElement().asString()
                .startsWith("run.yaml:2: not valid YAML");
        assertThat(lab.mistakes("a: \u0001\n")).singleElement().asString().contains("special character U+0001");
    }

    @Test
    void anAliasThatHoldsItselfIsAMistake() throws IOException {
        assertThat(lab.mistakes("model: &m {type: mlp, hidden: *m}\n")).singleElement().asString()
                .startsWith("run.yaml:1: ");
    }

    @Test
    void aliasesOfAliasesDoNotFillTheMemory() throws IOException {
        StringBuilder text = new StringBuilder("a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
        for (int i = 1; i < 9; i++) {
            text.append("a%1$d: &a%1$d [*a%2$d, *a%2$d, *a%2$d, *a%2$d, *a%2$d]\n".formatted(i, i - 1));
        }
        assertThat(lab.mistakes(text.toString())).singleElement().asString().contains("more than 100000 values");
    }

    @Test
    void fullPrecisionAndTheOptimizerHookOfHalfPrecisionDoNotGoTogether() throws IOException {
        assertThat(lab.mistakes(Lab.GOOD + "precision: fp32\nhooks: {Fp16OptimizerHook: }\n"))
                .containsExactly(
                        "run.yaml:8: precision is fp32, but Fp16OptimizerHook is asked for, which is for fp16 and "
                        + "bf16; leave one of them out");
    }
}
