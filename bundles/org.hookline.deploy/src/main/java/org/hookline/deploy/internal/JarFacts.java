// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipException;

/**
 * What a jar says of itself, and the digest of its bytes.
 *
 * @param symbolicName the bundle's symbolic name
 * @param version the bundle's version
 * @param sha256 of the whole file, in hexadecimal
 * @param exportsPackages whether it offers packages to others
 * @param declaresComponents whether it has DS components or an activator
 */
record JarFacts(String symbolicName, String version, String sha256, boolean exportsPackages,
        boolean declaresComponents) {

    /** A file that is no usable bundle; the message says why in plain words. */
    static final class Unusable extends Exception {
        private static final long serialVersionUID = 1L;

        /** Whether the file may only be half written. */
        final boolean maybeIncomplete;

        Unusable(String message, boolean maybeIncomplete) {
            super(message);
            this.maybeIncomplete = maybeIncomplete;
        }
    }

    /**
     * Reads a jar whole: every entry's checksum is verified.
     *
     * @param file the jar
     * @return its facts
     * @throws Unusable if it is no jar, or no bundle
     * @throws IOException if it cannot be read at all
     */
    static JarFacts read(Path file) throws Unusable, IOException {
        if (Files.size(file) == 0) {
            throw new Unusable("the file is empty", true);
        }
        Manifest manifest;
        try (JarFile jar = new JarFile(file.toFile())) {
            manifest = jar.getManifest();
            byte[] buffer = new byte[1 << 16];
            for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
                try (InputStream in = jar.getInputStream(entry)) {
                    while (in.read(buffer) >= 0) {
                        // Reading to the end checks the entry's checksum.
                    }
                }
            }
        } catch (ZipException | SecurityException | java.io.EOFException e) {
            throw new Unusable("it is not a readable jar (" + e.getMessage() + "): copy it again", true);
        }
        if (manifest == null) {
            throw new Unusable("it has no META-INF/MANIFEST.MF: build it with bnd-maven-plugin", false);
        }
        Attributes main = manifest.getMainAttributes();
        String name = main.getValue("Bundle-SymbolicName");
        if (name == null || name.isBlank()) {
            throw new Unusable("it is a plain jar, not an OSGi bundle (no Bundle-SymbolicName in its manifest):"
                    + " build it with bnd-maven-plugin", false);
        }
        String version = main.getValue("Bundle-Version");
        return new JarFacts(name.split(";", 2)[0].strip(), version == null ? "0.0.0" : version.strip(), digest(file),
                main.getValue("Export-Package") != null,
                main.getValue("Service-Component") != null || main.getValue("Bundle-Activator") != null);
    }

    private static String digest(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sha.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
