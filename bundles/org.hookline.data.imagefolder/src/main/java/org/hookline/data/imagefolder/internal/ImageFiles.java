// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.imagefolder.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/**
 * The picture files of a folder with a folder for each class, in the order of their names.
 *
 * @param files the files
 * @param labels the class of each
 */
record ImageFiles(List<Path> files, List<Integer> labels) {
    static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff");

    /** The names of the folders in a folder; those that start with a dot are none. */
    static List<String> classes(String owner, Path folder) throws IOException {
        List<String> names;
        try (Stream<Path> entries = Files.list(folder)) {
            names = entries.filter(Files::isDirectory).map(p -> p.getFileName().toString())
                    .filter(n -> !n.startsWith(".")).sorted().toList();
        }
        if (names.size() < 2) {
            throw new UserError(owner + ": " + folder + " has "
                    + (names.isEmpty() ? "no folder" : "the folder " + names.getFirst() + " only")
                    + ", expected one for each of two or more classes");
        }
        return names;
    }

    /**
     * Looks for the pictures of known classes, also in folders below theirs.
     *
     * @param owner for messages
     * @param folder the folder
     * @param classes their names
     * @param whole whether each class must have a picture
     * @throws UserError if there is a class that is not known, or no picture
     */
    static ImageFiles find(String owner, Path folder, List<String> classes, boolean whole) throws IOException {
        List<Path> files = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        if (!whole) {
            try (Stream<Path> entries = Files.list(folder)) {
                for (Path path : entries.filter(Files::isDirectory).sorted().toList()) {
                    String name = path.getFileName().toString();
                    if (!name.startsWith(".") && !classes.contains(name)) {
                        throw new UserError(owner + ": " + path + " is a class that the training pictures do not have"
                                + Nearest.suggest(name, classes));
                    }
                }
            }
        }
        for (int label = 0; label < classes.size(); label++) {
            Path own = folder.resolve(classes.get(label));
            List<Path> found = Files.isDirectory(own) ? pictures(own) : List.of();
            if (found.isEmpty() && whole) {
                throw new UserError(owner + ": the class folder " + own + " has no picture ("
                        + String.join(", ", ENDINGS) + "); remove it, or add some");
            }
            files.addAll(found);
            for (int i = 0; i < found.size(); i++) {
                labels.add(label);
            }
        }
        if (files.isEmpty()) {
            throw new UserError(owner + ": " + folder + " has no picture of any class (" + String.join(", ", ENDINGS)
                    + ")");
        }
        return new ImageFiles(files, labels);
    }

    private static List<Path> pictures(Path folder) throws IOException {
        // By text, not by path: the order must not depend on the file system.
        Comparator<Path> byName = Comparator.comparing(p -> folder.relativize(p).toString().replace('\\', '/'));
        try (Stream<Path> below = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return below.filter(ImageFiles::isPicture).sorted(byName).toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** By its name; files that start with a dot are other systems' notes. */
    private static boolean isPicture(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return !name.startsWith(".") && ENDINGS.stream().anyMatch(name::endsWith) && Files.isRegularFile(file);
    }

    /** Some of them. */
    ImageFiles only(int[] indexes) {
        List<Path> some = new ArrayList<>();
        List<Integer> theirs = new ArrayList<>();
        for (int i : indexes) {
            some.add(files.get(i));
            theirs.add(labels.get(i));
        }
        return new ImageFiles(some, theirs);
    }

    int[] classOfEach() {
        return labels.stream().mapToInt(Integer::intValue).toArray();
    }
}
