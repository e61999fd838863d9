// SPDX-License-Identifier: Apache-2.0
package org.hookline.control.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.hookline.api.HookInfo;
import org.hookline.api.Progress;
import org.hookline.api.UserError;
import org.hookline.api.facet.Stepper;
import org.hookline.api.options.Nearest;
import org.hookline.control.Control;
import org.hookline.deploy.Deployments;
import org.hookline.deploy.Deployments.Deployment;
import org.hookline.deploy.Deployments.Leak;
import org.hookline.engine.Run;
import org.hookline.runfile.HookSettings;
import org.hookline.runfile.HookType;

/** The operations, on the runs and services that it is given. */
class RunControl implements Control {
    private static final long PATIENCE_SECONDS = 30;
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final String CHECKPOINTS = "CheckPointHook";

    /** Where the configurations of hooks are. */
    interface Configurations {
        /** {@return the kinds of hooks and writers that are there} */
        List<Kind> kinds();

        /**
         * Changes the configuration of a hook of a run and waits until the run has taken that up.
         *
         * @param type its kind
         * @param hook its name
         * @param runId the run
         * @param change what is set
         * @throws IOException if it cannot be stored
         * @throws InterruptedException if the thread is interrupted
         */
        void update(HookType type, String hook, String runId, Map<String, Object> change)
                throws IOException, InterruptedException;
    }

    private final Supplier<Collection<Run>> runs;
    private final Deployments deployments;
    private final Configurations configurations;

    RunControl(Supplier<Collection<Run>> runs, Deployments deployments, Configurations configurations) {
        this.runs = runs;
        this.deployments = deployments;
        this.configurations = configurations;
    }

    private Run run() {
        List<Run> all = List.copyOf(runs.get());
        if (all.isEmpty()) {
            throw new UserError("no run is going on in this process");
        }
        if (all.size() > 1) {
            throw new UserError("several runs are going on in this process: "
                    + String.join(", ", all.stream().map(r -> r.info().id()).toList()));
        }
        return all.getFirst();
    }

    private static HookInfo hook(Run run, String name) {
        return run.hooks().find(name).orElseThrow(() -> unknown(run, name));
    }

    private static UserError unknown(Run run, String name) {
        return new UserError("there is no hook '" + name + "' in the run"
                + Nearest.suggest(name, run.hooks().list().stream().map(HookInfo::name).toList()));
    }

    @Override
    public Status status() {
        Run run = run();
        Progress p = run.progress();
        Optional<Double> rate = run.findFacet(Stepper.class).map(Stepper::learningRate);
        double seconds = p.elapsedSeconds();
        String state = run.held() ? "paused" : run.paused() ? "pausing" : p.iteration() == 0 && rate.isEmpty()
                ? "preparing" : "running";
        return new Status(ProcessHandle.current().pid(), run.info().name(), run.info().folder(), run.info().device(),
                state, p.epoch(), p.epochs(), p.iteration(), p.iterations(), p.steps(), seconds, p.pausedSeconds(),
                seconds > 0 ? p.samples() / seconds : 0, rate);
    }

    @Override
    public List<HookInfo> hooks() {
        return run().hooks().list();
    }

    @Override
    public List<Kind> installed() {
        return configurations.kinds();
    }

    @Override
    public Deployment deploy(Path jar) throws InterruptedException {
        if (!jar.getFileName().toString().endsWith(".jar")) {
            throw new UserError(jar + " is not named .jar: only jars are deployed");
        }
        if (!Files.isRegularFile(jar)) {
            throw new UserError("there is no file " + jar);
        }
        try {
            return deployments.deploy(jar);
        } catch (IOException e) {
            throw new UserError(jar + " cannot be copied into deploy: " + e.getMessage(), e);
        }
    }

    @Override
    public List<Deployment> undeploy(String name) throws InterruptedException {
        List<Deployment> jars = deployments.list().stream().filter(d -> d.file().toString().endsWith(".jar")).toList();
        List<String> kinds = runs.get().stream().flatMap(r -> r.hooks().find(name).stream())
                .filter(h -> !h.bundle().isEmpty()).map(HookInfo::bundle).toList();
        List<Deployment> chosen = jars.stream().filter(d -> d.hooks().contains(name) || d.bundle().equals(name)
                || d.file().getFileName().toString().equals(name) || kinds.contains(d.bundle())).toList();
        if (chosen.isEmpty()) {
            if (!kinds.isEmpty()) {
                throw new UserError("the hook " + name + " belongs to the distribution (" + kinds.getFirst()
                        + "): hookline disable " + name + " switches it off");
            }
            List<String> known = jars.stream().flatMap(d -> d.hooks().isEmpty()
                    ? java.util.stream.Stream.of(d.file().getFileName().toString()) : d.hooks().stream()).toList();
            throw new UserError("nothing of the name '" + name + "' is deployed" + Nearest.suggest(name, known));
        }
        try {
            deployments.undeploy(chosen.stream().map(Deployment::file).toList());
        } catch (IOException e) {
            throw new UserError("it cannot be deleted: " + e.getMessage(), e);
        }
        return chosen;
    }

    @Override
    public List<Leak> leaks(boolean collect) {
        return deployments.leaks(collect);
    }

    @Override
    public void enable(String hook, boolean enabled) {
        Run run = run();
        if (!run.enable(hook, enabled)) {
            throw unknown(run, hook);
        }
    }

    @Override
    public Map<String, Object> set(String hook, Map<String, String> settings) throws InterruptedException {
        Run run = run();
        HookInfo info = hook(run, hook);
        if (settings.keySet().stream().anyMatch(k -> k.equals("name") || k.equals("run.id"))) {
            throw new UserError("the name of a hook cannot be changed while a run goes on");
        }
        HookType type = configurations.kinds().stream().map(Kind::type)
                .filter(t -> t.type().equals(info.type())).findFirst()
                .orElseThrow(() -> new UserError("hook " + hook + " is no component with a configuration"));
        Map<String, Object> change = HookSettings.read(type, settings);
        try {
            configurations.update(type, hook, run.info().id(), change);
        } catch (IOException e) {
            throw new UserError("the configuration of " + hook + " cannot be stored: " + e.getMessage(), e);
        }
        return Collections.unmodifiableMap(change);
    }

    @Override
    public int level(String hook, String level) {
        Run run = run();
        hook(run, hook);
        int value = HookSettings.level(level, hook);
        if (!run.move(hook, value)) {
            throw unknown(run, hook);
        }
        return value;
    }

    @Override
    public double learningRate(double learningRate) throws InterruptedException {
        if (!(learningRate >= 0 && learningRate < Double.POSITIVE_INFINITY)) {
            throw new UserError("the learning rate is " + learningRate + ", expected a number of 0 or more");
        }
        Run run = run();
        Stepper stepper = run.findFacet(Stepper.class)
                .orElseThrow(() -> new UserError("this run has no optimizer, or has not begun"));
        AtomicReference<Double> before = new AtomicReference<>(Double.NaN);
        try {
            run.betweenIterations(() -> {
                before.set(stepper.learningRate());
                stepper.setLearningRate(learningRate);
            }).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new UserError("the iteration lasts: the learning rate will be set when it ends", e);
        } catch (ExecutionException e) {
            throw new UserError(e.getCause().getMessage(), e);
        }
        return before.get();
    }

    @Override
    public String checkpoint() {
        Run run = run();
        HookInfo writer = run.hooks().list().stream()
                .filter(h -> h.type().equals(CHECKPOINTS) && h.state() == HookInfo.State.ACTIVE).findFirst()
                .orElseThrow(() -> new UserError("this run has no " + CHECKPOINTS
                        + ", which would write a checkpoint"));
        run.checkpoint("hookline checkpoint");
        return writer.name();
    }

    @Override
    public boolean pause() throws InterruptedException {
        Run run = run();
        run.pause();
        long end = System.nanoTime() + PAUSE_NANOS;
        while (!run.held() && System.nanoTime() < end) {
            Thread.sleep(2);
        }
        return run.held();
    }

    @Override
    public void resume() {
        Run run = run();
        if (!run.paused()) {
            throw new UserError("the run is not paused");
        }
        run.resume();
    }

    @Override
    public void stop() {
        run().stop("hookline stop");
    }

    /** Joins what a hook has with what is set. */
    @SuppressWarnings("JdkObsolete") // Configuration Admin takes a Dictionary
    static Hashtable<String, Object> joined(java.util.Dictionary<String, Object> before, Map<String, Object> change) {
        Hashtable<String, Object> all = new Hashtable<>();
        if (before != null) {
            for (String key : Collections.list(before.keys())) {
                if (!key.equals("service.pid") && !key.equals("service.factoryPid")) {
                    all.put(key, before.get(key));
                }
            }
        }
        all.putAll(change);
        return all;
    }
}
