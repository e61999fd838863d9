// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where the distribution lies.
 *
 * @param root bin, lib, features and repository: only read
 * @param user conf, deploy, data and logs: the user's; the same folder unless HOOKLINE_DATA names another
 */
record Home(Path root, Path user) {

    /** From the properties that {@code bin/hookline} sets; without them, from the place of this jar in lib. */
    static Home find() throws LaunchError {
        String given = System.getProperty("hookline.home");
        Path root = given != null ? Path.of(given) : aroundThisJar();
        String data = System.getProperty("hookline.user", "");
        Path user = data.isEmpty() ? root : Path.of(data);
        if (!Files.isDirectory(root.resolve("features"))) {
            throw new LaunchError(
                    LaunchError.MISTAKE, root + " is no Hookline distribution: it has no folder features");
        }
        return new Home(root.toAbsolutePath().normalize(), user.toAbsolutePath().normalize());
    }

    private static Path aroundThisJar() throws LaunchError {
        try {
            Path jar = Path.of(Home.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return jar.toAbsolutePath().getParent().getParent();
        } catch (URISyntaxException e) {
            throw new LaunchError(LaunchError.MISTAKE, "start it with bin/hookline", e);
        }
    }

    Path features() {
        return root.resolve("features");
    }

    Path repository() {
        return root.resolve("repository");
    }

    Path conf() {
        return user.resolve("conf");
    }

    /** How to log: the user's file, or the distribution's where a conf of the user's own has none. */
    Path logback() {
        Path own = conf().resolve("logback.xml");
        return Files.isRegularFile(own) ? own : root.resolve("conf/logback.xml");
    }

    Path deploy() {
        return user.resolve("deploy");
    }

    Path data() {
        return user.resolve("data");
    }

    Path logs() {
        return user.resolve("logs");
    }

    /** Makes the user's folders, and fills conf and deploy from the distribution where they are missing. */
    void prepare() throws LaunchError {
        Path at = user;
        try {
            for (Path folder : List.of(data(), logs())) {
                at = folder;
                Files.createDirectories(folder);
                if (!Files.isWritable(folder)) {
                    throw new IOException("not writable");
                }
            }
            for (String name : List.of("conf", "deploy")) {
                at = user.resolve(name);
                if (!Files.isDirectory(at)) {
                    copyFiles(root.resolve(name), at);
                }
            }
        } catch (IOException e) {
            throw new LaunchError(
                    LaunchError.MISTAKE,
                    "cannot write to " + at + " (" + reason(e) + "): set HOOKLINE_DATA to a folder of your own for"
                            + " conf, deploy, data and logs",
                    e);
        }
    }

    private static String reason(IOException e) {
        return e.getMessage() == null || e.getMessage().startsWith("/")
                ? e.getClass().getSimpleName()
                : e.getMessage();
    }

    private static void copyFiles(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        if (!Files.isDirectory(from)) {
            return;
        }
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                try {
                    Files.copy(file, to.resolve(file.getFileName()));
                } catch (FileAlreadyExistsException e) {
                    // Another process that starts at the same time was quicker.
                }
            }
        }
    }

    /** Says what is missing of the native library, before anything is started that needs it. */
    void checkNative() throws LaunchError {
        if (!System.getProperty("hookline.torch.home", "").isBlank()) {
            // A libtorch of the user's: looked at more closely where it is loaded.
            return;
        }
        String library = System.mapLibraryName("torch_cpu");
        String given = first(System.getenv("PYTORCH_LIBRARY_PATH"), System.getProperty("PYTORCH_LIBRARY_PATH"));
        String flavor = first(System.getenv("PYTORCH_FLAVOR"), System.getProperty("PYTORCH_FLAVOR"), "cpu");
        Path folder = given != null ? Path.of(given) : root.resolve("lib").resolve("native").resolve(flavor);
        // DJL takes the library itself instead of its folder too.
        Path file = Files.isRegularFile(folder) ? folder : folder.resolve(library);
        if (!Files.isRegularFile(file)) {
            throw new LaunchError(
                    LaunchError.MISTAKE,
                    "the native library is missing: expected " + file
                            + " (PYTORCH_FLAVOR chooses a folder of lib/native, PYTORCH_LIBRARY_PATH names another)");
        }
    }

    private static String first(String... values) {
        return Stream.of(values)
                .filter(value -> value != null && !value.isEmpty())
                .findFirst()
                .orElse(null);
    }
}
