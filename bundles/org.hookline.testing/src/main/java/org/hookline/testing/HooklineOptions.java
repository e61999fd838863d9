// SPDX-License-Identifier: Apache-2.0
package org.hookline.testing;

import static org.ops4j.pax.exam.CoreOptions.bootClasspathLibrary;
import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.composite;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.junitBundles;
import static org.ops4j.pax.exam.CoreOptions.systemPackages;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;
import static org.ops4j.pax.exam.CoreOptions.vmOptions;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.hookline.testing.internal.Distribution;
import org.ops4j.pax.exam.Option;

/**
 * Options of Pax Exam for a container like the product's own: the bundles of the feature files in a forked Felix, with
 * logging and libtorch outside of bundles.
 *
 * <pre>{@code
 * @Configuration
 * public Option[] container() {
 *     return options(hooklineDistribution(), hook("target/my-hook-1.0.0.jar"));
 * }
 * }</pre>
 */
public final class HooklineOptions {
    /** System property: the folder of the distribution. Without it the environment's HOOKLINE_HOME. */
    public static final String HOME = "hookline.home";

    /** System property inside the container: the folder that {@link Hookline#deployFolder()} gives. */
    public static final String DEPLOY = "hookline.deploy";

    private HooklineOptions() {}

    /**
     * Gives the distribution that the system property {@value #HOME} or the environment's HOOKLINE_HOME names.
     *
     * @return everything of it, with hot deployment from a folder of its own, and what tests need: JUnit, AssertJ and
     *     {@link Hookline}
     * @throws IllegalStateException if there is no distribution
     */
    public static Option hooklineDistribution() {
        String home = System.getProperty(HOME, "");
        if (home.isEmpty()) {
            home = System.getenv().getOrDefault("HOOKLINE_HOME", "");
        }
        if (home.isEmpty()) {
            throw new IllegalStateException("which Hookline is to be tested with? The system property " + HOME
                    + " or the environment's HOOKLINE_HOME names the folder of a distribution");
        }
        return hooklineDistribution(Path.of(home));
    }

    /**
     * Gives a distribution.
     *
     * @param home its folder
     * @return everything of it, with hot deployment from a folder of its own, and what tests need: JUnit, AssertJ and
     *     {@link Hookline}
     * @throws IllegalStateException if there is no distribution
     */
    public static Option hooklineDistribution(Path home) {
        Distribution distribution = Distribution.at(home.toAbsolutePath().normalize());
        return composite(
                each(distribution.bundles(), f -> bundle(f.toUri().toString())),
                each(distribution.launchingProperties().entrySet(),
                        e -> frameworkProperty(e.getKey()).value(e.getValue())),
                outsideOfBundles(distribution),
                folders(distribution),
                junitBundles(),
                library(org.assertj.core.api.Assertions.class),
                // Hidden from a compiler that sees only what AssertJ declares; AssertJ needs it at run time.
                library(net.bytebuddy.ByteBuddy.class),
                library(HooklineOptions.class),
                vmOptions("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                        "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx1g"));
    }

    /**
     * Installs the bundle with the hook that is tested.
     *
     * @param jar the file, from the project's folder
     * @return the option
     * @throws IllegalStateException if there is no such file
     */
    public static Option hook(String jar) {
        Path file = Path.of(jar).toAbsolutePath();
        if (!Files.isRegularFile(file)) {
            throw new IllegalStateException("there is no " + file
                    + ": the jar is built before it is tested, by mvn verify");
        }
        return bundle(file.toUri().toString());
    }

    private static <T> Option each(Iterable<T> things, Function<T, Option> option) {
        List<Option> options = new ArrayList<>();
        things.forEach(t -> options.add(option.apply(t)));
        return composite(options.toArray(Option[]::new));
    }

    /** A library of the tests' own class path, which is a bundle. */
    private static Option library(Class<?> type) {
        try {
            Path file = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
            if (!Files.isRegularFile(file)) {
                throw new IllegalStateException(file + " is not a jar, so it cannot be put into a container");
            }
            return bundle(file.toUri().toString());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Option outsideOfBundles(Distribution distribution) {
        return composite(
                each(distribution.bootLibraries(), f -> bootClasspathLibrary(f.toUri().toString())),
                each(distribution.systemPackages(), p -> systemPackages(p)),
                each(distribution.nativeProperties().entrySet(), e -> systemProperty(e.getKey()).value(e.getValue())));
    }

    /** Each container has folders of its own: two of them must not see each other's jars. */
    private static Option folders(Distribution distribution) {
        try {
            Path target = Path.of("target").toAbsolutePath();
            Path work = Files.isDirectory(target)
                    ? Files.createTempDirectory(target, "hookline-") : Files.createTempDirectory("hookline-");
            Path deploy = Files.createDirectory(work.resolve("deploy"));
            Path conf = Files.createDirectory(work.resolve("conf"));
            return composite(each(
                    Map.of(HOME, distribution.home().toString(), DEPLOY, deploy.toString(),
                            "hookline.data", work.resolve("data").toString(),
                            "hookline.conf", conf.toString(),
                            "hookline.testing.output", work.resolve("output").toString()).entrySet(),
                    e -> systemProperty(e.getKey()).value(e.getValue())),
                    frameworkProperty("felix.fileinstall.dir").value(deploy + "," + conf));
        } catch (IOException e) {
            throw new UncheckedIOException("no folder for the container: " + e.getMessage(), e);
        }
    }
}
