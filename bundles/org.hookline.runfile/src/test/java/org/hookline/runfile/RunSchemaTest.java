// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunSchemaTest {
    private static final JsonSchemaFactory FACTORY = JsonSchemaFactory.getInstance(VersionFlag.V202012);
    private static final JsonSchema SHIPPED = FACTORY.getSchema(RunSchema.shipped());
    private static final JsonSchema EFFECTIVE = FACTORY.getSchema(RunSchema.of(Lab.INSTALLED));

    @TempDir
    Path folder;

    private static Set<ValidationMessage> validate(JsonSchema schema, String yaml) {
        return schema.validate(yaml, InputFormat.YAML);
    }

    @Test
    void bothSchemasAreSchemasOfTheirDraft() {
        JsonSchema meta = FACTORY.getSchema(java.net.URI.create("https://json-schema.org/draft/2020-12/schema"));
        assertThat(meta.validate(RunSchema.shipped(), InputFormat.JSON)).isEmpty();
        assertThat(meta.validate(RunSchema.of(Lab.INSTALLED), InputFormat.JSON)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        Lab.GOOD,
        "base: [a.yaml]\n",
        "optimizer: {lr: 0.1}\nmodel: {hidden: [1]}\nhooks: {EvaluateHook: false, OptimizerHook: }\n",
        "custom_hooks: [EMAIterHook, {type: EMAIterHook, level: low, on_error: retry 2, before: x}]\n",
        "hooks: {OptimizerHook: {grad_clip: {max_norm: 1}, level: 5}}\nmetrics: [accuracy, {type: top_k, k: 2}]\n",
        "data: {type: csv, file: x.csv, shuffle: false}\n",
        "custom_hooks: [{type: StrangerHook, anything: [1]}]\n",
    })
    void whatARunFileMaySayIsValid(String yaml) {
        assertThat(validate(SHIPPED, yaml)).isEmpty();
        assertThat(validate(EFFECTIVE, yaml)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "sede: 1\n", "seed: x\n", "train: 3\n", "train: {epoch: 3}\n", "train: {epochs: 0}\n", "device: cuda:0\n",
        "precision: fp8\n", "accumulate: 0\n", "data: {type: digits, batch_size: 0}\n", "hooks: [x]\n",
        "hooks: {EvaluateHook: 3}\n", "custom_hooks: [{level: 3}]\n", "hooks: {EvaluateHook: {on_error: never}}\n",
        "hooks: {EvaluateHook: {level: 2.5}}\n",
    })
    void whatARunFileMayNotSayIsNot(String yaml) {
        assertThat(validate(SHIPPED, yaml)).isNotEmpty();
        assertThat(validate(EFFECTIVE, yaml)).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "model: vit\n", "model: {type: vit}\n", "model: {type: mlp, hiden: [1]}\n", "model: {type: mlp, hidden: x}\n",
        "model: {type: mlp, activation: tanh}\n", "data: {type: digits, nothing: 1}\n", "metrics: speed\n",
        "hooks: {OptimizerHook: {grad_clip: {max: 1}}}\n", "hooks: {OptimizerHook: {grad_clip: {max_norm: -1}}}\n",
        "hooks: {CheckPointHook: }\n", "custom_hooks: [Nobody]\n", "custom_hooks: [{type: EMAIterHook, decay: 2}]\n",
    })
    void theEffectiveSchemaKnowsWhatIsInstalled(String yaml) {
        assertThat(validate(SHIPPED, yaml)).isEmpty();
        assertThat(validate(EFFECTIVE, yaml)).isNotEmpty();
    }

    @Test
    void theEffectiveRunFileIsValid() throws IOException {
        RunFile run = new Lab(folder).good(Lab.GOOD + "custom_hooks: [{type: EMAIterHook, level: LOW}]\n");
        assertThat(validate(SHIPPED, run.yaml())).isEmpty();
        assertThat(validate(EFFECTIVE, run.yaml())).isEmpty();
    }

    @Test
    void everyShippedRunFileIsValidAndCanBeRead() throws IOException {
        Path runs = Path.of("../../runs");
        List<Path> files;
        try (Stream<Path> walk = Files.walk(runs)) {
            files = walk.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
        }
        assertThat(files).isNotEmpty();
        for (Path file : files) {
            assertThat(validate(SHIPPED, Files.readString(file))).as(file.toString()).isEmpty();
            // What only others build on need not be whole.
            if (!file.toString().contains("/_base_/")) {
                Reading reading = new RunFileReader(Installed.unchecked(), runs.toRealPath())
                        .read(file.toRealPath(), List.of());
                assertThat(reading.mistakes()).as(file.toString()).isEmpty();
            }
        }
    }
}
