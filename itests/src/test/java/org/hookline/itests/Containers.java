// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import static org.ops4j.pax.exam.CoreOptions.bootClasspathLibrary;
import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.composite;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.junitBundles;
import static org.ops4j.pax.exam.CoreOptions.systemPackages;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;
import static org.ops4j.pax.exam.CoreOptions.vmOptions;

import java.nio.file.Path;
import org.ops4j.pax.exam.Option;

/** A container like the product's own: the feature files' bundles, logging and libtorch outside of bundles. */
final class Containers {
    private Containers() {}

    /** {@return the whole distribution's bundles in a forked Felix} */
    static Option distribution() {
        return composite(
                composite(Distribution.allBundles().stream().map(Containers::installed).toArray(Option[]::new)),
                junitBundles(),
                testLibrary(org.assertj.core.api.Assertions.class),
                testLibrary(net.bytebuddy.ByteBuddy.class),
                platform());
    }

    /** A library of the tests' own class path, which is a bundle. */
    private static Option testLibrary(Class<?> type) {
        return bundle(type.getProtectionDomain().getCodeSource().getLocation().toString());
    }

    private static Option installed(Path file) {
        return bundle(file.toUri().toString());
    }

    private static Option platform() {
        Path natives = Path.of(System.getProperty("hookline.natives"));
        return composite(
                bootClasspathLibrary(Distribution.library("slf4j-api").toUri().toString()),
                bootClasspathLibrary(Distribution.library("logback-classic").toUri().toString()),
                bootClasspathLibrary(Distribution.library("logback-core").toUri().toString()),
                bootClasspathLibrary(Distribution.library("hookline-launcher").toUri().toString()),
                bootClasspathLibrary(Distribution.library("org.osgi.service.log").toUri().toString()),
                // Pax Exam's own bundles import slf4j 1.x.
                systemPackages("org.slf4j;version=2.0.17", "org.slf4j;version=1.7.36", "org.slf4j.event;version=2.0.17",
                        "org.slf4j.spi;version=2.0.17", "org.slf4j.helpers;version=2.0.17",
                        "org.osgi.service.log;version=1.5.0", "org.hookline.launch;version=1.0.0"),
                systemProperty("PYTORCH_LIBRARY_PATH").value(natives.toString()),
                systemProperty("PYTORCH_FLAVOR").value("cpu"),
                systemProperty("PYTORCH_VERSION").value(System.getProperty("hookline.libtorch")),
                systemProperty("jna.boot.library.path").value(natives.toString()),
                systemProperty("ai.djl.offline").value("true"),
                systemProperty("OPT_OUT_TRACKING").value("true"),
                systemProperty("hookline.home").value(Distribution.HOME.toString()),
                frameworkProperty("org.osgi.framework.bsnversion").value("multiple"),
                vmOptions("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                        "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx1g"));
    }
}
