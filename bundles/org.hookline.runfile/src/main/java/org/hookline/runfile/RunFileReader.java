// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.hookline.runfile.internal.Broken;
import org.hookline.runfile.internal.Checker;
import org.hookline.runfile.internal.Layers;
import org.hookline.runfile.internal.Tree;

/** Reads run files and checks them against what is installed. Immutable, for any thread. */
public final class RunFileReader {
    private final Installed installed;
    private final Path current;
    private final Optional<Path> shipped;

    /**
     * Makes a reader.
     *
     * @param installed what run files can name
     * @param current the current folder; from it relative paths of the command line are taken
     */
    public RunFileReader(Installed installed, Path current) {
        this(installed, current, Optional.empty());
    }

    /**
     * Makes a reader that has base files of its own.
     *
     * @param installed what run files can name
     * @param current the current folder; from it relative paths of the command line are taken
     * @param shipped the folder in which a base file is looked for that does not lie beside the run file
     */
    public RunFileReader(Installed installed, Path current, Optional<Path> shipped) {
        this.installed = installed;
        this.current = current;
        this.shipped = shipped;
    }

    /**
     * Reads a run file.
     *
     * @param file the file
     * @param overrides settings of the command line, {@code key.path=value} each, or options of the form
     *     {@code --key=value}; applied last
     * @return the run file and its mistakes; this method throws nothing for them
     */
    public Reading read(Path file, List<String> overrides) {
        try {
            Layers layers = new Layers(current, shipped);
            Tree.Fields tree = layers.override(layers.read(file), overrides);
            Checker checker = new Checker(installed, file.toAbsolutePath().normalize(), tree);
            return new Reading(
                    checker.spec().map(spec -> new RunFile(file.toAbsolutePath().normalize(), spec, checker.hooks(),
                            checker.loadFrom(), checker.resumeFrom(), checker::locate)),
                    checker.mistakes());
        } catch (Broken e) {
            return new Reading(Optional.empty(), List.of(e.mistake()));
        }
    }
}
