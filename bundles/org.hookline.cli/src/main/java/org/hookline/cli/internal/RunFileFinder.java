// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/** Finds run files: in the current folder, then in the distribution. */
final class RunFileFinder {
    private static final String DEFAULT = "runs/digits.yaml";

    private final Path current;
    private final Optional<Path> home;

    /**
     * Makes a finder.
     *
     * @param current the current folder
     * @param home the folder of the distribution
     */
    RunFileFinder(Path current, Optional<Path> home) {
        this.current = current;
        this.home = home;
    }

    /**
     * Finds the run file.
     *
     * @param given as the user wrote it; empty for the one that comes with the distribution
     * @return the file
     * @throws UserError if there is none
     */
    Path find(Optional<String> given) {
        if (given.isEmpty()) {
            return home.map(h -> h.resolve(DEFAULT)).filter(Files::exists).orElseThrow(() -> new UserError(
                    "no run file was given, and there is no " + DEFAULT + " in the distribution"));
        }
        Path path;
        try {
            path = Path.of(given.get());
        } catch (InvalidPathException e) {
            throw new UserError("'" + given.get() + "' cannot be the name of a file", e);
        }
        Path here = current.resolve(path);
        if (Files.exists(here)) {
            return here;
        }
        Optional<Path> there = home.map(h -> h.resolve(path)).filter(Files::exists);
        if (there.isPresent() && !path.isAbsolute()) {
            return there.get();
        }
        throw new UserError("there is no run file '" + given.get() + "'"
                + (path.isAbsolute() ? "" : " in " + current + home.map(h -> " or " + h).orElse(""))
                + shipped(given.get()));
    }

    /**
     * Gives the folder of the run files that come with the distribution, the base files among them.
     *
     * @param home the folder of the distribution
     * @return its folder
     */
    static Optional<Path> shipped(Optional<Path> home) {
        return home.map(h -> h.resolve("runs"));
    }

    private String shipped(String given) {
        Optional<Path> runs = shipped(home).filter(Files::isDirectory);
        if (runs.isEmpty()) {
            return "";
        }
        try (Stream<Path> files = Files.list(runs.get())) {
            List<String> names = files.map(f -> "runs/" + f.getFileName()).filter(n -> n.endsWith(".yaml")).sorted()
                    .toList();
            return Nearest.suggest(given, names);
        } catch (IOException e) {
            return "";
        }
    }
}
