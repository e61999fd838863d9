// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.hookline.deploy.Deployments;
import org.hookline.deploy.HookConfiguration;
import org.hookline.engine.Run;
import org.hookline.engine.TrainingEngine;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes every jar and every {@code .cfg} from FileInstall before it can decide on its own: FileInstall only scans. Its
 * decisions lose bundles (a jar overwritten in place is uninstalled, one with a system bundle's name replaces it). Work
 * is done on a thread of the deployer's own, so that a slow bundle holds up no scan, and in batches: files that come
 * together are one change.
 */
@Component(service = {ArtifactInstaller.class, Deployments.class}, immediate = true,
        property = Constants.SERVICE_RANKING + ":Integer=1000000")
public final class DeployComponent implements ArtifactInstaller, Deployments {
    private static final Logger LOG = LoggerFactory.getLogger("org.hookline.deploy");

    /** Files that come within this time of one another are one change. */
    private static final long TOGETHER_MILLIS = 15;

    private static final long RETRY_MILLIS = 20;
    private static final long LEAK_CHECK_MILLIS = 10_000;
    private static final Duration SETTLE = Duration.ofMillis(700);

    /** An iteration that takes longer is not waited for. */
    private static final Duration ITERATION = Duration.ofSeconds(10);

    private final TrainingEngine engine;
    private final Deployer deployer;
    private final ConfigFiles configFiles;
    private final LeakWatch leakWatch = new LeakWatch(Clock.systemUTC());
    private final Path folder;
    private final Thread worker;

    /** Of the jars that were looked at; the worker's alone. */
    private final Map<Path, String> stamps = new HashMap<>();

    // Guarded by this.
    private final Set<Path> pending = new TreeSet<>();
    private long taken;
    private long finished;
    private boolean unsettled;
    private List<Deployment> listed = List.of();

    /**
     * Starts.
     *
     * @param context of this bundle
     * @param components knows why components fail
     * @param engine knows the runs
     * @param admin takes the settings of hooks
     */
    @Activate
    public DeployComponent(BundleContext context, @Reference ServiceComponentRuntime components,
            @Reference TrainingEngine engine, @Reference ConfigurationAdmin admin) {
        this.engine = engine;
        Path data = Path.of(property(context, "hookline.data", "data"));
        Notes notes = new Notes(data.resolve("rejected"));
        Admission admission = new Admission(Path.of(property(context, "hookline.conf", "conf")));
        folder = Path.of(property(context, "hookline.deploy", "deploy")).toAbsolutePath().normalize();
        Duration limit = Duration.ofMillis(Long.getLong("hookline.deploy.start.ms", 10_000));
        // Copies are this process's own: another one may have the same jars at work.
        Path staging = Path.of(System.getProperty("java.io.tmpdir"))
                .resolve("hookline-staging-" + ProcessHandle.current().pid());
        deployer = new Deployer(new OsgiPlatform(context, components, engine, leakWatch, limit), admission, notes,
                staging, SETTLE, System::nanoTime);
        configFiles = new ConfigFiles(new OsgiSettings(new HookConfiguration(context, admin, engine, components)),
                notes);
        LOG.info("admission of jars to {}: {}", folder, admission.mode());
        worker = Thread.ofPlatform().daemon().name("hookline-deploy").start(this::work);
    }

    private static String property(BundleContext context, String name, String otherwise) {
        String value = context.getProperty(name);
        return value == null ? System.getProperty(name, otherwise) : value;
    }

    @Deactivate
    void stop() {
        worker.interrupt();
    }

    @Override
    public boolean canHandle(File artifact) {
        // By name alone: what is inside is looked at later, when the file has stopped changing.
        String name = artifact.getName();
        return (name.endsWith(".jar") && !name.startsWith(".")) || name.endsWith(".cfg");
    }

    @Override
    public void install(File artifact) {
        changed(List.of(artifact.toPath()));
    }

    @Override
    public void update(File artifact) {
        changed(List.of(artifact.toPath()));
    }

    @Override
    public void uninstall(File artifact) {
        changed(List.of(artifact.toPath()));
    }

    private synchronized void changed(Collection<Path> files) {
        files.forEach(f -> pending.add(f.toAbsolutePath().normalize()));
        notifyAll();
    }

    private void work() {
        try {
            while (true) {
                Set<Path> batch = next();
                try {
                    deal(batch);
                } catch (RuntimeException | Error e) {
                    LOG.error("deploy: {}", e.toString(), e);
                }
                leakWatch.look();
                synchronized (this) {
                    List<Deployment> all = new ArrayList<>(deployer.list());
                    all.addAll(configFiles.list());
                    listed = List.copyOf(all);
                    finished = taken;
                    unsettled = deployer.waits();
                    notifyAll();
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("the deployer ends");
        }
    }

    private synchronized boolean more() {
        return !pending.isEmpty();
    }

    /** Waits for files, and a moment longer for those that come with them. */
    @SuppressWarnings("WaitNotInLoop") // a round that begins too early finds nothing and ends
    private Set<Path> next() throws InterruptedException {
        synchronized (this) {
            if (pending.isEmpty()) {
                wait(unsettled ? RETRY_MILLIS : LEAK_CHECK_MILLIS);
            }
            if (pending.isEmpty()) {
                return Set.of();
            }
        }
        int before;
        do {
            synchronized (this) {
                before = pending.size();
            }
            TimeUnit.MILLISECONDS.sleep(TOGETHER_MILLIS);
        } while (grown(before));
        synchronized (this) {
            Set<Path> batch = new TreeSet<>(pending);
            pending.clear();
            taken++;
            return batch;
        }
    }

    private synchronized boolean grown(int before) {
        return pending.size() > before;
    }

    private void deal(Set<Path> batch) throws InterruptedException {
        Map<Path, String> jars = fresh(batch);
        if ((!jars.isEmpty() || deployer.waits()) && !deployer.changed(jars.keySet(), this::more)) {
            // A run took too long to get to a boundary, and something else has come meanwhile.
            changed(jars.keySet());
        } else {
            jars.values().removeIf(String::isEmpty);
            stamps.keySet().removeIf(f -> !Files.exists(f));
            stamps.putAll(jars);
        }
        for (Path file : batch) {
            if (ConfigFiles.handles(file.getFileName().toString())) {
                configFiles.changed(file);
            }
        }
    }

    /**
     * The jars to be looked at, with a stamp each: those of a batch, and whatever else is new in the folder by now,
     * which the scanner would tell only at its next turn. What was looked at already and has not changed since is left
     * out.
     */
    private Map<Path, String> fresh(Set<Path> batch) {
        Set<Path> files = new TreeSet<>(batch);
        files.removeIf(f -> !f.toString().endsWith(".jar"));
        if (!files.isEmpty()) {
            try (Stream<Path> all = Files.list(folder)) {
                all.filter(f -> canHandle(f.toFile()) && f.toString().endsWith(".jar")).forEach(files::add);
            } catch (IOException e) {
                LOG.debug("{} cannot be listed: {}", folder, e.toString());
            }
        }
        Map<Path, String> fresh = new TreeMap<>();
        for (Path file : files) {
            String stamp = stamp(file);
            if (stamp.isEmpty() || !stamp.equals(stamps.get(file))) {
                fresh.put(file, stamp);
            }
        }
        return fresh;
    }

    private static String stamp(Path file) {
        try {
            return Deployer.stamp(file);
        } catch (IOException e) {
            return "";
        }
    }

    /** Has files looked at now, and waits until they have been. */
    private void dealNow(List<Path> files) throws InterruptedException {
        synchronized (this) {
            changed(files);
            while (!pending.isEmpty() || finished < taken || unsettled) {
                wait(RETRY_MILLIS);
            }
        }
    }

    @Override
    public synchronized List<Deployment> list() {
        return listed;
    }

    @Override
    public Deployment deploy(Path jar) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        Path target = folder.resolve(jar.getFileName().toString());
        if (!Files.isRegularFile(target) || !Files.isSameFile(jar, target)) {
            Path temporary = Files.createTempFile(folder, ".incoming-", ".tmp");
            try {
                Files.copy(jar, temporary, StandardCopyOption.REPLACE_EXISTING);
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
        }
        dealNow(List.of(target));
        return list().stream().filter(d -> d.file().equals(target)).findFirst()
                .orElseThrow(() -> new IOException(target + " went while it was looked at"));
    }

    @Override
    public void undeploy(List<Path> files) throws IOException, InterruptedException {
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
        dealNow(files);
    }

    @Override
    public List<Leak> leaks(boolean collect) {
        if (collect) {
            collect();
        }
        return leakWatch.leaks(collect);
    }

    /**
     * While a thread is inside compiled code that had a method of a hook inlined, the virtual machine keeps that hook's
     * classes, also after the hook has gone. Between two iterations the training thread is inside no such code.
     */
    private void collect() {
        for (Run run : engine.runs()) {
            try {
                run.betweenIterations(LeakWatch::collect).get(ITERATION.toSeconds(), TimeUnit.SECONDS);
                return;
            } catch (ExecutionException | TimeoutException e) {
                LOG.debug("run {} did not get to the end of an iteration", run.info().name(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        LeakWatch.collect();
    }
}
