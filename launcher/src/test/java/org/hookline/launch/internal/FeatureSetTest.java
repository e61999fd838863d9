// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureSetTest {
    @TempDir
    Path folder;

    private void feature(String name, String content) throws Exception {
        Files.writeString(folder.resolve(name + ".json"), """
                { "feature-resource-version": "1.0", "id": "org.example:%s:1.0.0", %s }""".formatted(name, content));
    }

    @Test
    void bundlesComeByStartLevelThenInTheOrderOfTheFiles() throws Exception {
        feature("b", """
                "bundles": [ { "id": "g.h:late:1.0", "bundleStartLevel": 20 }, { "id": "g.h:plain:1.0" } ]""");
        feature("a", """
                "bundles": [ { "id": "g.h:early:1.0.1", "bundleStartLevel": 1 }, { "id": "g:second:2" } ]""");

        FeatureSet set = FeatureSet.read(folder, Optional.empty());

        assertThat(set.bundles().stream().map(FeatureSet.Artifact::id))
                .containsExactly("g.h:early:1.0.1", "g:second:2", "g.h:plain:1.0", "g.h:late:1.0");
        assertThat(set.bundles().getFirst().path()).isEqualTo(Path.of("g/h/early/1.0.1/early-1.0.1.jar"));
        assertThat(set.topLevel()).isEqualTo(20);
    }

    @Test
    void oneBundleInTwoFeaturesIsInstalledOnce() throws Exception {
        feature("a", """
                "bundles": [ { "id": "g:x:1.0" } ]""");
        feature("b", """
                "bundles": [ { "id": "g:x:1.0" } ]""");

        assertThat(FeatureSet.read(folder, Optional.empty()).bundles()).hasSize(1);
    }

    @Test
    void twoVersionsOfOneBundleAreRefusedWithBothFiles() throws Exception {
        feature("a", """
                "bundles": [ { "id": "g:x:1.0" } ]""");
        feature("b", """
                "bundles": [ { "id": "g:x:1.1" } ]""");

        assertThatThrownBy(() -> FeatureSet.read(folder, Optional.empty()))
                .isInstanceOf(LaunchError.class)
                .hasMessageContaining("g:x:1.0 in a.json")
                .hasMessageContaining("g:x:1.1 in b.json");
    }

    @Test
    void configurationsKeepTheirTypesAndFactoriesTheirNames() throws Exception {
        feature("a", """
                "configurations": {
                  "org.example.Plain": { "rate:Double": 0.5, "on": true },
                  "org.example.Hook~best": { "level:Integer": 10 } }""");

        assertThat(FeatureSet.read(folder, Optional.empty()).configurations())
                .containsExactlyInAnyOrder(
                        new FeatureSet.Configuration("", "org.example.Plain", Map.of("rate", 0.5, "on", true)),
                        new FeatureSet.Configuration("org.example.Hook", "best", Map.of("level", 10)));
    }

    @Test
    void frameworkPropertiesAreTextsWhateverTheFileSays() throws Exception {
        feature("a", """
                "extensions": { "framework-launching-properties": { "kind": "optional", "type": "json",
                  "json": { "felix.fileinstall.poll": 200, "on": true, "filter": ".*\\\\.jar" } } }""");

        assertThat(FeatureSet.read(folder, Optional.empty()).properties())
                .isEqualTo(Map.of("felix.fileinstall.poll", "200", "on", "true", "filter", ".*\\.jar"));
    }

    @Test
    void aFileThatIsNoFeatureIsNamed() throws Exception {
        feature("good", """
                "bundles": []""");
        Files.writeString(folder.resolve("bad.json"), "{ \"bundles\": [");

        assertThatThrownBy(() -> FeatureSet.read(folder, Optional.empty()))
                .isInstanceOf(LaunchError.class)
                .hasMessageContaining("bad.json");
    }

    @Test
    void aStartLevelThatIsNoneIsNamedWithItsBundle() throws Exception {
        feature("a", """
                "bundles": [ { "id": "g:x:1.0", "bundleStartLevel": "soon" } ]""");

        assertThatThrownBy(() -> FeatureSet.read(folder, Optional.empty()))
                .isInstanceOf(LaunchError.class)
                .hasMessageContaining("g:x:1.0")
                .hasMessageContaining("soon");
    }
}
