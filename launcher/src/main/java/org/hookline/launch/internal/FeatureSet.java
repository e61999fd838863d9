// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.felix.feature.impl.FeatureServiceImpl;
import org.osgi.service.feature.Feature;
import org.osgi.service.feature.FeatureBundle;
import org.osgi.service.feature.FeatureConfiguration;
import org.osgi.service.feature.FeatureExtension;
import org.osgi.service.feature.FeatureService;
import org.osgi.service.feature.ID;

/**
 * What a set of feature files (OSGi compendium 159) says: which bundles at which start levels, which configurations,
 * which framework properties. The names of the metadata and of the extension are those of the Feature Launcher
 * specification (160).
 *
 * @param bundles each artifact once, by start level, then in the order of the files
 * @param configurations each PID once
 * @param properties of the framework
 */
record FeatureSet(List<Artifact> bundles, List<Configuration> configurations, Map<String, String> properties) {
    private static final String START_LEVEL = "bundleStartLevel";
    private static final String PROPERTIES = "framework-launching-properties";

    /** Without one in the metadata. */
    private static final int DEFAULT_LEVEL = 10;

    /**
     * A bundle in the repository.
     *
     * @param id Maven coordinates, {@code group:artifact:version}
     * @param path below the repository, in Maven's layout
     * @param startLevel from 1
     * @param feature the file that names it first
     */
    record Artifact(String id, Path path, int startLevel, Path feature) {}

    /**
     * A configuration for Config Admin.
     *
     * @param factoryPid of a factory configuration, or empty
     * @param name the PID, or the name of a factory configuration
     * @param values typed as the file says
     */
    record Configuration(String factoryPid, String name, Map<String, Object> values) {
        @SuppressWarnings("JdkObsolete") // Config Admin's API is older than Map
        Dictionary<String, Object> dictionary() {
            return new Hashtable<>(values);
        }
    }

    /** Reads all {@code *.json} of a folder, in the order of their names, and one of its folder {@code optional}. */
    static FeatureSet read(Path folder, Optional<String> optional) throws LaunchError {
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(file -> file.getFileName().toString().endsWith(".json"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new LaunchError(LaunchError.FAILURE, "cannot read the feature files in " + folder, e);
        }
        if (files.isEmpty()) {
            throw new LaunchError(LaunchError.MISTAKE, "there are no feature files in " + folder);
        }
        if (optional.isPresent()) {
            files = new ArrayList<>(files);
            files.add(folder.resolve("optional").resolve(optional.get()));
        }
        return read(files);
    }

    static FeatureSet read(List<Path> files) throws LaunchError {
        FeatureService reader = new FeatureServiceImpl();
        Map<String, Artifact> artifacts = new LinkedHashMap<>();
        Map<String, Configuration> configurations = new LinkedHashMap<>();
        Map<String, String> properties = new LinkedHashMap<>();
        for (Path file : files) {
            Feature feature;
            // The whole text at once: the parser reads a character at a time.
            try (Reader text = new StringReader(Files.readString(file))) {
                feature = reader.readFeature(text);
                for (FeatureBundle bundle : feature.getBundles()) {
                    add(artifacts, artifact(bundle, file));
                }
                feature.getConfigurations().forEach((pid, configuration) ->
                        configurations.put(pid, configuration(configuration)));
                FeatureExtension extension = feature.getExtensions().get(PROPERTIES);
                if (extension != null) {
                    properties.putAll(properties(extension.getJSON()));
                }
            } catch (IOException | JsonException | IllegalArgumentException | IllegalStateException e) {
                throw new LaunchError(
                        LaunchError.FAILURE, "cannot read the feature file " + file + ": " + e.getMessage(), e);
            }
        }
        List<Artifact> sorted = new ArrayList<>(artifacts.values());
        sorted.sort((a, b) -> Integer.compare(a.startLevel(), b.startLevel()));
        return new FeatureSet(List.copyOf(sorted), List.copyOf(configurations.values()), Map.copyOf(properties));
    }

    /** The highest start level of a bundle. */
    int topLevel() {
        return bundles.stream().mapToInt(Artifact::startLevel).max().orElse(1);
    }

    private static void add(Map<String, Artifact> artifacts, Artifact artifact) throws LaunchError {
        String versionless = artifact.id().substring(0, artifact.id().lastIndexOf(':'));
        Artifact known = artifacts.putIfAbsent(versionless, artifact);
        if (known != null && !known.id().equals(artifact.id())) {
            throw new LaunchError(
                    LaunchError.FAILURE,
                    "two feature files want different versions: " + known.id() + " in "
                            + known.feature().getFileName() + ", " + artifact.id() + " in "
                            + artifact.feature().getFileName());
        }
    }

    private static Artifact artifact(FeatureBundle bundle, Path file) {
        ID id = bundle.getID();
        String classifier = id.getClassifier().map(c -> "-" + c).orElse("");
        String name = id.getArtifactId() + "-" + id.getVersion() + classifier + "." + id.getType().orElse("jar");
        Path path = Path.of(id.getGroupId().replace('.', '/'), id.getArtifactId(), id.getVersion(), name);
        return new Artifact(id.toString(), path, level(bundle.getMetadata().get(START_LEVEL), id), file);
    }

    private static int level(Object value, ID id) {
        if (value == null) {
            return DEFAULT_LEVEL;
        }
        try {
            int level = Integer.parseInt(value.toString());
            if (level >= 1) {
                return level;
            }
        } catch (NumberFormatException e) {
            // Said below, for both cases.
        }
        throw new IllegalArgumentException(
                START_LEVEL + " of " + id + " is " + value + ", expected a whole number from 1");
    }

    private static Configuration configuration(FeatureConfiguration configuration) {
        String pid = configuration.getPid();
        String factory = configuration.getFactoryPid().orElse("");
        String name = !factory.isEmpty() && pid.startsWith(factory + "~")
                ? pid.substring(factory.length() + 1)
                : pid;
        return new Configuration(factory, name, Map.copyOf(configuration.getValues()));
    }

    private static Map<String, String> properties(String json) {
        Map<String, String> properties = new LinkedHashMap<>();
        try (JsonReader reader = Json.createReader(new StringReader(json))) {
            JsonObject object = reader.readObject();
            object.forEach((key, value) -> properties.put(key, text(value)));
        }
        return properties;
    }

    private static String text(JsonValue value) {
        return switch (value) {
            case JsonString string -> string.getString();
            case JsonNumber number -> number.toString();
            case JsonValue other -> other.toString();
        };
    }
}
