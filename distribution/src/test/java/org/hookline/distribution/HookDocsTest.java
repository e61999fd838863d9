// SPDX-License-Identifier: Apache-2.0
package org.hookline.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/hooks.md against what the assembled hooks say of themselves. */
class HookDocsTest {
    private static final Pattern PID = Pattern.compile("<Designate[^>]*(?:factoryPid|pid)=\"([^\"]+)\"");
    private static final Pattern PARAMETER = Pattern.compile("<AD[^>]* name=\"([^\"]+)\"|<AD name=\"([^\"]+)\"");
    private static final Pattern SECTION = Pattern.compile("^## (\\w+)$", Pattern.MULTILINE);

    /** The parameters of each hook, by its type. */
    private static Map<String, List<String>> declared() throws IOException {
        Map<String, List<String>> all = new TreeMap<>();
        for (String xml : HookJars.parameters()) {
            add(xml, all);
        }
        return all;
    }

    private static void add(String xml, Map<String, List<String>> all) {
        Matcher pid = PID.matcher(xml);
        if (!pid.find()) {
            return;
        }
        List<String> names = new ArrayList<>();
        Matcher parameter = PARAMETER.matcher(xml);
        while (parameter.find()) {
            names.add(parameter.group(1) != null ? parameter.group(1) : parameter.group(2));
        }
        all.put(pid.group(1), names);
    }

    /** The text of each section, by its heading. */
    private static Map<String, String> sections() throws IOException {
        String text = Files.readString(Path.of("../docs/hooks.md"));
        Map<String, String> sections = new LinkedHashMap<>();
        Matcher heading = SECTION.matcher(text);
        String last = "";
        int from = 0;
        while (heading.find()) {
            sections.put(last, text.substring(from, heading.start()));
            last = heading.group(1);
            from = heading.end();
        }
        sections.put(last, text.substring(from));
        return sections;
    }

    @Test
    void everyHookAndEachOfItsParametersIsDescribed() throws IOException {
        Map<String, List<String>> declared = declared();
        Map<String, String> sections = sections();
        assertThat(declared).hasSizeGreaterThan(20);
        assertThat(sections.keySet()).containsAll(declared.keySet());
        declared.forEach((type, parameters) -> assertThat(parameters).as(type)
                .allSatisfy(p -> assertThat(sections.get(type)).contains("| `" + p + "` |")));
    }

    @Test
    void noParameterIsDescribedThatThereIsNot() throws IOException {
        Map<String, List<String>> declared = declared();
        Pattern row = Pattern.compile("^\\| `([a-z_.]+)` \\| [^|]*\\| [^|]*\\| [^|]*\\| [^|]*\\|$", Pattern.MULTILINE);
        sections().forEach((type, text) -> {
            if (declared.containsKey(type)) {
                assertThat(row.matcher(text).results().map(r -> r.group(1)).toList()).as(type)
                        .containsExactlyInAnyOrderElementsOf(declared.get(type));
            }
        });
    }

    @Test
    void everySectionHasItsLevelAndAnExampleAndALineInTheTableAtTheTop() throws IOException {
        Map<String, String> sections = sections();
        String top = sections.remove("");
        sections.forEach((type, text) -> {
            assertThat(top).contains("[" + type + "](#" + type.toLowerCase(java.util.Locale.ROOT) + ")");
            assertThat(text).as(type).containsPattern("(?m)^- (Level |A writer has no level)").contains("```");
        });
    }

    @Test
    void theRunWithEverythingNamesEveryHook() throws IOException {
        String run = Files.readString(HookJars.HOME.resolve("runs/everything.yaml"))
                + Files.readString(HookJars.HOME.resolve("runs/_base_/default_runtime.yaml"));
        // In the place of OptimizerHook, where the precision asks for it.
        assertThat(declared().keySet().stream().filter(type -> !type.equals("Fp16OptimizerHook"))
                .filter(type -> !run.contains(type))).as("hooks that runs/everything.yaml does not have").isEmpty();
    }

    @Test
    void everyHookSaysItsLevelAndWhetherItChangesNumbersWhichDecidesWhatAFailureDoes() throws IOException {
        List<String> hooks = new ArrayList<>();
        for (String component : HookJars.components()) {
            if (!component.contains("interface=\"org.hookline.api.Hook\"")) {
                continue;
            }
            String name = component.replaceFirst("(?s).*<scr:component[^>]* name=\"([^\"]+)\".*", "$1");
            hooks.add(name);
            assertThat(component).as(name)
                    .containsPattern("<property name=\"hook.kind\"[^>]* value=\"(training|observer)\"")
                    .containsPattern("<property name=\"level\"[^>]* "
                            + "value=\"(HIGHEST|HIGHER|HIGH|NORMAL|LOW|LOWER|LOWEST)\"")
                    // A hook that is installed and not named in a run file stays quiet.
                    .contains("configuration-policy=\"require\"");
        }
        assertThat(hooks).doesNotHaveDuplicates().hasSizeGreaterThan(20)
                .contains("OptimizerHook", "Fp16OptimizerHook", "AutogradAnomalyDetectHook", "AutogradProfilerHook");
    }
}
