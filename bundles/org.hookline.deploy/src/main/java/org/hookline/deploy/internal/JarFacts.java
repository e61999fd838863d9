// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipException;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * What a jar says of itself, and the digest of its bytes.
 *
 * @param symbolicName the bundle's symbolic name
 * @param version the bundle's version
 * @param singleton whether only one version of it may be there
 * @param sha256 of the whole file, in hexadecimal
 * @param exports the packages that it offers to others
 * @param activator whether it has an activator, which may do anything
 * @param components its DS components
 */
record JarFacts(String symbolicName, String version, boolean singleton, String sha256, Set<String> exports,
        boolean activator, List<ComponentFacts> components) {
    private static final int CLASS_FILE_MAGIC = 0xCAFEBABE;

    /**
     * A DS component.
     *
     * @param name its name
     * @param implementation its class
     * @param services what it offers
     * @param level the property {@code level} as it stands there, if it does
     */
    record ComponentFacts(String name, String implementation, List<String> services, Optional<String> level) {
        boolean isHook() {
            return services.contains("org.hookline.api.Hook");
        }
    }

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
            throw new Unusable("the file is empty: copy it again", true);
        }
        try (JarFile jar = new JarFile(file.toFile(), false)) {
            byte[] buffer = new byte[1 << 16];
            Set<String> names = new HashSet<>();
            for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
                if (!names.add(entry.getName())) {
                    throw new Unusable("it has two entries " + entry.getName() + ": build it again", false);
                }
                try (InputStream in = jar.getInputStream(entry)) {
                    while (in.read(buffer) >= 0) {
                        // Reading to the end checks the entry's checksum.
                    }
                }
            }
            return of(file, jar);
        } catch (ZipException | SecurityException | EOFException e) {
            throw new Unusable("it is not a readable jar (" + e.getMessage() + "): copy it again", true);
        }
    }

    private static JarFacts of(Path file, JarFile jar) throws Unusable, IOException {
        Manifest manifest = jar.getManifest();
        if (manifest == null) {
            throw new Unusable("it has no META-INF/MANIFEST.MF: build it with bnd-maven-plugin", false);
        }
        Attributes main = manifest.getMainAttributes();
        String name = main.getValue("Bundle-SymbolicName");
        if (name == null || name.isBlank()) {
            throw new Unusable("it is a plain jar, not an OSGi bundle (no Bundle-SymbolicName in its manifest):"
                    + " build it with bnd-maven-plugin", false);
        }
        if (main.getValue("Fragment-Host") != null) {
            throw new Unusable("it is a fragment of " + main.getValue("Fragment-Host")
                    + ": only whole bundles can be deployed", false);
        }
        String version = main.getValue("Bundle-Version");
        Set<String> exports = new HashSet<>();
        clauses(main.getValue("Export-Package")).forEach(c -> exports.addAll(paths(c)));
        List<ComponentFacts> components = new ArrayList<>();
        for (String clause : clauses(main.getValue("Service-Component"))) {
            for (String path : paths(clause)) {
                for (JarEntry entry : matching(jar, path)) {
                    try (InputStream in = jar.getInputStream(entry)) {
                        components.addAll(components(in));
                    } catch (XMLStreamException e) {
                        throw new Unusable("its " + entry.getName() + " is not readable XML (" + e.getMessage()
                                + "): build it again", false);
                    }
                }
            }
        }
        for (ComponentFacts component : components) {
            requireLoadable(jar, component.implementation());
        }
        for (String activator : clauses(main.getValue("Bundle-Activator"))) {
            requireLoadable(jar, activator);
        }
        return new JarFacts(paths(name).getFirst(), version == null ? "0.0.0" : version.strip(),
                name.replace(" ", "").contains(";singleton:=true"), digest(file), Set.copyOf(exports),
                main.getValue("Bundle-Activator") != null, List.copyOf(components));
    }

    /**
     * Looks whether a class that the framework will load is built for this Java: by then the framework has logged a
     * stack trace. Other classes of the jar are not looked at; they may never be used.
     */
    private static void requireLoadable(JarFile jar, String className) throws Unusable, IOException {
        JarEntry entry = jar.getJarEntry(className.replace('.', '/') + ".class");
        if (entry == null) {
            return;
        }
        try (DataInputStream in = new DataInputStream(jar.getInputStream(entry))) {
            boolean isClass = in.readInt() == CLASS_FILE_MAGIC;
            in.readUnsignedShort(); // the minor version
            int java = ResolveErrors.java(in.readUnsignedShort());
            if (isClass && java > Runtime.version().feature()) {
                throw new Unusable(ResolveErrors.tooNew(className, java), false);
            }
        } catch (EOFException e) {
            throw new Unusable("its class " + className + " is cut off: build it again", false);
        }
    }

    /** The clauses of a manifest header: separated by commas that are not in quotes. */
    private static List<String> clauses(String header) {
        List<String> clauses = new ArrayList<>();
        if (header == null) {
            return clauses;
        }
        StringBuilder clause = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < header.length(); i++) {
            char c = header.charAt(i);
            quoted ^= c == '"';
            if (c == ',' && !quoted) {
                clauses.add(clause.toString().strip());
                clause.setLength(0);
            } else {
                clause.append(c);
            }
        }
        clauses.add(clause.toString().strip());
        clauses.removeIf(String::isEmpty);
        return clauses;
    }

    /** What stands before the attributes and directives of a clause; there may be several. */
    private static List<String> paths(String clause) {
        List<String> paths = new ArrayList<>();
        for (String part : clause.split(";", -1)) {
            if (part.contains("=")) {
                break;
            }
            paths.add(part.strip());
        }
        return paths;
    }

    private static List<JarEntry> matching(JarFile jar, String path) {
        if (!path.contains("*")) {
            JarEntry entry = jar.getJarEntry(path);
            return entry == null ? List.of() : List.of(entry);
        }
        int slash = path.lastIndexOf('/') + 1;
        String pattern = java.util.Arrays.stream(path.substring(slash).split("\\*", -1))
                .map(java.util.regex.Pattern::quote).collect(java.util.stream.Collectors.joining(".*"));
        return jar.stream().filter(e -> e.getName().startsWith(path.substring(0, slash))
                && e.getName().substring(slash).matches(pattern)).toList();
    }

    private static List<ComponentFacts> components(InputStream xml) throws XMLStreamException {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        XMLStreamReader reader = factory.createXMLStreamReader(xml);
        List<ComponentFacts> components = new ArrayList<>();
        String name = null;
        String implementation = "";
        List<String> services = new ArrayList<>();
        String level = null;
        while (reader.hasNext()) {
            int event = reader.next();
            if (event == XMLStreamConstants.END_ELEMENT && reader.getLocalName().equals("component")) {
                components.add(new ComponentFacts(String.valueOf(name), implementation, List.copyOf(services),
                        Optional.ofNullable(level)));
            }
            if (event != XMLStreamConstants.START_ELEMENT) {
                continue;
            }
            switch (reader.getLocalName()) {
                case "component" -> {
                    name = reader.getAttributeValue(null, "name");
                    implementation = "";
                    services.clear();
                    level = null;
                }
                case "implementation" -> {
                    implementation = Objects.requireNonNullElse(reader.getAttributeValue(null, "class"), "");
                    name = name == null ? implementation : name;
                }
                case "provide" -> services.add(reader.getAttributeValue(null, "interface"));
                case "property" -> {
                    if ("level".equals(reader.getAttributeValue(null, "name"))) {
                        String value = reader.getAttributeValue(null, "value");
                        level = value == null ? reader.getElementText().strip() : value;
                    }
                }
                default -> { }
            }
        }
        return components;
    }

    /**
     * Computes a digest.
     *
     * @param file the file
     * @return its SHA-256 in hexadecimal
     * @throws IOException if it cannot be read
     */
    static String digest(Path file) throws IOException {
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

    /** {@return the names of its hooks} */
    List<String> hooks() {
        return components.stream().filter(ComponentFacts::isHook).map(ComponentFacts::name).toList();
    }
}
