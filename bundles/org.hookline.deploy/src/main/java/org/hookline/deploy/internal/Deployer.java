// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.hookline.api.HookLevel;
import org.hookline.api.options.Nearest;
import org.hookline.deploy.Deployments.Deployment;
import org.hookline.deploy.Deployments.State;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what becomes of the jars in the hot folder. A jar is taken when it can be read whole; its bytes are copied
 * before they are looked at and used; the new bundle starts beside the old one, which goes only when the new one has
 * taken over in every run. Files that change together are one change. Whatever goes wrong leaves what ran before, and a
 * note that says why. Not for several threads.
 */
final class Deployer {
    private static final Logger LOG = LoggerFactory.getLogger(Deployer.class);

    private record Running(JarFacts facts, Platform.Handle handle, Path staged) {}

    /** A jar that is to run; {@code handle} is null until it is installed. */
    private static final class Candidate {
        final Path file;
        final JarFacts facts;
        final Path staged;
        Platform.Handle handle;
        boolean inPlace;

        Candidate(Path file, JarFacts facts, Path staged) {
            this.file = file;
            this.facts = facts;
            this.staged = staged;
        }
    }

    private final Platform platform;
    private final Admission admission;
    private final Notes notes;
    private final Path staging;
    private final long settleNanos;
    private final LongSupplier nanoTime;
    private final Map<Path, Running> running = new TreeMap<>();
    private final Map<Path, Deployment> known = new TreeMap<>();
    private final Map<Path, String> missingPackages = new HashMap<>();

    /** Files that cannot be read and may still be being written: their stamp, and since when it has not changed. */
    private final Map<Path, Unsettled> unsettled = new HashMap<>();

    private record Unsettled(String stamp, long since) {}

    /**
     * Makes a deployer.
     *
     * @param platform the framework
     * @param admission who is let in
     * @param notes takes the reasons of rejections
     * @param staging the folder for copies, of this process alone
     * @param settle how long a file that cannot be read must stay unchanged before it is given up
     * @param nanoTime the clock
     */
    Deployer(Platform platform, Admission admission, Notes notes, Path staging, Duration settle,
            LongSupplier nanoTime) {
        this.platform = platform;
        this.admission = admission;
        this.notes = notes;
        this.staging = staging;
        this.settleNanos = settle.toNanos();
        this.nanoTime = nanoTime;
    }

    /**
     * {@return whether a file was not whole yet: {@link #changed} is to be called again soon, with or without files}
     */
    boolean waits() {
        return !unsettled.isEmpty();
    }

    /**
     * Files are new, were changed or were deleted.
     *
     * @param files the files
     * @param giveUp asked while a run takes its time, whether to stop waiting for it
     * @return whether it is done; if not, nothing has changed and it is to be called again with these files and others
     * @throws InterruptedException if the process ends
     */
    boolean changed(Collection<Path> files, BooleanSupplier giveUp) throws InterruptedException {
        Set<Path> looked = new TreeSet<>(files);
        looked.addAll(unsettled.keySet());
        List<Path> gone = new ArrayList<>();
        List<Candidate> candidates = new ArrayList<>();
        for (Path file : looked) {
            if (Files.isRegularFile(file)) {
                look(file).ifPresent(candidates::add);
            } else {
                unsettled.remove(file);
                gone.add(file);
            }
        }
        boolean retry = deploy(chosen(candidates), gone, giveUp);
        if (!retry) {
            return false;
        }
        afterwards(giveUp);
        return true;
    }

    /** A library that came or went may help or break others. */
    private void afterwards(BooleanSupplier giveUp) throws InterruptedException {
        for (Path file : List.copyOf(running.keySet())) {
            Running r = running.get(file);
            Optional<String> why = platform.broken(r.handle());
            if (why.isPresent()) {
                running.remove(file);
                try (Platform.Swap swap = platform.swap()) {
                    swap.remove(List.of(r.handle()));
                }
                unstage(r.staged());
                missingPackages.put(file, "");
                reject(file, r.facts(), why.get());
            }
        }
        List<Candidate> again = new ArrayList<>();
        for (Path file : List.copyOf(missingPackages.keySet())) {
            String name = missingPackages.get(file);
            boolean helped = running.values().stream().anyMatch(r -> r.facts().exports().contains(name));
            if (helped && Files.isRegularFile(file)) {
                look(file).ifPresent(again::add);
            }
        }
        if (!again.isEmpty()) {
            deploy(chosen(again), List.of(), giveUp);
        }
    }

    /** Copies a file and reads the copy. Empty where there is nothing to do now; a file that is no use is rejected. */
    private Optional<Candidate> look(Path file) {
        Path copy = null;
        try {
            String stamp = stamp(file);
            Files.createDirectories(staging);
            copy = Files.createTempFile(staging, "incoming-", ".jar");
            Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
            JarFacts facts;
            try {
                facts = JarFacts.read(copy);
                if (!stamp(file).equals(stamp)) {
                    throw new JarFacts.Unusable("it was changed while it was read: copy it again", true);
                }
            } catch (JarFacts.Unusable e) {
                if (e.maybeIncomplete && !settled(file, stamp(file))) {
                    return Optional.empty();
                }
                unsettled.remove(file);
                reject(file, null, e.getMessage());
                return Optional.empty();
            }
            unsettled.remove(file);
            return decide(file, facts, copy) ? Optional.of(new Candidate(file, facts, stage(copy, facts)))
                    : Optional.empty();
        } catch (NoSuchFileException e) {
            LOG.debug("{} went while it was looked at", file);
        } catch (IOException e) {
            reject(file, null, "it cannot be read: " + e.getMessage());
        } finally {
            unstage(copy);
        }
        return Optional.empty();
    }

    /**
     * Tells one state of a file from another.
     *
     * @param file the file
     * @return its size, time and identity
     * @throws IOException if it is not there
     */
    static String stamp(Path file) throws IOException {
        var attributes = Files.readAttributes(file, java.nio.file.attribute.BasicFileAttributes.class);
        return attributes.size() + " " + attributes.lastModifiedTime() + " " + attributes.fileKey();
    }

    private boolean settled(Path file, String stamp) {
        long now = nanoTime.getAsLong();
        Unsettled before = unsettled.get(file);
        if (before == null || !before.stamp().equals(stamp)) {
            unsettled.put(file, new Unsettled(stamp, now));
            return false;
        }
        return now - before.since() > settleNanos;
    }

    /** Whether a jar is to be deployed, as far as the jar itself tells. */
    private boolean decide(Path file, JarFacts facts, Path copy) {
        Running old = running.get(file);
        if (old != null && old.facts().sha256().equals(facts.sha256())) {
            accepted(file, facts, false);
            return false;
        }
        Optional<String> refusal = admission.refusal(copy, facts.sha256()).or(() -> mistake(facts));
        refusal.ifPresent(reason -> reject(file, facts, reason));
        return refusal.isEmpty();
    }

    private Optional<String> mistake(JarFacts facts) {
        String name = facts.symbolicName();
        if (platform.systemBundles().contains(name)) {
            return Optional.of("its symbolic name " + name
                    + " belongs to the distribution: give your bundle a name of its own");
        }
        for (String exported : new TreeSet<>(facts.exports())) {
            Optional<String> owner = platform.systemExporter(exported);
            if (owner.isPresent()) {
                return Optional.of("it exports the package " + exported + ", which " + owner.get()
                        + " offers already: import it instead (Maven scope provided), and do not put its classes into "
                        + "your jar");
            }
        }
        for (JarFacts.ComponentFacts component : facts.components()) {
            Optional<String> owner = platform.componentOwner(component.name(), name);
            if (owner.isPresent()) {
                return Optional.of("its component " + component.name() + " has the name of one in " + owner.get()
                        + ", and run files could not tell them apart: give it another name");
            }
            Optional<String> unreadable = component.level().filter(l -> component.isHook())
                    .filter(l -> HookLevel.parse(l).isEmpty());
            if (unreadable.isPresent()) {
                return Optional.of("the level '" + unreadable.get() + "' of its hook " + component.name()
                        + " cannot be read, expected an integer or the name of a level"
                        + Nearest.suggest(unreadable.get(), Stream.of(HookLevel.values()).map(Enum::name).toList()));
            }
        }
        boolean useful = facts.activator() || !facts.exports().isEmpty() || facts.components().stream()
                .flatMap(c -> c.services().stream()).anyMatch(s -> s.startsWith("org.hookline."));
        return useful ? Optional.empty() : Optional.of("there is no Hook inside, and nothing else that a run could use:"
                + " annotate your class with @Component(service = Hook.class) and build with bnd-maven-plugin");
    }

    private Path stage(Path copy, JarFacts facts) throws IOException {
        Path staged = staging.resolve(facts.sha256() + ".jar");
        try {
            Files.copy(copy, staged);
        } catch (FileAlreadyExistsException e) {
            LOG.debug("{} is staged already", staged);
        }
        return staged;
    }

    /** Removes a copy that no running bundle was made from. */
    private void unstage(Path staged) {
        if (staged == null || running.values().stream().anyMatch(r -> r.staged().equals(staged))) {
            return;
        }
        try {
            Files.deleteIfExists(staged);
        } catch (IOException e) {
            LOG.debug("{} stays: {}", staged, e.toString());
        }
    }

    /** One file for each symbolic name: of several the newest version, and what is deployed already before a copy. */
    private List<Candidate> chosen(List<Candidate> candidates) {
        Map<String, Candidate> best = new LinkedHashMap<>();
        candidates.forEach(c -> best.merge(c.facts.symbolicName(), c,
                (a, b) -> Versions.compare(b.facts.version(), a.facts.version()) > 0 ? b : a));
        List<Candidate> chosen = new ArrayList<>();
        for (Candidate c : candidates) {
            String name = c.facts.symbolicName();
            Candidate winner = best.get(name);
            Optional<Path> twin = twin(c);
            if (winner != c) {
                reject(c.file, c.facts, "the bundle " + name + " " + winner.facts.version() + " is in "
                        + winner.file.getFileName() + " too: delete one of the two files");
                unstage(c.staged);
            } else if (twin.isPresent() && Files.exists(twin.get())
                    && Versions.compare(running.get(twin.get()).facts().version(), c.facts.version()) >= 0) {
                reject(c.file, c.facts, "the bundle " + name + " " + running.get(twin.get()).facts().version()
                        + " is deployed already, from " + twin.get().getFileName()
                        + ": replace that file, or give this one a higher version");
                unstage(c.staged);
            } else {
                chosen.add(c);
            }
        }
        return chosen;
    }

    /** Another file from which a bundle of this name runs. */
    private Optional<Path> twin(Candidate c) {
        return running.entrySet().stream().filter(e -> !e.getKey().equals(c.file))
                .filter(e -> e.getValue().facts().symbolicName().equals(c.facts.symbolicName()))
                .map(Map.Entry::getKey).findFirst();
    }

    private boolean deploy(List<Candidate> candidates, List<Path> gone, BooleanSupplier giveUp)
            throws InterruptedException {
        Map<Path, Running> leaving = new TreeMap<>();
        for (Path file : gone) {
            if (running.containsKey(file)) {
                leaving.put(file, running.get(file));
            } else {
                forget(file);
            }
        }
        if (candidates.isEmpty() && leaving.isEmpty()) {
            return true;
        }
        try (Platform.Swap swap = platform.swap()) {
            List<Candidate> started = start(swap, candidates);
            // What each of them takes the place of: its own file's bundle, or an older one from another file.
            Map<Candidate, Path> replaces = new LinkedHashMap<>();
            for (Candidate c : started) {
                (running.containsKey(c.file) ? Optional.of(c.file) : twin(c)).ifPresent(f -> replaces.put(c, f));
            }
            replaces.forEach((c, file) -> {
                if (!c.inPlace) {
                    swap.replace(running.get(file).handle(), c.handle);
                }
            });
            leaving.keySet().removeAll(replaces.values());
            leaving.values().forEach(r -> swap.withdraw(r.handle()));
            Map<Platform.Handle, String> refused = swap.commit(giveUp);
            if (refused == null) {
                swap.remove(started.stream().filter(c -> !c.inPlace).map(c -> c.handle).toList());
                started.forEach(c -> unstage(c.staged));
                return false;
            }
            settle(swap, started, replaces, leaving, refused);
        }
        return true;
    }

    private List<Candidate> start(Platform.Swap swap, List<Candidate> candidates) {
        List<Candidate> beside = new ArrayList<>();
        List<Candidate> started = new ArrayList<>();
        for (Candidate c : candidates) {
            Running old = running.get(c.file);
            c.inPlace = c.facts.singleton() && old != null
                    && old.facts().symbolicName().equals(c.facts.symbolicName());
            if (!c.inPlace) {
                beside.add(c);
                continue;
            }
            try {
                c.handle = swap.update(old.handle(), old.staged(), c.staged);
                started.add(c);
            } catch (Platform.Failed e) {
                failed(c, e);
            }
        }
        Map<Path, Object> installed = swap.install(beside.stream().map(c -> c.staged).toList());
        for (Candidate c : beside) {
            try {
                if (installed.get(c.staged) instanceof Platform.Failed failed) {
                    throw failed;
                }
                c.handle = (Platform.Handle) installed.get(c.staged);
                swap.start(c.handle);
                started.add(c);
            } catch (Platform.Failed e) {
                failed(c, e);
            }
        }
        return started;
    }

    private void failed(Candidate c, Platform.Failed e) {
        LOG.debug("{} failed", c.file, e);
        unstage(c.staged);
        String reason = e.getMessage();
        if (!e.missingPackage.isEmpty()) {
            missingPackages.put(c.file, e.missingPackage);
        }
        reject(c.file, c.facts, reason);
    }

    private void settle(Platform.Swap swap, List<Candidate> started, Map<Candidate, Path> replaces,
            Map<Path, Running> leaving, Map<Platform.Handle, String> refused) {
        List<Platform.Handle> removed = new ArrayList<>();
        Set<Path> useless = new HashSet<>();
        for (Candidate c : started) {
            String reason = refused.get(c.handle);
            Path file = replaces.get(c);
            Running old = file == null ? null : running.get(file);
            if (reason != null) {
                if (c.inPlace) {
                    restore(swap, c, old);
                } else {
                    removed.add(c.handle);
                }
                reject(c.file, c.facts, reason);
                useless.add(c.staged);
                continue;
            }
            if (old != null && !file.equals(c.file)) {
                running.remove(file);
                if (Files.exists(file)) {
                    reject(file, old.facts(), "the newer version " + c.facts.version() + " in " + c.file.getFileName()
                            + " has taken its place: delete this file");
                } else {
                    forget(file);
                }
            }
            running.put(c.file, new Running(c.facts, c.handle, c.staged));
            accepted(c.file, c.facts, true);
            if (old != null) {
                if (!c.inPlace) {
                    removed.add(old.handle());
                }
                useless.add(old.staged());
            }
        }
        leaving.forEach((file, r) -> {
            running.remove(file);
            forget(file);
            removed.add(r.handle());
            useless.add(r.staged());
            LOG.info("undeployed {} {} ({})", r.facts().symbolicName(), r.facts().version(), file.getFileName());
        });
        swap.remove(removed);
        useless.forEach(this::unstage);
    }

    private void restore(Platform.Swap swap, Candidate c, Running old) {
        try {
            swap.update(c.handle, c.staged, old.staged());
        } catch (Platform.Failed e) {
            LOG.error("deploy: {} {} cannot be brought back: {}", old.facts().symbolicName(), old.facts().version(),
                    e.getMessage(), e);
        }
    }

    private void accepted(Path file, JarFacts facts, boolean tell) {
        missingPackages.remove(file);
        notes.forget(file);
        known.put(file, new Deployment(file, facts.symbolicName(), facts.version(), facts.hooks(), State.DEPLOYED, ""));
        if (tell) {
            LOG.info("deployed {} {} ({})", facts.symbolicName(), facts.version(), file.getFileName());
        }
    }

    private void forget(Path file) {
        missingPackages.remove(file);
        known.remove(file);
        notes.forget(file);
    }

    private void reject(Path file, JarFacts facts, String reason) {
        if (platform.ending()) {
            return;
        }
        Running old = running.get(file);
        known.put(file, new Deployment(file, facts == null ? "" : facts.symbolicName(),
                facts == null ? "" : facts.version(), facts == null ? List.of() : facts.hooks(), State.REJECTED,
                reason));
        notes.reject(file, reason
                + (old == null ? "" : "; " + old.facts().symbolicName() + " " + old.facts().version() + " goes on"));
    }

    /** {@return what lies there and what became of it} */
    List<Deployment> list() {
        return List.copyOf(known.values());
    }
}
