// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import javax.lang.model.SourceVersion;

/**
 * {@code hookline new-hook}: makes the project of a new hook in the current folder, from the files of the Maven
 * archetype, which lie in share/new-hook. Needs neither a network nor Maven.
 *
 * @param name of the hook in run files, and of its class
 * @param javaPackage of the class, also the bundle's symbolic name
 */
record NewHook(String name, String javaPackage) {
    private static final String VERSION = "1.0.0";
    private static final Pattern NAME = Pattern.compile("[A-Z][A-Za-z0-9]{0,63}");
    private static final Pattern PACKAGE = Pattern.compile("[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*");
    private static final String USAGE = "usage: hookline new-hook NAME [--package PACKAGE]";

    /** Reads what stands behind the command, and checks it. */
    static NewHook parse(List<String> arguments) throws LaunchError {
        List<String> words = new ArrayList<>();
        Optional<String> given = Optional.empty();
        for (int i = 0; i < arguments.size(); i++) {
            String word = arguments.get(i);
            if (word.equals("--package") && i + 1 < arguments.size()) {
                given = Optional.of(arguments.get(++i));
            } else if (word.startsWith("--package=")) {
                given = Optional.of(word.substring("--package=".length()));
            } else if (word.startsWith("-")) {
                throw mistake(word.equals("--package") ? "--package needs a package, for example com.example.myhook"
                        : "unknown option '" + word + "'; " + USAGE);
            } else {
                words.add(word);
            }
        }
        if (words.size() != 1) {
            throw mistake(words.isEmpty() ? "the hook needs a name, for example MyHook; " + USAGE
                    : "one name is expected, not " + String.join(" ", words) + "; " + USAGE);
        }
        String name = words.getFirst();
        if (!NAME.matcher(name).matches()) {
            throw mistake("'" + name
                    + "' cannot be the name of a hook: expected the name of a Java class in letters and "
                    + "digits" + camelCase(name).map(n -> "; did you mean '" + n + "'?")
                    .orElse(", for example MyHook"));
        }
        String javaPackage = given.orElse("com.example." + name.toLowerCase(Locale.ROOT));
        if (!PACKAGE.matcher(javaPackage).matches() || !SourceVersion.isName(javaPackage, SourceVersion.latest())) {
            throw mistake("'" + javaPackage + "' cannot be a package: expected Java names in lower case with dots "
                    + "between them, for example com.example." + name.toLowerCase(Locale.ROOT));
        }
        if (Stream.of("java", "javax", "org.hookline", "ai.djl", "org.osgi")
                .anyMatch(p -> javaPackage.equals(p) || javaPackage.startsWith(p + "."))) {
            throw mistake("the package '" + javaPackage + "' belongs to somebody else: expected one of your own, for "
                    + "example com.example." + name.toLowerCase(Locale.ROOT));
        }
        return new NewHook(name, javaPackage);
    }

    private static LaunchError mistake(String line) {
        return new LaunchError(LaunchError.MISTAKE, line);
    }

    /** What a name in another style would be as a class. */
    private static Optional<String> camelCase(String name) {
        StringBuilder camel = new StringBuilder();
        for (String part : name.split("[^A-Za-z0-9]+", -1)) {
            if (!part.isEmpty()) {
                camel.append(Character.toUpperCase(part.charAt(0))).append(part.substring(1));
            }
        }
        return NAME.matcher(camel).matches() ? Optional.of(camel.toString()) : Optional.empty();
    }

    /** The folder and the artifact: {@code EMAIterHook} gives {@code ema-iter-hook}. */
    String artifact() {
        return name.replaceAll("([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", "$1$3-$2$4").toLowerCase(Locale.ROOT);
    }

    /**
     * Makes the project.
     *
     * @param home of the distribution
     * @param current the folder in which its folder is made
     * @return what to tell the user
     */
    String make(Home home, Path current) throws LaunchError {
        Path folder = current.resolve(artifact());
        if (Files.exists(folder)) {
            throw mistake(folder + " is there already: choose another name, or another folder");
        }
        Path template = home.root().resolve("share").resolve("new-hook");
        try {
            Optional<Path> owner = shippedBy(home.repository());
            if (owner.isPresent()) {
                throw mistake("there is a hook '" + name + "' in " + owner.get().getFileName()
                        + ": run files could not tell the two apart, choose another name");
            }
            for (Map.Entry<Path, String> file : files(template, home.root()).entrySet()) {
                Path to = folder.resolve(file.getKey());
                Files.createDirectories(to.getParent());
                Files.writeString(to, file.getValue());
            }
        } catch (IOException e) {
            throw new LaunchError(LaunchError.MISTAKE, "cannot make " + folder + ": " + e, e);
        }
        String jar = "target/" + artifact() + "-" + VERSION + ".jar";
        return "made " + artifact() + ": " + name + " in the package " + javaPackage + "\n\n"
                + "  cd " + artifact() + "\n"
                + "  mvn package    builds " + jar + " and runs the unit tests\n"
                + "  mvn verify     trains a model with it too, in a container\n"
                + "  cp " + jar + " " + home.deploy() + "/\n\n"
                + "The last one also while 'hookline train' runs. " + artifact() + "/README.md says more.\n";
    }

    /** The files of the project, filled in, by their place in it. */
    private SortedMap<Path, String> files(Path template, Path home) throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("${groupId}", javaPackage);
        values.put("${artifactId}", artifact());
        values.put("${version}", VERSION);
        values.put("${package}", javaPackage);
        values.put("${hookName}", name);
        Path inPackage = Path.of(javaPackage.replace('.', '/'));
        SortedMap<Path, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(template)) {
            for (Path file : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
                String text = Files.readString(file);
                for (Map.Entry<String, String> value : values.entrySet()) {
                    text = text.replace(value.getKey(), value.getValue());
                }
                boolean xml = file.toString().endsWith(".xml");
                text = text.replace("${hooklineHome}", xml ? escaped(home.toString()) : home.toString());
                // As the archetype says: sources go into the package.
                String given = file.getFileName().toString().replace("__hookName__", name);
                Path place = template.relativize(file).resolveSibling(given);
                files.put(given.endsWith(".java") ? place.resolveSibling(inPackage).resolve(given) : place, text);
            }
        }
        return files;
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }

    /** The jar of the distribution that has a component of this name. */
    private Optional<Path> shippedBy(Path repository) throws IOException {
        try (Stream<Path> all = Files.walk(repository)) {
            for (Path jar : (Iterable<Path>) all.filter(f -> f.toString().endsWith(".jar"))::iterator) {
                try (JarFile file = new JarFile(jar.toFile(), false)) {
                    ZipEntry component = file.getEntry("OSGI-INF/" + name + ".xml");
                    if (component != null) {
                        return Optional.of(jar);
                    }
                }
            }
        }
        return Optional.empty();
    }
}
