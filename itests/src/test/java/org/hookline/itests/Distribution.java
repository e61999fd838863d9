// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Stream;

/** The assembled distribution that the build made. */
final class Distribution {
    static final Path HOME = Path.of(System.getProperty("hookline.dist", "../distribution/target/hookline-0.1.0"));

    private Distribution() {}

    /** {@return the feature files} */
    static List<Path> features() {
        try (Stream<Path> files = Files.list(HOME.resolve("features"))) {
            return files.filter(f -> f.toString().endsWith(".json")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the bundle files that a feature names, in its order} */
    static List<Path> bundles(Path feature) {
        try {
            JsonObject json = JsonParser.parseString(Files.readString(feature)).getAsJsonObject();
            JsonArray bundles = json.has("bundles") ? json.getAsJsonArray("bundles") : new JsonArray();
            List<Path> files = new ArrayList<>();
            for (JsonElement bundle : bundles) {
                files.add(artifact(bundle.isJsonObject()
                        ? bundle.getAsJsonObject().get("id").getAsString() : bundle.getAsString()));
            }
            return files;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path artifact(String id) {
        String[] parts = id.split(":");
        return HOME.resolve("repository").resolve(parts[0].replace('.', '/')).resolve(parts[1])
                .resolve(parts[2]).resolve(parts[1] + "-" + parts[2] + ".jar");
    }

    /** {@return the bundles of all features, each once} */
    static List<Path> allBundles() {
        LinkedHashSet<Path> all = new LinkedHashSet<>();
        features().forEach(f -> all.addAll(bundles(f)));
        return List.copyOf(all);
    }

    /** {@return the one jar on the launcher's class path whose name begins so} */
    static Path library(String prefix) {
        try (Stream<Path> files = Files.list(HOME.resolve("lib"))) {
            return files.filter(f -> f.getFileName().toString().startsWith(prefix)).findFirst().orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
