// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.hookline.api.UserError;

/**
 * A path that a person gave. Where it is not what it should be, it is said what is there and what may have been meant.
 *
 * @param owner who asks, for messages
 * @param path the path, absolute
 * @param expected what it should be, for messages: {@code a CSV file}
 */
record GivenPath(String owner, Path path, String expected) {
    /** Names that a line has room for. */
    private static final int MOST = 8;

    /** {@return the path, which is a file that can be read; the endings are those that such files usually have} */
    Path file(List<String> endings) {
        if (Files.isDirectory(path)) {
            List<String> files = names(path, Files::isRegularFile);
            List<String> likely = files.stream().filter(f -> endings.stream().anyMatch(f::endsWith)).toList();
            throw mistake(path + " is a folder", files.isEmpty() ? "; there is no file in it"
                    : likely.isEmpty() ? "; it has: " + some(files) : "; in it are: " + some(likely));
        }
        require(Files.isRegularFile(path), "file");
        return path;
    }

    /** {@return the path, which is a folder that can be read} */
    Path folder() {
        if (Files.isRegularFile(path)) {
            throw mistake(path + " is a file", "; it lies in " + path.getParent());
        }
        require(Files.isDirectory(path), "folder");
        return path;
    }

    private void require(boolean there, String kind) {
        if (!there) {
            throw Files.exists(path) ? mistake(path + " is no " + kind, "")
                    : mistake("there is no " + kind + " " + path, nearest(kind));
        }
        if (!Files.isReadable(path)) {
            throw new UserError(owner + ": " + path + " cannot be read: permission denied");
        }
    }

    private UserError mistake(String found, String choices) {
        return new UserError(owner + ": " + found + ", expected " + expected + choices);
    }

    /** What lies beside it, or where the path ends. */
    private String nearest(String kind) {
        Path parent = path.getParent();
        if (parent == null) {
            return "";
        }
        if (!Files.isDirectory(parent)) {
            Path end = Stream.iterate(parent, Objects::nonNull, Path::getParent).filter(Files::exists).findFirst()
                    .orElse(path.getRoot());
            return "; " + (Files.isDirectory(end) ? "there is no " + parent + " either, the path ends at " + end
                    : end + " is a file");
        }
        List<String> names = names(parent, kind.equals("file") ? Files::isRegularFile : Files::isDirectory);
        Optional<String> near = Nearest.of(path.getFileName().toString(), names);
        return near.map(n -> "; did you mean " + parent.resolve(n) + "?")
                .orElse("; " + parent + (names.isEmpty() ? " has no " + kind : " has: " + some(names)));
    }

    /** The hidden ones are not meant. Where it may not be looked, nothing is offered. */
    private static List<String> names(Path folder, Predicate<Path> which) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(which).map(e -> e.getFileName().toString()).filter(n -> !n.startsWith("."))
                    .sorted().toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private static String some(List<String> names) {
        return String.join(", ", names.subList(0, Math.min(MOST, names.size())))
                + (names.size() > MOST ? ", ..." : "");
    }
}
