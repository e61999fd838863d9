// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.idx.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.hookline.api.UserError;

/** A folder with the four files of an MNIST-shaped data set. Names are as MNIST's, with or without a prefix or .gz. */
final class IdxFolder {
    private static final String TRAIN = "train";
    private static final String TEST = "(?:t10k|test)";

    private final String owner;
    private final Path folder;
    private final String advice;
    private final List<String> names;

    /**
     * Looks into a folder.
     *
     * @param owner for messages
     * @param folder the folder
     * @param advice what to do where something is missing
     * @throws UserError if there is no such folder
     */
    IdxFolder(String owner, Path folder, String advice) throws IOException {
        this.owner = owner;
        this.folder = folder;
        this.advice = advice;
        if (!Files.isDirectory(folder)) {
            throw new UserError(owner + ": there is no folder " + folder + "; " + advice);
        }
        try (Stream<Path> files = Files.list(folder)) {
            names = files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    Path trainingImages() {
        return find(TRAIN, "images", 3, "train-images-idx3-ubyte");
    }

    Path trainingLabels() {
        return find(TRAIN, "labels", 1, "train-labels-idx1-ubyte");
    }

    Path testImages() {
        return find(TEST, "images", 3, "t10k-images-idx3-ubyte");
    }

    Path testLabels() {
        return find(TEST, "labels", 1, "t10k-labels-idx1-ubyte");
    }

    private Path find(String part, String kind, int dimensions, String usual) {
        Pattern pattern = Pattern.compile("(?:.*[-_])?" + part + "[-_.]" + kind + "[-_.]idx" + dimensions
                + "[-_.]ubyte(\\.gz)?", Pattern.CASE_INSENSITIVE);
        List<String> found = names.stream().filter(n -> pattern.matcher(n).matches()).toList();
        // The unpacked file beside its .gz is the same data, and quicker.
        List<String> plain = found.stream().filter(n -> !n.endsWith(".gz")).toList();
        if (found.size() == 2 && plain.size() == 1 && found.contains(plain.getFirst() + ".gz")) {
            found = plain;
        }
        return switch (found.size()) {
            case 1 -> folder.resolve(found.getFirst());
            case 0 -> throw new UserError(owner + ": " + folder + " has no file " + usual + " or " + usual + ".gz"
                    + Optional.of(names).filter(n -> !n.isEmpty()).map(n -> " (it has: " + some(n) + ")").orElse("")
                    + "; " + advice);
            default -> throw new UserError(owner + ": " + folder + " has several files for " + usual + ": "
                    + String.join(", ", found) + "; put one data set into a folder of its own");
        };
    }

    private static String some(List<String> names) {
        return String.join(", ", names.subList(0, Math.min(8, names.size()))) + (names.size() > 8 ? ", ..." : "");
    }
}
