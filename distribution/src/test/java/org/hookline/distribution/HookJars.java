// SPDX-License-Identifier: Apache-2.0
package org.hookline.distribution;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** What the bundles of hooks in the assembled distribution say of themselves. */
final class HookJars {
    /** The distribution. */
    static final Path HOME = Path.of(System.getProperty("distribution.home"));

    private HookJars() {}

    /** {@return the descriptions of their components (Declarative Services), as XML} */
    static List<String> components() throws IOException {
        return texts("OSGI-INF/[^/]*\\.xml");
    }

    /** {@return the descriptions of their parameters (Metatype), as XML} */
    static List<String> parameters() throws IOException {
        return texts("OSGI-INF/metatype/.*\\.xml");
    }

    private static List<String> texts(String entries) throws IOException {
        List<String> texts = new ArrayList<>();
        try (Stream<Path> files = Files.walk(HOME.resolve("repository"))) {
            for (Path jar : files.filter(f -> f.getFileName().toString().matches("org\\.hookline\\.hook\\..*\\.jar"))
                    .toList()) {
                try (ZipFile zip = new ZipFile(jar.toFile())) {
                    for (ZipEntry entry : zip.stream().filter(e -> e.getName().matches(entries)).toList()) {
                        try (InputStream in = zip.getInputStream(entry)) {
                            texts.add(new String(in.readAllBytes(), StandardCharsets.UTF_8));
                        }
                    }
                }
            }
        }
        return texts;
    }
}
