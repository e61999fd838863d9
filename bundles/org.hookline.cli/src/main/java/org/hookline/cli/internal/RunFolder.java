// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.hookline.api.UserError;
import org.hookline.checkpoint.CheckpointWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The folder of a run: {@code <output>/<run name>/<start time>}, with {@code latest} beside it. */
final class RunFolder {
    private static final Logger LOG = LoggerFactory.getLogger(RunFolder.class);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);
    private static final String LATEST = "latest";
    private static final String EFFECTIVE = "effective.yaml";

    private RunFolder() {}

    /**
     * Makes the folder and writes the effective run file into it.
     *
     * @param output the folder for all runs
     * @param name the run's name
     * @param start when the run starts, in local time
     * @param effective the effective run file
     * @return the folder
     * @throws UserError if it cannot be written
     */
    static Path create(Path output, String name, LocalDateTime start, String effective) {
        Path runs = output.resolve(name);
        try {
            Files.createDirectories(runs);
            Path folder = fresh(runs, TIME.format(start));
            Files.writeString(folder.resolve(EFFECTIVE), effective);
            return folder;
        } catch (IOException e) {
            throw new UserError("cannot write to " + runs + ": " + why(e) + "; --output names another folder for runs,"
                    + " on a disk and in one that you may write to", e);
        }
    }

    /**
     * Writes the effective run file of a run that goes on.
     *
     * @param folder of the run
     * @param effective the effective run file
     * @throws UserError if it cannot be written
     */
    static void effective(Path folder, String effective) {
        try {
            Files.writeString(folder.resolve(EFFECTIVE), effective);
        } catch (IOException e) {
            throw new UserError("cannot write to " + folder + ": " + why(e), e);
        }
    }

    private static Path fresh(Path runs, String time) throws IOException {
        for (int n = 1;; n++) {
            try {
                return Files.createDirectory(runs.resolve(n == 1 ? time : time + "-" + n));
            } catch (FileAlreadyExistsException e) {
                LOG.debug("{} is taken", e.getFile());
            }
        }
    }

    /**
     * Takes a folder away whose run never began.
     *
     * @param folder the folder; what others wrote into it stays
     */
    static void discard(Path folder) {
        try {
            Files.deleteIfExists(folder.resolve(EFFECTIVE));
            Files.deleteIfExists(folder.resolve("events.jsonl"));
            Files.deleteIfExists(folder.resolve(RunLock.FILE));
            Files.deleteIfExists(folder);
            // The name's folder too, if this was its first run.
            Files.deleteIfExists(folder.toAbsolutePath().getParent());
        } catch (IOException e) {
            LOG.debug("{} is not empty and stays: {}", folder, e.toString());
        }
    }

    /**
     * Points {@code latest} at a run.
     *
     * @param folder the run's folder
     */
    static void latest(Path folder) {
        Path runs = folder.toAbsolutePath().getParent();
        Path link = runs.resolve(LATEST);
        if (Files.exists(link, LinkOption.NOFOLLOW_LINKS) && !Files.isSymbolicLink(link)) {
            LOG.warn("{} is not a link and stays as it is", link);
            return;
        }
        try {
            if (!CheckpointWriter.link(runs, LATEST, folder.getFileName().toString())) {
                LOG.warn("{} cannot be made: the file system refuses links", link);
            }
        } catch (IOException e) {
            // The run does not depend on it.
            LOG.warn("{} cannot be made: {}", link, e.toString());
        }
    }

    private static String why(IOException e) {
        return switch (e) {
            case AccessDeniedException a -> "permission denied" + at(a);
            case FileAlreadyExistsException a -> a.getFile() + " is a file, not a folder";
            case FileSystemException f when f.getFile() != null -> why(f, existing(Path.of(f.getFile())));
            case IOException i when i.getMessage() != null -> i.getMessage();
            default -> e.getClass().getSimpleName();
        };
    }

    /** The kernel's reason says nothing of a file in the way, and there is none where a file system is no disk. */
    private static String why(FileSystemException e, Path existing) {
        if (Files.exists(existing) && !Files.isDirectory(existing)) {
            return existing + " is a file, not a folder";
        }
        return e instanceof NoSuchFileException
                ? "the file system of " + existing + type(existing) + " takes no new folders or files"
                : (e.getReason() == null ? e.getClass().getSimpleName() : e.getReason()) + at(e);
    }

    /** {@return the path, or what of it is there} */
    private static Path existing(Path path) {
        return Stream.iterate(path.toAbsolutePath().normalize(), Objects::nonNull, Path::getParent)
                .filter(Files::exists).findFirst().orElse(path);
    }

    private static String type(Path path) {
        try {
            return " (" + Files.getFileStore(path).type() + ")";
        } catch (IOException e) {
            return "";
        }
    }

    private static String at(FileSystemException e) {
        return e.getFile() == null ? "" : " (" + e.getFile() + ")";
    }
}
