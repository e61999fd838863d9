// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.hookline.deploy.Deployments;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what becomes of a file in the hot folder. A file is taken when it has stopped changing; its bytes are copied
 * before they are used; the new bundle starts beside the old one, which goes only when the new one runs. Whatever goes
 * wrong leaves what ran before, and a note that says why. Not for several threads.
 */
final class Deployer implements Deployments {
    private static final Logger LOG = LoggerFactory.getLogger(Deployer.class);

    private record Running(JarFacts facts, Platform.Handle handle, Path staged) {}

    private final Platform platform;
    private final Path staging;
    private final Path rejected;
    private final Duration settle;
    private final Map<Path, Running> running = new TreeMap<>();
    private final Map<Path, Deployment> known = new TreeMap<>();

    /**
     * Makes a deployer.
     *
     * @param platform the framework
     * @param data the folder for copies and notes
     * @param settle how long a file that cannot be read must stay unchanged before it is given up
     */
    Deployer(Platform platform, Path data, Duration settle) {
        this.platform = platform;
        this.staging = data.resolve("staging");
        this.rejected = data.resolve("rejected");
        this.settle = settle;
    }

    /**
     * A file is new or was changed.
     *
     * @param file the file
     * @throws InterruptedException if the process ends
     */
    void changed(Path file) throws InterruptedException {
        try {
            JarFacts facts = settled(file);
            if (facts != null) {
                take(file, facts);
            }
        } catch (JarFacts.Unusable e) {
            reject(file, "", "", e.getMessage());
        } catch (NoSuchFileException e) {
            LOG.debug("{} went while it was looked at", file);
        } catch (IOException e) {
            reject(file, "", "", "it cannot be read: " + e.getMessage());
        }
    }

    /** Reads a file when it is whole: one that cannot be read may still be being written. */
    private JarFacts settled(Path file) throws JarFacts.Unusable, IOException, InterruptedException {
        long quietSince = System.nanoTime();
        FileTime time = Files.getLastModifiedTime(file);
        long size = Files.size(file);
        while (true) {
            try {
                return JarFacts.read(file);
            } catch (JarFacts.Unusable e) {
                FileTime timeNow = Files.getLastModifiedTime(file);
                long sizeNow = Files.size(file);
                if (!timeNow.equals(time) || sizeNow != size) {
                    time = timeNow;
                    size = sizeNow;
                    quietSince = System.nanoTime();
                }
                if (!e.maybeIncomplete || System.nanoTime() - quietSince > settle.toNanos()) {
                    throw e;
                }
                Thread.sleep(20);
            }
        }
    }

    private void take(Path file, JarFacts facts) throws IOException {
        Running old = running.get(file);
        if (old != null && old.facts().sha256().equals(facts.sha256())) {
            accepted(file, facts);
            return;
        }
        String name = facts.symbolicName();
        if (platform.systemBundles().contains(name)) {
            reject(file, name, facts.version(), "its symbolic name " + name
                    + " belongs to the distribution: give your bundle a name of its own");
            return;
        }
        Optional<Map.Entry<Path, Running>> twin = running.entrySet().stream()
                .filter(e -> !e.getKey().equals(file) && e.getValue().facts().symbolicName().equals(name)).findFirst();
        if (twin.isPresent() && Versions.compare(twin.get().getValue().facts().version(), facts.version()) >= 0) {
            reject(file, name, facts.version(), "the bundle " + name + " " + twin.get().getValue().facts().version()
                    + " is deployed already, from " + twin.get().getKey().getFileName()
                    + ": replace that file, or give this one a higher version");
            return;
        }
        Path staged = stage(file, facts);
        Platform.Handle handle;
        try {
            handle = platform.start(staged);
        } catch (Platform.Failed e) {
            LOG.debug("{} failed", file, e);
            unstage(staged);
            reject(file, name, facts.version(), e.getMessage());
            return;
        }
        Optional<String> useless = platform.uselessness(handle);
        if (useless.isPresent()) {
            platform.remove(handle);
            unstage(staged);
            reject(file, name, facts.version(), useless.get());
            return;
        }
        running.put(file, new Running(facts, handle, staged));
        accepted(file, facts);
        if (old != null) {
            withdraw(old);
        }
        if (twin.isPresent()) {
            // The newer version in a file of another name has taken over; the older file lies there unused.
            Path olderFile = twin.get().getKey();
            running.remove(olderFile);
            withdraw(twin.get().getValue());
            reject(olderFile, name, twin.get().getValue().facts().version(), "the newer version " + facts.version()
                    + " in " + file.getFileName() + " has taken its place: delete this file");
        }
    }

    private Path stage(Path file, JarFacts facts) throws IOException {
        Files.createDirectories(staging);
        // A number besides the digest: the same bytes may come back while the old copy is still in use.
        Path staged = Files.createTempFile(staging, facts.sha256().substring(0, 16) + "-", ".jar");
        Files.copy(file, staged, StandardCopyOption.REPLACE_EXISTING);
        try {
            if (!JarFacts.read(staged).sha256().equals(facts.sha256())) {
                throw new IOException("it changed while it was copied");
            }
        } catch (JarFacts.Unusable e) {
            throw new IOException("it changed while it was copied", e);
        }
        return staged;
    }

    private static void unstage(Path staged) {
        try {
            Files.deleteIfExists(staged);
        } catch (IOException e) {
            LOG.debug("{} stays: {}", staged, e.toString());
        }
    }

    private void withdraw(Running old) {
        platform.remove(old.handle());
        unstage(old.staged());
    }

    /**
     * A file was deleted.
     *
     * @param file the file
     */
    void deleted(Path file) {
        known.remove(file);
        forget(file);
        Running old = running.remove(file);
        if (old != null) {
            LOG.info("undeployed {} {} ({})", old.facts().symbolicName(), old.facts().version(), file.getFileName());
            withdraw(old);
        }
    }

    private void accepted(Path file, JarFacts facts) {
        forget(file);
        known.put(file, new Deployment(file, facts.symbolicName(), facts.version(), State.DEPLOYED, ""));
        LOG.info("deployed {} {} ({})", facts.symbolicName(), facts.version(), file.getFileName());
    }

    private Path note(Path file) {
        return rejected.resolve(file.getFileName() + ".txt");
    }

    private void forget(Path file) {
        try {
            Files.deleteIfExists(note(file));
        } catch (IOException e) {
            LOG.debug("{} stays: {}", note(file), e.toString());
        }
    }

    private void reject(Path file, String name, String version, String reason) {
        Running old = running.get(file);
        String text = file.getFileName() + " is not used: " + reason
                + (old == null ? "" : "; " + old.facts().symbolicName() + " " + old.facts().version() + " goes on");
        known.put(file, new Deployment(file, name, version, State.REJECTED, reason));
        LOG.warn("deploy: {}", text);
        try {
            Files.createDirectories(rejected);
            Files.writeString(note(file), text + System.lineSeparator(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            LOG.warn("deploy: cannot write {}: {}", note(file), e.toString());
        }
    }

    @Override
    public List<Deployment> list() {
        return new ArrayList<>(known.values());
    }
}
