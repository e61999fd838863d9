// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hookline.deploy.Deployments.State;
import org.hookline.runfile.HookType;
import org.hookline.runfile.Parameter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFilesTest {
    @TempDir
    Path folder;

    private final Map<String, Map<String, Object>> stored = new TreeMap<>();
    private int writes;

    private ConfigFiles files;

    @BeforeEach
    void make() {
        files = new ConfigFiles(new Memory(), new Notes(folder.resolve("rejected")));
    }

    private final class Memory implements ConfigFiles.Settings {
        @Override
        public List<HookType> types() {
            return List.of(HookType.hook("MyHook", Parameter.of("maxNorm", Parameter.Type.NUMBER, "1", "largest norm"),
                    Parameter.of("label", Parameter.Type.TEXT, "", "text")));
        }

        @Override
        public void put(String pid, String name, Map<String, Object> properties) {
            stored.put(pid + "~" + name, properties);
            writes++;
        }

        @Override
        public void delete(String pid, String name) {
            stored.remove(pid + "~" + name);
        }
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text, StandardCharsets.UTF_8);
    }

    private String reason() {
        return files.list().getFirst().state() == State.REJECTED ? files.list().getFirst().reason() : "";
    }

    @Test
    void aFileMakesAnInstanceAndChangesAndDeletesIt() throws Exception {
        Path file = file("MyHook~mine.cfg", "# größer\nlevel = low\nmax_norm = 2.5\nlabel = grün\n");
        byte[] before = Files.readAllBytes(file);
        files.changed(file);
        assertThat(stored).containsOnlyKeys("MyHook~mine");
        assertThat(stored.get("MyHook~mine")).containsEntry("level", 40).containsEntry("maxNorm", 2.5)
                .containsEntry("label", "grün");
        files.changed(file);
        assertThat(writes).isEqualTo(1);
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
        files.changed(file("MyHook~mine.cfg", "maxNorm=3\n"));
        assertThat(stored.get("MyHook~mine")).containsExactly(Map.entry("maxNorm", 3.0));
        Files.delete(file);
        files.changed(file);
        assertThat(stored).isEmpty();
        assertThat(files.list()).isEmpty();
    }

    @Test
    void aMistakeChangesNothingAndIsExplained() throws Exception {
        files.changed(file("MyHook.cfg", "max_norm = 2\n"));
        files.changed(file("MyHook.cfg", "max_nrom = 3\n"));
        assertThat(reason()).contains("MyHook has no parameter 'max_nrom'; did you mean 'max_norm'?");
        files.changed(file("MyHook.cfg", "max_norm = much\n"));
        assertThat(reason()).isEqualTo("MyHook: max_norm is 'much', expected a number");
        files.changed(file("MyHook.cfg", "level = lo\n"));
        assertThat(reason()).contains("level 'lo' cannot be read").contains("did you mean 'LOW'?");
        files.changed(file("MyHook.cfg", "on_error = explode\n"));
        assertThat(reason()).contains("expected abort, quarantine or retry N");
        assertThat(stored).containsExactly(Map.entry("MyHook~", Map.of("maxNorm", 2.0)));
    }

    @Test
    void aFileInAnotherEncodingIsNotGuessedAt() throws Exception {
        Path file = Files.write(folder.resolve("MyHook.cfg"), "label = grün\n".getBytes(StandardCharsets.ISO_8859_1));
        files.changed(file);
        assertThat(reason()).contains("not in UTF-8");
        assertThat(stored).isEmpty();
    }

    @Test
    void settingsOfAHookThatIsNotThereWaitForIt() throws Exception {
        files.changed(file("Later~x.cfg", "anything = 1\n"));
        assertThat(stored.get("Later~x")).containsEntry("anything", "1");
    }

    @Test
    void theDeployersOwnFileAndOthersAreNotSettingsOfHooks() {
        assertThat(List.of("deploy.cfg", "logback.xml", ".MyHook.cfg", "MyHook.cfg~")).noneMatch(ConfigFiles::handles);
        assertThat(ConfigFiles.handles("MyHook~a.cfg")).isTrue();
    }
}
