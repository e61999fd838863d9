// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.tensorboardlogger.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.schema.CoreSchema;

class RunTextTest {
    @Test
    void aRunFileLooksLikeOne() {
        Map<String, Object> run = new LinkedHashMap<>();
        run.put("name", "digits-mlp");
        run.put("seed", 42L);
        run.put("model", Map.of("hidden", List.of(128, 64)));
        run.put("hooks", Map.of("OptimizerHook", Map.of()));
        run.put("custom_hooks", List.of(Map.of("type", "EMAIterHook")));
        assertThat(RunText.markdown(run)).isEqualTo("""
            name: digits-mlp
            seed: 42
            model:
              hidden: [128, 64]
            hooks:
              OptimizerHook: {}
            custom_hooks:
              - {type: EMAIterHook}
        """);
    }

    @Test
    void yamlReadsBackTheSame() {
        Map<String, Object> run = new LinkedHashMap<>();
        for (String text : List.of("", " ", "a b", "yes", "Null", "1.5", "-", "a: b", "#x", "[x]", "\"q\" \\ 'q'",
                "Größe",
                "two\nlines\tand\u0001\u0085\u2028", "true", "~", "@a", "%", "output/run-1", "1e3", "0x10", "=")) {
            run.put("key " + text, text);
            run.put(text + " key", List.of(text, text));
        }
        run.put("lr", 1.0e-4);
        run.put("large", 1.0e300);
        run.put("inf", Double.NEGATIVE_INFINITY);
        run.put("none", null);
        run.put("flag", true);
        run.put("deep", Map.of("a", Map.of("b", Map.of("c", List.of(List.of(1, 2), Map.of("d", List.of()))))));

        Object read = new Load(LoadSettings.builder().setSchema(new CoreSchema()).build())
                .loadFromString(RunText.markdown(run));
        assertThat(read).isEqualTo(run);
    }
}
