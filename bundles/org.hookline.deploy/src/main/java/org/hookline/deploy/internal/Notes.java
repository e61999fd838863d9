// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The notes in {@code data/rejected}: why a file is not used. They go when the file is used, or goes. */
final class Notes {
    private static final Logger LOG = LoggerFactory.getLogger("org.hookline.deploy");

    private final Path folder;

    Notes(Path folder) {
        this.folder = folder;
    }

    private Path note(Path file) {
        return folder.resolve(file.getFileName() + ".txt");
    }

    /**
     * Says in a note and in the log why a file is not used.
     *
     * @param file the file
     * @param reason in plain words
     */
    void reject(Path file, String reason) {
        String text = file.getFileName() + " is not used: " + reason;
        LOG.warn("{}", text);
        try {
            Files.createDirectories(folder);
            Files.writeString(note(file), text + System.lineSeparator(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            LOG.warn("cannot write {}: {}", note(file), e.toString());
        }
    }

    /**
     * Takes the note of a file away.
     *
     * @param file the file
     */
    void forget(Path file) {
        try {
            Files.deleteIfExists(note(file));
        } catch (IOException e) {
            LOG.debug("{} stays: {}", note(file), e.toString());
        }
    }
}
