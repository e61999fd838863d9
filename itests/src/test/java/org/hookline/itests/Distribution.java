// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import java.nio.file.Path;

/** The assembled distribution that the build made. */
final class Distribution {
    static final Path HOME = Path.of(System.getProperty("hookline.home", "../distribution/target/hookline-0.1.0"));

    private Distribution() {}
}
