// SPDX-License-Identifier: Apache-2.0
package org.hookline.testing;

import aQute.bnd.osgi.Builder;
import aQute.bnd.osgi.Jar;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Builds a bundle as bnd-maven-plugin would, from classes of the tests: for tests that deploy, replace and take away
 * jars while a run goes on. To be used where the tests are started, in the method with {@code @Configuration}.
 */
public final class HookJar {
    private HookJar() {}

    /**
     * Builds a bundle.
     *
     * @param file where to; written beside it and renamed, so that it is there whole or not at all
     * @param symbolicName of the bundle
     * @param version of the bundle
     * @param imports the Import-Package header, or * for what bnd finds
     * @param classes what is inside; they lie in folders, not in a jar
     * @throws Exception if bnd or the disk refuses
     */
    public static void build(Path file, String symbolicName, String version, String imports, Class<?>... classes)
            throws Exception {
        try (Builder builder = new Builder()) {
            StringBuilder include = new StringBuilder();
            for (Class<?> c : classes) {
                Path root = Path.of(c.getProtectionDomain().getCodeSource().getLocation().toURI());
                String path = c.getName().replace('.', '/') + ".class";
                include.append(include.isEmpty() ? "" : ",").append(path).append('=').append(root.resolve(path));
            }
            for (String element : System.getProperty("java.class.path").split(File.pathSeparator, 0)) {
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
