// SPDX-License-Identifier: Apache-2.0
package org.hookline.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The folder that the build has just assembled. */
class AssembledTest {
    private static final Path HOME = Path.of(System.getProperty("distribution.home"));

    /** In the list of bundles; the feature's own id stands on a line of its own. */
    private static final Pattern BUNDLE = Pattern.compile("\\{ \"id\": \"([^:\"]+):([^:\"]+):([^:\"]+)\"");

    @TempDir
    Path elsewhere;

    private record Result(int code, String out) {}

    private static Result run(Path folder, String... line) throws Exception {
        Process process = new ProcessBuilder(line).directory(folder.toFile()).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), out);
    }

    private static Set<String> wanted() throws IOException {
        Set<String> paths = new TreeSet<>();
        try (Stream<Path> files = Files.walk(HOME.resolve("features")).filter(Files::isRegularFile)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Matcher bundle = BUNDLE.matcher(Files.readString(file));
                while (bundle.find()) {
                    String name = bundle.group(2);
                    String version = bundle.group(3);
                    paths.add(String.join(
                            "/", bundle.group(1).replace('.', '/'), name, version, name + "-" + version + ".jar"));
                }
            }
        }
        return paths;
    }

    /** In no feature: what the project of a hook is tested with, and what a program without OSGi needs. */
    private static final Pattern KIT = Pattern.compile("org/hookline/org\\.hookline\\.(testkit|testing|library)/.*");

    @Test
    void theRepositoryHoldsWhatTheFeaturesNameAndTheKitAndNothingElse() throws Exception {
        Path repository = HOME.resolve("repository");
        Set<String> there;
        try (Stream<Path> files = Files.walk(repository)) {
            there = files.filter(file -> file.toString().endsWith(".jar"))
                    .map(file -> repository.relativize(file).toString())
                    .collect(Collectors.toCollection(TreeSet::new));
        }

        assertThat(there.stream().filter(KIT.asMatchPredicate())).hasSize(3);
        there.removeIf(KIT.asMatchPredicate());
        assertThat(there).isNotEmpty().isEqualTo(wanted());
    }

    @Test
    void ourArtifactsHavePomsThatNeedNoParent() throws Exception {
        List<Path> poms;
        try (Stream<Path> files = Files.walk(HOME.resolve("repository/org/hookline"))) {
            poms = files.filter(file -> file.toString().endsWith(".pom")).toList();
        }
        assertThat(poms).hasSizeGreaterThan(10).allSatisfy(pom -> assertThat(Files.readString(pom))
                .doesNotContain("<parent>", "<build>", "${", "<scope>test</scope>"));
    }

    @Test
    void eachJarOfOursIsAModuleOfItsOwnNameAndNoPackageIsInTwo() throws Exception {
        List<Path> jars;
        try (Stream<Path> files = Files.walk(HOME.resolve("repository/org/hookline"))) {
            jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
        Set<String> packages = new HashSet<>();
        assertThat(jars).hasSizeGreaterThan(10).allSatisfy(jar -> {
            ModuleDescriptor module = ModuleFinder.of(jar).findAll().iterator().next().descriptor();
            assertThat(module.name() + "-" + module.rawVersion().orElse("") + ".jar")
                    .isEqualTo(jar.getFileName().toString());
            assertThat(module.packages()).allMatch(packages::add);
        });
    }

    @Test
    void nothingIsLeftUnfilled() throws Exception {
        List<Path> filled = new ArrayList<>(List.of(HOME.resolve("bin/hookline")));
        try (Stream<Path> files = Files.walk(HOME.resolve("features")).filter(Files::isRegularFile)) {
            files.forEach(filled::add);
        }

        assertThat(filled).hasSizeGreaterThan(1).allSatisfy(file -> assertThat(Files.readString(file))
                .doesNotContain("${project.", ".version}", "@libtorch"));
    }

    @Test
    void theScriptRunsFromAnyFolderThroughALink() throws Exception {
        Path link = Files.createSymbolicLink(elsewhere.resolve("hook"), HOME.resolve("bin/hookline"));

        Result result = run(elsewhere, link.toString(), "version");

        assertThat(result.out()).startsWith("hookline ").contains("libtorch ").contains("JDK ");
        assertThat(result.code()).isZero();
    }

    @Test
    void noArgumentsAreHelpAndASlipIsOneLineWithExitCode2() throws Exception {
        Result help = run(elsewhere, HOME.resolve("bin/hookline").toString());
        assertThat(help.out()).contains("usage: hookline", "train", "check");
        assertThat(help.code()).isZero();

        Result slip = run(elsewhere, HOME.resolve("bin/hookline").toString(), "trian");
        assertThat(slip.out()).hasLineCount(1).contains("did you mean 'train'?");
        assertThat(slip.code()).isEqualTo(2);
    }

    @Test
    void libtorchIsInItsPlace() {
        assertThat(HOME.resolve("lib/native/cpu").resolve(System.mapLibraryName("torch_cpu"))).isRegularFile();
        assertThat(HOME.resolve("lib/native/cpu").resolve(System.mapLibraryName("djl_torch"))).isRegularFile();
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
    void openBlasIsInAFolderOfItsOwnSinceDjlLoadsAllOfLibtorchs() {
        assertThat(HOME.resolve("lib/native/openblas/libopenblas.so.0")).isRegularFile();
        assertThat(HOME.resolve("lib/native/cpu/libopenblas.so.0")).doesNotExist();
    }

    @Test
    void theCompletionKnowsTheCommandsOfTheHelp() throws Exception {
        String completion = Files.readString(HOME.resolve("bin/hookline-completion.bash"));
        String help = run(elsewhere, HOME.resolve("bin/hookline").toString(), "help").out();

        Matcher command = Pattern.compile("(?m)^  ([a-z-]+) {2,}").matcher(help);
        int count = 0;
        while (command.find()) {
            assertThat(completion).containsPattern("-W '([^']* )?" + command.group(1) + "[ ']");
            count++;
        }
        assertThat(count).isGreaterThanOrEqualTo(4);
    }
}
