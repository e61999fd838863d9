// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import aQute.bnd.osgi.Builder;
import aQute.bnd.osgi.Jar;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Builds a bundle as bnd-maven-plugin would, from classes of these tests. */
final class HookJar {
    private HookJar() {}

    /**
     * Builds a bundle.
     *
     * @param file where to; renamed into place
     * @param symbolicName of the bundle
     * @param version of the bundle
     * @param imports the Import-Package header, or * for what bnd finds
     * @param classes what is inside
     */
    static void build(Path file, String symbolicName, String version, String imports, Class<?>... classes)
            throws Exception {
        try (Builder builder = new Builder()) {
            File root = Path.of(HookJar.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toFile();
            StringBuilder include = new StringBuilder();
            for (Class<?> c : classes) {
                String path = c.getName().replace('.', '/') + ".class";
                include.append(include.isEmpty() ? "" : ",").append(path).append('=')
                        .append(root.toPath().resolve(path));
            }
            for (String element : System.getProperty("java.class.path").split(File.pathSeparator)) {
                if (new File(element).exists()) {
                    builder.addClasspath(new File(element));
                }
            }
            builder.setProperty("Bundle-SymbolicName", symbolicName);
            builder.setProperty("Bundle-Version", version);
            builder.setProperty("-includeresource", include.toString());
            builder.setProperty("Import-Package", imports);
            builder.setProperty("-noextraheaders", "true");
            Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
            try (Jar jar = builder.build()) {
                if (!builder.getErrors().isEmpty()) {
                    throw new IllegalStateException(builder.getErrors().toString());
                }
                jar.write(temporary.toFile());
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
