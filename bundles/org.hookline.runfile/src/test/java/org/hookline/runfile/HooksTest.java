// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HooksTest {
    @TempDir
    Path folder;

    private Lab lab;

    @BeforeEach
    void open() {
        lab = new Lab(folder);
    }

    private List<HookEntry> hooks(String yaml) throws IOException {
        return lab.good(Lab.GOOD + yaml).hooks();
    }

    private HookEntry hook(String yaml, String name) throws IOException {
        return hooks(yaml).stream().filter(h -> h.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void withoutAWordTheInstalledDefaultHooksRunInTheirOrder() throws IOException {
        assertThat(hooks("")).extracting(HookEntry::name).containsExactly("OptimizerHook", "LRSchedulerHook",
                "EvaluateHook", "PeriodicLogger", "CommonMetricLoggerHook");
        assertThat(hooks("")).extracting(HookEntry::index).containsExactly(0, 1, 2, 3, 4);
        assertThat(hooks("")).allMatch(HookEntry::isDefault);
        assertThat(hooks("")).extracting(HookEntry::writer).containsExactly(false, false, false, false, true);
    }

    @Test
    void falseLeavesADefaultHookOut() throws IOException {
        assertThat(hooks("hooks: {EvaluateHook: false, CommonMetricLoggerHook: false}\n"))
                .extracting(HookEntry::name).containsExactly("OptimizerHook", "LRSchedulerHook", "PeriodicLogger");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            precision: fp32                                          | fp32 | OptimizerHook
            precision: fp16                                          | fp16 | Fp16OptimizerHook
            precision: bf16                                          | bf16 | Fp16OptimizerHook
            "hooks: {OptimizerHook: false, Fp16OptimizerHook: {}}"   | fp16 | Fp16OptimizerHook
            hooks: {Fp16OptimizerHook: }                             | fp16 | Fp16OptimizerHook
            hooks: {Fp16OptimizerHook: false}                        | fp32 | OptimizerHook
            "custom_hooks: [Fp16OptimizerHook]"                      | fp16 | Fp16OptimizerHook
            "{precision: fp16, hooks: {OptimizerHook: }}"            | fp16 | Fp16OptimizerHook
            "{precision: bf16, hooks: {OptimizerHook: , Fp16OptimizerHook: false}}" | bf16 | OptimizerHook
            "{precision: fp16, hooks: {OptimizerHook: false}}"       | fp16 | LRSchedulerHook
            "{precision: fp16, hooks: {Fp16OptimizerHook: false}}"   | fp16 | OptimizerHook
            """)
    void theOptimizerHookFollowsThePrecision(String yaml, String precision, String first) throws IOException {
        String block = yaml.startsWith("{") ? yaml.substring(1, yaml.length() - 1).replace(", hooks", "\nhooks") : yaml;
        RunFile file = lab.good(Lab.GOOD + block + "\n");
        assertThat(file.spec().precision()).isEqualTo(precision);
        List<String> types = file.hooks().stream().map(HookEntry::type).toList();
        if (types.contains("Fp16OptimizerHook") && !types.getFirst().equals("Fp16OptimizerHook")) {
            assertThat(types).endsWith("Fp16OptimizerHook").doesNotContain("OptimizerHook");
        } else {
            assertThat(types).startsWith(first)
                    .filteredOn(t -> t.endsWith("OptimizerHook")).hasSize(first.endsWith("OptimizerHook") ? 1 : 0);
        }
    }

    @Test
    void whatIsSaidOfOptimizerHookHoldsInHalfPrecisionForFp16OptimizerHook() throws IOException {
        String yaml = "precision: fp16\nhooks: {OptimizerHook: {grad_clip: {max_norm: 1}}}\n";
        HookEntry optimizer = hooks(yaml).getFirst();
        assertThat(optimizer.type()).isEqualTo("Fp16OptimizerHook");
        assertThat(optimizer.parameters()).isEqualTo(Map.of("gradClip.maxNorm", 1.0));
        assertThat(optimizer.isDefault()).isTrue();
        assertThat(optimizer.index()).isZero();
        assertThat(lab.good(Lab.GOOD + yaml, "precision=fp32").hooks().getFirst().type()).isEqualTo("OptimizerHook");
    }

    @Test
    void trueAndNothingMeanTheDefaults() throws IOException {
        assertThat(hooks("hooks:\n  EvaluateHook:\n  OptimizerHook: true\n")).hasSize(5)
                .allMatch(h -> h.parameters().isEmpty());
    }

    @Test
    void parametersBecomeComponentProperties() throws IOException {
        HookEntry optimizer = hook("hooks: {OptimizerHook: {grad_clip: {max_norm: 1}, on_nonfinite: skip}}\n",
                "OptimizerHook");
        assertThat(optimizer.parameters()).isEqualTo(Map.of("gradClip.maxNorm", 1.0, "onNonfinite", "skip"));
        HookEntry scheduler = hook("hooks: {LRSchedulerHook: {milestones: [3, 6], warmup: {ratio: 0.1}}}\n",
                "LRSchedulerHook");
        assertThat(scheduler.parameters()).isEqualTo(Map.of("milestones", List.of(3L, 6L), "warmup.ratio", 0.1));
        assertThat(hook("hooks: {LRSchedulerHook: {milestones: 3, warmup: }}\n", "LRSchedulerHook").parameters())
                .isEqualTo(Map.of("milestones", List.of(3L)));
    }

    @Test
    void aHookThatDescribesNothingGetsItsParametersAsTheyAre() throws IOException {
        HookEntry stranger = hook("custom_hooks: [{type: StrangerHook, big_size: 3, a: {b_c: [x, y]}}]\n",
                "StrangerHook");
        assertThat(stranger.pid()).isEqualTo("org.example.Stranger");
        assertThat(stranger.parameters()).isEqualTo(Map.of("bigSize", 3L, "a.bC", List.of("x", "y")));
    }

    @Test
    void customHooksComeAfterTheDefaultOnes() throws IOException {
        List<HookEntry> hooks = hooks("custom_hooks: [EMAIterHook, {type: EvaluateHook}]\n");
        assertThat(hooks.subList(5, 7)).extracting(HookEntry::name).containsExactly("EMAIterHook", "EvaluateHook#2");
        assertThat(hooks.subList(5, 7)).noneMatch(HookEntry::isDefault).extracting(HookEntry::index)
                .containsExactly(5, 6);
        assertThat(hooks.get(5).where()).isEqualTo("run.yaml:8");
    }

    @Test
    void levelPolicyNameAndOrderAreTakenAsGiven() throws IOException {
        HookEntry ema = hook("""
                custom_hooks:
                  - {type: EMAIterHook, level: 25, name: ema, on_error: retry 3, before: PeriodicLogger,
                     after: [EvaluateHook, x]}
                """, "ema");
        assertThat(ema.level()).contains(25);
        assertThat(ema.onError()).contains("retry 3");
        assertThat(ema.before()).containsExactly("PeriodicLogger");
        assertThat(ema.after()).containsExactly("EvaluateHook", "x");
        assertThat(hook("hooks: {EvaluateHook: {level: low}}\n", "EvaluateHook").level()).contains("low");
        assertThat(hook("hooks: {EvaluateHook: {level: '7'}}\n", "EvaluateHook").level()).contains("7");
        assertThat(hook("", "EvaluateHook").level()).isEmpty();
    }

    @Test
    void aHookOfTheSameTypeGetsTheNextNumber() throws IOException {
        assertThat(hooks("custom_hooks: [EMAIterHook, EMAIterHook, {type: EMAIterHook, name: x}, EMAIterHook]\n"))
                .extracting(HookEntry::name)
                .endsWith("EMAIterHook", "EMAIterHook#2", "x", "EMAIterHook#3");
    }

    @Test
    void aWriterNeedNotBeADefaultOne() throws IOException {
        List<HookEntry> hooks = hooks("hooks: {TensorboardLoggerHook: }\n");
        assertThat(hooks.getLast().type()).isEqualTo("TensorboardLoggerHook");
        assertThat(hooks.getLast().writer()).isTrue();
        assertThat(hooks.getLast().isDefault()).isFalse();
        assertThat(hooks("custom_hooks: [TensorboardLoggerHook]\n").getLast().writer()).isTrue();
    }

    @Test
    void theConfigurationHoldsWhatTheComponentNeeds() throws IOException {
        HookEntry ema = hook("custom_hooks: [{type: EMAIterHook, level: HIGH, on_error: abort, before: [a, b],"
                + " decay: 0.5}]\n", "EMAIterHook");
        Map<String, Object> properties = ema.properties("run-1");
        assertThat(properties).containsEntry("decay", 0.5).containsEntry("level", "HIGH")
                .containsEntry("hook.name", "EMAIterHook").containsEntry("hook.onError", "abort")
                .containsEntry("run.id", "run-1").containsEntry("hook.default", false)
                .containsEntry("hook.index", 5).doesNotContainKey("hook.after");
        assertThat((String[]) properties.get("hook.before")).containsExactly("a", "b");
        HookEntry scheduler = hook("hooks: {LRSchedulerHook: {milestones: [3, 6]}}\n", "LRSchedulerHook");
        assertThat((Long[]) scheduler.properties("r").get("milestones")).containsExactly(3L, 6L);
        assertThat((String[]) hook("hooks: {LRSchedulerHook: {milestones: []}}\n", "LRSchedulerHook")
                .properties("r").get("milestones")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            custom_hooks: [EMAItrHook]             | run.yaml:8: unknown hook type 'EMAItrHook'; did you mean 'EMAIterHook'? (there are: CommonMetricLoggerHook, EMAIterHook, EvaluateHook, Fp16OptimizerHook, LRSchedulerHook,
            "custom_hooks: [{type: Xyz, level: 3}]" | run.yaml:8: unknown hook type 'Xyz'; there are: CommonMetricLoggerHook, EMAIterHook
            "custom_hooks: [{level: 3}]"           | run.yaml:8: an entry of custom_hooks has no 'type', expected {type: ..., level: ...}; there are:
            custom_hooks: EMAIterHook              | run.yaml:8: custom_hooks is 'EMAIterHook', expected a list
            hooks: [EMAIterHook]                   | run.yaml:8: hooks is a list, expected default hooks with their parameters
            hooks: {EMAIterHook: }                 | run.yaml:8: EMAIterHook is not one of the default hooks; list it under custom_hooks, as - {type: EMAIterHook}
            hooks: {CheckPointHook: }              | run.yaml:8: hook CheckPointHook is not installed; there are:
            hooks: {CheckPointHook: false}         | run.yaml:8: hook CheckPointHook is not installed; there are:
            hooks: {OptimiserHook: }               | run.yaml:8: unknown hook type 'OptimiserHook'; did you mean 'OptimizerHook'?
            "hooks: {OptimizerHook: , Fp16OptimizerHook: }" | run.yaml:8: two optimizer hooks, Fp16OptimizerHook (run.yaml:8) and OptimizerHook: backward would be done twice; leave one out, with hooks: {OptimizerHook: false}
            "hooks: {OptimizerHook: , Fp16OptimizerHook: , EvaluateHook: false}" | run.yaml:8: two optimizer hooks
            custom_hooks: [OptimizerHook]          | run.yaml:8: two optimizer hooks, OptimizerHook (run.yaml) and OptimizerHook#2: backward would be done twice
            hooks: {EvaluateHook: 3}               | run.yaml:8: hooks.EvaluateHook is 3, expected its parameters, or false to leave it out
            hooks: {EvaluateHook: {perod: 3}}      | run.yaml:8: hook EvaluateHook: unknown parameter 'perod'; did you mean 'period'? (there are: period, at_end, level, name, on_error, before, after)
            hooks: {EvaluateHook: {atEnd: true}}   | run.yaml:8: hook EvaluateHook: unknown parameter 'atEnd'; did you mean 'at_end'?
            hooks: {EvaluateHook: {levle: 3}}      | run.yaml:8: hook EvaluateHook: unknown parameter 'levle'; did you mean 'level'?
            hooks: {OptimizerHook: {max_norm: 3}}  | run.yaml:8: hook OptimizerHook: unknown parameter 'max_norm'; did you mean 'grad_clip.max_norm'?
            hooks: {OptimizerHook: {grad_clip: 3}} | run.yaml:8: hook OptimizerHook: grad_clip is 3, expected a group of keys: max_norm, norm_type
            hooks: {OptimizerHook: {grad_clip: {max: 3}}} | run.yaml:8: hook OptimizerHook: unknown parameter 'grad_clip.max'; did you mean 'grad_clip.max_norm'? (there are:
            hooks: {OptimizerHook: {grad_clip: {max_nrom: 3}}} | run.yaml:8: hook OptimizerHook: unknown parameter 'grad_clip.max_nrom'; did you mean 'grad_clip.max_norm'?
            hooks: {OptimizerHook: {grad_clip: {max_norm: big}}} | run.yaml:8: hook OptimizerHook: grad_clip.max_norm is 'big', expected a number, 0 or more: A number.
            hooks: {OptimizerHook: {grad_clip: {max_norm: -1}}} | run.yaml:8: hook OptimizerHook: grad_clip.max_norm is -1, expected a number, 0 or more: A number.
            hooks: {OptimizerHook: {grad_clip: {max_norm: .nan}}} | run.yaml:8: hook OptimizerHook: grad_clip.max_norm is .nan, expected a number
            hooks: {OptimizerHook: {on_nonfinite: skp}} | run.yaml:8: hook OptimizerHook: on_nonfinite is 'skp', expected one of ignore, skip, abort; did you mean 'skip'?
            hooks: {LRSchedulerHook: {warmup: {ratio: 2}}} | run.yaml:8: hook LRSchedulerHook: warmup.ratio is 2, expected a number between 0 and 1
            hooks: {LRSchedulerHook: {milestones: [1, x]}} | run.yaml:8: hook LRSchedulerHook: milestones is 'x', expected a whole number: Times.
            hooks: {EvaluateHook: {at_end: yes}}   | run.yaml:8: hook EvaluateHook: at_end is 'yes', expected true or false
            hooks: {EvaluateHook: {period: 1.5}}   | run.yaml:8: hook EvaluateHook: period is 1.5, expected a whole number, 0 or more
            hooks: {PeriodicLogger: {a: 1}}        | run.yaml:8: hook PeriodicLogger: unknown parameter 'a'; there are: level, name
            hooks: {EvaluateHook: {level: HGIH}}   | run.yaml:8: hook EvaluateHook: level 'HGIH' cannot be read, expected a whole number or a name; did you mean 'HIGH'? (there are: HIGHEST, HIGHER, HIGH, NORMAL, LOW, LOWER, LOWEST)
            hooks: {EvaluateHook: {level: 2.5}}    | run.yaml:8: hook EvaluateHook: level 2.5 cannot be read, expected a whole number or a name
            hooks: {EvaluateHook: {level: [1]}}    | run.yaml:8: hook EvaluateHook: level a list cannot be read
            hooks: {EvaluateHook: {level: 99999999999}} | run.yaml:8: hook EvaluateHook: level 99999999999 cannot be read
            hooks: {EvaluateHook: {on_error: retry}} | run.yaml:8: hook EvaluateHook: on_error is 'retry', expected abort, quarantine or retry N (for example retry 3); did you mean 'retry N'?
            hooks: {EvaluateHook: {on_error: abrt}} | run.yaml:8: hook EvaluateHook: on_error is 'abrt', expected abort, quarantine or retry N (for example retry 3); did you mean 'abort'?
            hooks: {EvaluateHook: {before: {a: 1}}} | run.yaml:8: hook EvaluateHook: before is a group of keys, expected the name of a hook, or a list of names
            hooks: {EvaluateHook: {name: a b}}     | run.yaml:8: hook EvaluateHook: name is 'a b', expected letters
            hooks: {EvaluateHook: {name: OptimizerHook}} | run.yaml:8: hook EvaluateHook: the name 'OptimizerHook' is taken by another hook (run.yaml); names are unique in a run
            "custom_hooks: [{type: EMAIterHook, name: x}, {type: EMAIterHook, name: x}]" | run.yaml:8: hook EMAIterHook: the name 'x' is taken by another hook (run.yaml:8)
            hooks: {CommonMetricLoggerHook: {level: 3}} | run.yaml:8: writer CommonMetricLoggerHook: unknown parameter 'level'; there are: bar, name
            """)
    void aMistakeInAHookIsOneLine(String line, String expected) throws IOException {
        assertThat(lab.mistakes(Lab.GOOD + line + "\n")).singleElement().asString().startsWith(expected)
                .doesNotContain("\n");
    }
}
