// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.hookline.engine.RunSpec;
import org.hookline.runfile.internal.Yaml;

/** A run file after merging and checking. Immutable, for any thread. */
public final class RunFile {
    private final Path file;
    private final RunSpec spec;
    private final List<HookEntry> hooks;
    private final Optional<Path> loadFrom;
    private final Optional<Path> resumeFrom;
    private final Function<String, String> places;

    RunFile(Path file, RunSpec spec, List<HookEntry> hooks, Optional<Path> loadFrom, Optional<Path> resumeFrom,
            Function<String, String> places) {
        this.loadFrom = loadFrom;
        this.resumeFrom = resumeFrom;
        this.file = file;
        this.spec = spec;
        this.hooks = List.copyOf(hooks);
        this.places = places;
    }

    /** {@return the file, absolute} */
    public Path file() {
        return file;
    }

    /** {@return what is to be run; its configuration is the effective run file} */
    public RunSpec spec() {
        return spec;
    }

    /** {@return the hooks and writers: the default ones in their order, then the custom ones} */
    public List<HookEntry> hooks() {
        return hooks;
    }

    /** {@return the file with weights that the run begins with} */
    public Optional<Path> loadFrom() {
        return loadFrom;
    }

    /** {@return the checkpoint, or the folder of a run with checkpoints, from which the run goes on} */
    public Optional<Path> resumeFrom() {
        return resumeFrom;
    }

    /**
     * Looks whether what the run begins with is there. A run that goes on in its own folder needs it no more, so this
     * is no part of reading.
     *
     * @return the mistake of {@code load_from} or {@code resume_from}, if there is one
     */
    public Optional<Mistake> missing() {
        return loadFrom.filter(p -> !Files.exists(p))
                .map(p -> "load_from: there is no file or folder '" + p + "' with weights")
                .or(() -> resumeFrom.filter(p -> !Files.isDirectory(p)).map(
                        p -> "resume_from: there is no folder '" + p + "', expected that of a run or of a checkpoint"))
                .map(this::locate);
    }

    /** {@return the effective run file: merged, with all defaults} */
    public Map<String, Object> configuration() {
        return spec.configuration();
    }

    /** {@return the effective run file as YAML; reading it gives the same run} */
    public String yaml() {
        return "# The effective run file: " + file.getFileName() + " with everything it builds on and all defaults.\n"
                + Yaml.write(configuration());
    }

    /**
     * Finds the place of a mistake that somebody else found.
     *
     * @param message for example {@code optimizer adamw: option 'lr' is ...}
     * @return the mistake with the line of the option or part that its first words name, otherwise with the file
     */
    public Mistake locate(String message) {
        return new Mistake(places.apply(message), message);
    }
}
