// SPDX-License-Identifier: Apache-2.0
package org.hookline.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/reference-semantics.md: each statement there has tests, and they exist. */
class ReferenceSemanticsDocTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern ROW = Pattern.compile("^\\| (.+) \\| (.+) \\|$", Pattern.MULTILINE);
    private static final Pattern ANNOTATION =
            Pattern.compile("^\\s*@(Test|ParameterizedTest|RepeatedTest)\\b", Pattern.MULTILINE);
    private static final Pattern NAMED = Pattern.compile("`(\\w+)#(\\w+)`");

    /** A test method with its annotations, which stand between an empty line, or the class's start, and its name. */
    private static boolean isTest(String source, String method) {
        Matcher found = Pattern.compile("\\bvoid " + method + "\\(").matcher(source);
        while (found.find()) {
            String before = source.substring(0, found.start());
            String head = before.substring(Math.max(before.lastIndexOf("\n\n"), before.lastIndexOf("{\n    @")) + 1);
            if (ANNOTATION.matcher(head).find()) {
                return true;
            }
        }
        return false;
    }

    /** The sources of tests by the name of their class. */
    private static Map<String, List<Path>> sources() throws IOException {
        Map<String, List<Path>> found = new HashMap<>();
        Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                String name = folder.getFileName().toString();
                return name.equals("target") || name.equals(".git")
                        ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                String name = file.getFileName().toString();
                if (name.endsWith(".java") && file.toString().contains("src/test/java")) {
                    found.computeIfAbsent(name.replace(".java", ""), n -> new ArrayList<>()).add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return found;
    }

    private static List<String[]> rows() throws IOException {
        return ROW.matcher(Files.readString(ROOT.resolve("docs/reference-semantics.md"))).results()
                .map(r -> new String[] {r.group(1), r.group(2)})
                .filter(r -> !r[0].startsWith("---") && !r[1].equals("tests")).toList();
    }

    @Test
    void eachStatementHasTestsAndTheyAreThere() throws IOException {
        Map<String, List<Path>> sources = sources();
        List<String[]> rows = rows();
        assertThat(rows).hasSizeGreaterThan(90);
        List<String> missing = new ArrayList<>();
        for (String[] row : rows) {
            assertThat(row[1]).as(row[0]).matches("`\\w+#\\w+`(, `\\w+#\\w+`)*");
            Matcher named = NAMED.matcher(row[1]);
            while (named.find()) {
                List<Path> files = sources.getOrDefault(named.group(1), List.of());
                if (files.size() != 1) {
                    missing.add(row[0] + ": " + named.group(1) + " is in " + files);
                } else if (!isTest(Files.readString(files.getFirst()), named.group(2))) {
                    missing.add(row[0] + ": " + named.group());
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void aMethodThatIsNoTestOrIsNotThereIsNoticed() {
        String source = """
                class SomeTest {
                    @Test
                    void first() {}

                    @ParameterizedTest
                    @ValueSource(ints = {1, 2})
                    void second(int n) {
                        helper();
                    }

                    private void helper() {}
                }
                """;
        assertThat(isTest(source, "first")).isTrue();
        assertThat(isTest(source, "second")).isTrue();
        assertThat(isTest(source, "helper")).isFalse();
        assertThat(isTest(source, "third")).isFalse();
        assertThat(isTest(source, "fir")).isFalse();
    }

    @Test
    void theHooksOfTheReferenceHaveTheLevelsThatTheyHaveThere() throws IOException {
        Map<String, String> levels = new TreeMap<>();
        Pattern level = Pattern.compile("<property name=\"level\"[^>]* value=\"(\\w+)\"");
        Pattern name = Pattern.compile("<scr:component[^>]* name=\"([^\"]+)\"");
        for (String component : HookJars.components()) {
            Matcher named = name.matcher(component);
            Matcher levelled = level.matcher(component);
            if (named.find() && levelled.find()) {
                levels.put(named.group(1), levelled.group(1));
            }
        }
        assertThat(levels).containsAllEntriesOf(Map.ofEntries(Map.entry("AutogradAnomalyDetectHook", "NORMAL"),
                Map.entry("AutogradProfilerHook", "NORMAL"), Map.entry("CheckPointHook", "NORMAL"),
                Map.entry("EvaluateHook", "NORMAL"), Map.entry("IterationTimerHook", "NORMAL"),
                Map.entry("LRSchedulerHook", "HIGH"), Map.entry("OptimizerHook", "HIGH"),
                Map.entry("Fp16OptimizerHook", "HIGH"), Map.entry("PeriodicLogger", "NORMAL"),
                Map.entry("EMAIterHook", "NORMAL"), Map.entry("EMAEpochHook", "LOW")));
    }
}
