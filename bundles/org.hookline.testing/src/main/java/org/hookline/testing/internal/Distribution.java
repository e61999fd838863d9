// SPDX-License-Identifier: Apache-2.0
package org.hookline.testing.internal;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * An assembled distribution on the disk. What it tells of itself (feature files, the launcher's jar) is all that is
 * known of it here, so that nothing is said twice.
 *
 * @param home its folder
 * @param features the feature files, read
 * @param build the launcher's own properties
 */
public record Distribution(Path home, List<JsonObject> features, Properties build) {
    private static final String BUILD = "org/hookline/launch/internal/build.properties";

    /** What the launcher's class path gives to bundles: the beginnings of the names of its jars. */
    private static final List<String> BOOT = List.of("slf4j-api-", "logback-classic-", "logback-core-",
            "hookline-launcher-", "org.osgi.service.log-");

    /**
     * Reads a distribution.
     *
     * @param home its folder
     * @return the distribution
     * @throws IllegalStateException if there is none
     */
    public static Distribution at(Path home) {
        if (!Files.isDirectory(home.resolve("features"))) {
            throw new IllegalStateException(home + " is no Hookline distribution: it has no folder features");
        }
        List<JsonObject> features = files(home.resolve("features"), ".json").stream().map(Distribution::json).toList();
        Path launcher = library(home, "hookline-launcher-");
        Properties build = new Properties();
        try (JarFile jar = new JarFile(launcher.toFile())) {
            ZipEntry entry = jar.getEntry(BUILD);
            if (entry == null) {
                throw new IllegalStateException(launcher + " has no " + BUILD);
            }
            try (InputStream in = jar.getInputStream(entry)) {
                build.load(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Distribution(home, features, build);
    }

    private static JsonObject json(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> files(Path folder, String suffix) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(suffix)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path library(Path home, String prefix) {
        return files(home.resolve("lib"), ".jar").stream()
                .filter(f -> f.getFileName().toString().startsWith(prefix)).findFirst()
                .orElseThrow(() -> new IllegalStateException(home.resolve("lib") + " has no " + prefix + "*.jar"));
    }

    /** {@return the bundles that the feature files name, each once} */
    public List<Path> bundles() {
        Set<Path> all = new LinkedHashSet<>();
        for (JsonObject feature : features) {
            if (feature.has("bundles")) {
                feature.getAsJsonArray("bundles").forEach(b -> all.add(artifact(id(b))));
            }
        }
        return List.copyOf(all);
    }

    private static String id(JsonElement bundle) {
        return bundle.isJsonObject() ? bundle.getAsJsonObject().get("id").getAsString() : bundle.getAsString();
    }

    private Path artifact(String id) {
        String[] parts = id.split(":", -1);
        return home.resolve("repository").resolve(parts[0].replace('.', '/')).resolve(parts[1]).resolve(parts[2])
                .resolve(parts[1] + "-" + parts[2] + ".jar");
    }

    /** {@return the framework's properties that the feature files ask for} */
    public Map<String, String> launchingProperties() {
        Map<String, String> properties = new LinkedHashMap<>();
        for (JsonObject feature : features) {
            JsonObject extensions = feature.getAsJsonObject("extensions");
            if (extensions != null && extensions.has("framework-launching-properties")) {
                extensions.getAsJsonObject("framework-launching-properties").getAsJsonObject("json").entrySet()
                        .forEach(e -> properties.put(e.getKey(), e.getValue().getAsString()));
            }
        }
        return properties;
    }

    /** {@return the jars that bundles see through the framework} */
    public List<Path> bootLibraries() {
        return BOOT.stream().map(prefix -> library(home, prefix)).toList();
    }

    /** {@return the packages that the launcher's class path exports, as in a manifest, without those of other jars} */
    public List<String> systemPackages() {
        List<String> packages = new ArrayList<>();
        for (String entry : build.getProperty("system.packages").split(",(?=[a-z])", -1)) {
            // The container of Pax Exam brings Configuration Admin's API in its bundle.
            if (!entry.startsWith("org.osgi.service.cm")) {
                packages.add(entry.strip().replace("\"", ""));
            }
        }
        return packages;
    }

    /** {@return where libtorch lies, as system properties for DJL and JNA} */
    public Map<String, String> nativeProperties() {
        String flavor = System.getenv().getOrDefault("PYTORCH_FLAVOR", "cpu");
        String folder = System.getenv().getOrDefault("PYTORCH_LIBRARY_PATH",
                home.resolve("lib/native").resolve(flavor).toString());
        return Map.of("PYTORCH_LIBRARY_PATH", folder, "PYTORCH_FLAVOR", flavor,
                "PYTORCH_VERSION", System.getenv().getOrDefault("PYTORCH_VERSION", build.getProperty("libtorch")),
                "jna.boot.library.path", home.resolve("lib/native/cpu").toString(), "ai.djl.offline", "true",
                "OPT_OUT_TRACKING", "true");
    }
}
