// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NewHookTest {
    @TempDir
    Path temporary;

    private Path root;
    private Home home;
    private Path current;

    @BeforeEach
    void distribution() throws Exception {
        root = Files.createDirectory(temporary.resolve("R&D"));
        home = new Home(root, temporary.resolve("user"));
        current = Files.createDirectory(temporary.resolve("current"));
        Path template = Files.createDirectories(root.resolve("share/new-hook/src/main/java"));
        Files.writeString(template.resolve("__hookName__Config.java"), "package ${package}; @interface ${hookName} {}");
        Files.writeString(root.resolve("share/new-hook/pom.xml"),
                "${groupId}:${artifactId}:${version} ${project.version} ${hooklineHome}");
        Path jar = Files.createDirectory(root.resolve("repository")).resolve("shipped.jar");
        try (OutputStream out = Files.newOutputStream(jar); JarOutputStream entries = new JarOutputStream(out)) {
            entries.putNextEntry(new JarEntry("OSGI-INF/ShippedHook.xml"));
        }
    }

    private static void refused(String line, String... arguments) {
        assertThatThrownBy(() -> NewHook.parse(List.of(arguments))).isInstanceOf(LaunchError.class)
                .hasMessageContaining(line).message().hasLineCount(1);
    }

    @Test
    void theFilesAreFilledInAndSourcesGoIntoThePackage() throws Exception {
        String told = NewHook.parse(List.of("LossSpike", "--package", "com.acme.spike")).make(home, current);

        Path folder = current.resolve("loss-spike");
        assertThat(folder.resolve("pom.xml")).hasContent("com.acme.spike:loss-spike:1.0.0 ${project.version} "
                + root.toString().replace("&", "&amp;"));
        assertThat(folder.resolve("src/main/java/com/acme/spike/LossSpikeConfig.java"))
                .hasContent("package com.acme.spike; @interface LossSpike {}");
        assertThat(told).contains("cd loss-spike", "cp target/loss-spike-1.0.0.jar "
                + temporary.resolve("user/deploy"));
    }

    @ParameterizedTest
    @CsvSource({"MyHook,my-hook", "EMAIterHook,ema-iter-hook", "X,x", "Sha256Hook,sha256-hook", "MyLR,my-lr"})
    void theFolderIsTheNameInLowerCase(String name, String folder) throws Exception {
        assertThat(NewHook.parse(List.of(name)).artifact()).isEqualTo(folder);
        assertThat(NewHook.parse(List.of(name)).javaPackage()).isEqualTo("com.example."
                + name.toLowerCase(Locale.ROOT));
    }

    @Test
    void aNameThatIsNoneIsOneLineWithTheNearestThatIs() {
        refused("did you mean 'MyHook'?", "my-hook");
        refused("did you mean 'MyHook'?", "myHook");
        refused("for example MyHook", "1st");
        refused("the hook needs a name");
        refused("one name is expected, not A B", "A", "B");
        refused("unknown option '--pakage'", "A", "--pakage", "b");
    }

    @Test
    void aPackageThatIsNoneOrNotTheirsIsOneLine() {
        refused("'com.Acme' cannot be a package", "MyHook", "--package", "com.Acme");
        refused("'com.new' cannot be a package", "MyHook", "--package=com.new");
        refused("belongs to somebody else", "MyHook", "--package", "org.hookline.mine");
        refused("--package needs a package", "MyHook", "--package");
    }

    @Test
    void nothingIsOverwrittenAndNoShippedHookIsDoubled() throws Exception {
        NewHook.parse(List.of("MyHook")).make(home, current);
        assertThatThrownBy(() -> NewHook.parse(List.of("MyHook")).make(home, current))
                .hasMessageEndingWith("my-hook is there already: choose another name, or another folder");
        assertThatThrownBy(() -> NewHook.parse(List.of("ShippedHook")).make(home, current))
                .hasMessageContaining("there is a hook 'ShippedHook' in shipped.jar");
        assertThat(current.resolve("shipped-hook")).doesNotExist();
    }
}
