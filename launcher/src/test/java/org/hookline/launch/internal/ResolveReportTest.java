// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.framework.Bundle;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.framework.wiring.FrameworkWiring;

class ResolveReportTest {
    @TempDir
    Path folder;

    private Framework framework;

    @BeforeEach
    void start() throws Exception {
        framework = ServiceLoader.load(FrameworkFactory.class)
                .findFirst()
                .orElseThrow()
                .newFramework(Map.of("org.osgi.framework.storage", folder.resolve("cache").toString()));
        framework.init();
    }

    @AfterEach
    void stop() throws Exception {
        framework.stop();
        framework.waitForStop(TimeUnit.SECONDS.toMillis(10));
    }

    private void install(String name, Map<String, String> headers) throws Exception {
        Path jar = TestBundle.write(folder.resolve(name + ".jar"), name, headers);
        framework.getBundleContext().installBundle(jar.toUri().toString());
    }

    private List<String> report() {
        List<Bundle> bundles = new ArrayList<>(List.of(framework.getBundleContext().getBundles()));
        framework.adapt(FrameworkWiring.class).resolveBundles(bundles);
        return ResolveReport.of(framework.getBundleContext().getBundles());
    }

    @Test
    void whatResolvesIsNotReported() throws Exception {
        install("a", Map.of("Export-Package", "p;version=1.2"));
        install("b", Map.of("Import-Package", "p;version=\"[1.0,2)\",q;resolution:=optional"));

        assertThat(report()).isEmpty();
    }

    @Test
    void aPackageThatNobodyExports() throws Exception {
        install("b", Map.of("Import-Package", "does.not.exist;version=\"[1.0,2)\""));

        assertThat(report())
                .containsExactly("bundle b 1.0.0 needs package does.not.exist [1.0,2): nobody exports it");
    }

    @Test
    void aPackageThatIsThereInAnotherVersionOnly() throws Exception {
        install("a", Map.of("Export-Package", "p;version=2.1"));
        install("b", Map.of("Import-Package", "p;version=\"[1.0,2)\""));

        assertThat(report()).containsExactly("bundle b 1.0.0 needs package p [1.0,2): there is only 2.1.0 of a 1.0.0");
    }

    @Test
    void whatOnlyFollowsFromAnotherIsLeftOut() throws Exception {
        install("a", Map.of("Export-Package", "p", "Import-Package", "missing"));
        install("b", Map.of("Import-Package", "p"));

        assertThat(report()).containsExactly("bundle a 1.0.0 needs package missing: nobody exports it");
    }

    @Test
    void bundlesCapabilitiesAndTheJdk() throws Exception {
        install("a", Map.of("Require-Bundle", "other;bundle-version=\"[3,4)\""));
        install("b", Map.of("Require-Capability", "osgi.extender;filter:=\"(osgi.extender=osgi.component)\""));
        install("c", Map.of("Require-Capability", "osgi.ee;filter:=\"(&(osgi.ee=JavaSE)(version=99))\""));

        assertThat(report())
                .containsExactlyInAnyOrder(
                        "bundle a 1.0.0 needs bundle other [3.0,4): it is not installed",
                        "bundle b 1.0.0 needs capability osgi.extender osgi.component: nobody provides it",
                        "bundle c 1.0.0 needs execution environment JavaSE 99: this is Java "
                                + Runtime.version().feature());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock = """
            (&(osgi.wiring.package=a.b)(version>=1.0.0)(!(version>=2.0.0))) | package a.b [1.0,2)
            (&(osgi.wiring.package=a.b)(version>=1.0.0))                    | package a.b 1.0 or newer
            (&(osgi.wiring.package=a.b)(!(version<=1.0.0))(version<=2.1.3)) | package a.b (1.0,2.1.3]
            (osgi.wiring.package=a.b)                                       | package a.b
            """)
    void filtersBecomeRanges(String filter, String words) {
        assertThat(ResolveReport.describe("osgi.wiring.package", filter)).isEqualTo(words);
    }
}
