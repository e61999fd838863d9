// SPDX-License-Identifier: Apache-2.0
package org.hookline.library;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.hookline.api.Hook;
import org.hookline.api.HookProperties;
import org.hookline.api.UserError;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.log.LogWriter;
import org.hookline.api.model.LossProvider;
import org.hookline.api.model.MetricProvider;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Nearest;
import org.hookline.api.options.Option;
import org.hookline.engine.HooklineEngine;
import org.hookline.engine.RunListener;
import org.hookline.engine.RunResult;
import org.hookline.engine.TrainingTaskFactory;
import org.hookline.library.internal.Component;
import org.hookline.runfile.HookEntry;
import org.hookline.runfile.HookType;
import org.hookline.runfile.Installed;
import org.hookline.runfile.MetatypeReader;
import org.hookline.runfile.RunFile;
import org.hookline.runfile.RunFileReader;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.hookline.trainer.DataOptions;
import org.hookline.trainer.DjlTaskFactory;
import org.hookline.trainer.Optimizers;

/**
 * Everything of Hookline that lies on the class path or the module path, for a program without OSGi. What a jar offers
 * is read from its component descriptions, which are the same that OSGi reads; the instances are made with their
 * constructors. For any thread.
 *
 * <pre>{@code
 * Library library = Library.load();
 * HooklineEngine engine = new HooklineEngine();
 * engine.add(new MyHook(0.9), Map.of("level", "LOW"));
 * RunResult result = library.train(engine, library.read(Path.of("digits.yaml")), Path.of("output"), event -> {});
 * }</pre>
 */
public final class Library {
    private final ClassLoader loader;
    private final List<Component> components;
    private final Optional<Torch> torch;
    private final Map<String, DatasetProvider> datasets;
    private final Map<String, ModelProvider> models;
    private final Map<String, LossProvider> losses;
    private final Map<String, MetricProvider> metrics;

    private Library(ClassLoader loader) {
        this.loader = loader;
        components = Component.all(loader);
        torch = Optional.of(TorchLoader.load());
        datasets = providers(DatasetProvider.class, DatasetProvider.TYPE);
        models = providers(ModelProvider.class, ModelProvider.TYPE);
        losses = providers(LossProvider.class, LossProvider.TYPE);
        metrics = providers(MetricProvider.class, MetricProvider.TYPE);
    }

    /**
     * Looks round, with the class loader of this class, and starts DJL's PyTorch engine.
     *
     * @return what is there
     */
    public static Library load() {
        return load(Library.class.getClassLoader());
    }

    /**
     * Looks round, and starts DJL's PyTorch engine.
     *
     * @param loader sees the jars
     * @return what is there
     */
    public static Library load(ClassLoader loader) {
        return new Library(loader);
    }

    private <P> Map<String, P> providers(Class<P> service, String property) {
        Map<String, P> providers = new TreeMap<>();
        for (Component component : offering(service)) {
            providers.put(String.valueOf(component.properties().get(property)),
                    service.cast(component.make(Map.of(), torch)));
        }
        return providers;
    }

    private List<Component> offering(Class<?> service) {
        return components.stream().filter(c -> c.services().contains(service.getName())).toList();
    }

    /** {@return the types of the hooks that are there, sorted} */
    public List<String> hookTypes() {
        return offering(Hook.class).stream().map(Component::name).sorted().toList();
    }

    /**
     * Makes a hook.
     *
     * @param type its type, for example {@code OptimizerHook}
     * @param parameters component properties, such as {@code gradClip.maxNorm}; all others have their defaults
     * @return the hook
     * @throws UserError if there is no such type, or a parameter is refused
     */
    public Hook hook(String type, Map<String, ?> parameters) {
        return (Hook) component(Hook.class, type).make(parameters, torch);
    }

    /**
     * Gives what a type says of itself, for {@link HooklineEngine#add}.
     *
     * @param type the type of a hook
     * @return its service properties: {@code component.name}, {@code level}, {@code hook.kind} and so on
     * @throws UserError if there is no such type
     */
    public Map<String, Object> properties(String type) {
        return new LinkedHashMap<>(component(Hook.class, type).properties());
    }

    private Component component(Class<?> service, String type) {
        List<Component> there = offering(service);
        return there.stream().filter(c -> c.name().equals(type)).findFirst()
                .orElseThrow(() -> new UserError("there is no " + service.getSimpleName() + " '" + type + "'"
                        + Nearest.suggest(type, there.stream().map(Component::name).sorted().toList())));
    }

    /** {@return what makes tasks of the data sets, models, losses and metrics that are there} */
    public TrainingTaskFactory tasks() {
        return new DjlTaskFactory(torch, datasets, models, losses, metrics);
    }

    /**
     * Reads a run file, with all its checks.
     *
     * @param file the file
     * @param settings such as {@code train.epochs=2}
     * @return the run file
     * @throws UserError if there is a mistake in it
     */
    public RunFile read(Path file, String... settings) {
        return new RunFileReader(installed(), Path.of("").toAbsolutePath()).read(file, List.of(settings)).require();
    }

    private Installed installed() {
        List<HookType> hooks = new ArrayList<>();
        offering(Hook.class).forEach(c -> hooks.add(type(c, false)));
        offering(LogWriter.class).forEach(c -> hooks.add(type(c, true)));
        return new Installed(hooks, options(datasets, DatasetProvider::options),
                options(models, ModelProvider::options), options(losses, LossProvider::options),
                options(metrics, MetricProvider::options), Optimizers.declared(), DataOptions.declared(), true);
    }

    private static <P> Map<String, List<Option>> options(Map<String, P> providers, Function<P, List<Option>> ask) {
        Map<String, List<Option>> options = new LinkedHashMap<>();
        providers.forEach((type, provider) -> options.put(type, ask.apply(provider)));
        return options;
    }

    private HookType type(Component component, boolean writer) {
        Optional<MetatypeReader.Description> described = component.settings().flatMap(settings -> {
            try (InputStream in = loader.getResourceAsStream("OSGI-INF/metatype/" + settings.getName() + ".xml")) {
                return in == null ? Optional.empty()
                        : Optional.ofNullable(MetatypeReader.read(in).get(component.name()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return new HookType(component.name(), component.name(), writer,
                described.map(MetatypeReader.Description::description).orElse(""),
                described.map(MetatypeReader.Description::parameters));
    }

    /**
     * Trains on the calling thread, with the hooks and writers of the run file and those that the engine has already.
     *
     * @param engine trains; hooks may be added and removed meanwhile, and the run is in {@link HooklineEngine#runs()}
     * @param runFile what is trained
     * @param folder where the run writes; made if it is missing
     * @param listener is told of every event
     * @return how it ended; a failure is in it and not thrown
     * @throws UserError if something in the run file cannot be had
     * @throws IOException if the data cannot be read, or the folder not be made
     */
    public RunResult train(HooklineEngine engine, RunFile runFile, Path folder, RunListener listener)
            throws IOException {
        String id = runFile.spec().name() + "-" + Long.toUnsignedString(System.nanoTime(), 36);
        List<HooklineEngine.Registration> added = new ArrayList<>();
        try {
            Map<LogWriter, Map<String, Object>> writers = writers(runFile, id);
            for (HookEntry entry : runFile.hooks()) {
                if (!entry.writer()) {
                    Component component = component(Hook.class, entry.type());
                    Map<String, Object> properties = new LinkedHashMap<>(component.properties());
                    properties.putAll(entry.properties(id));
                    Hook hook = (Hook) component.make(properties, torch);
                    writers.forEach((writer, its) -> component.bind(hook, LogWriter.class, writer, its));
                    added.add(engine.add(hook, properties));
                }
            }
            Files.createDirectories(folder);
            var run = engine.prepare(id, runFile.spec(), folder, tasks().create(runFile.spec()), listener);
            return run.execute();
        } finally {
            added.forEach(HooklineEngine.Registration::close);
        }
    }

    private Map<LogWriter, Map<String, Object>> writers(RunFile runFile, String id) {
        Map<LogWriter, Map<String, Object>> writers = new LinkedHashMap<>();
        for (HookEntry entry : runFile.hooks()) {
            if (entry.writer()) {
                Component component = component(LogWriter.class, entry.type());
                Map<String, Object> properties = new LinkedHashMap<>(component.properties());
                properties.putAll(entry.properties(id));
                properties.put("service.id", (long) writers.size());
                properties.put(HookProperties.NAME, entry.name());
                writers.put((LogWriter) component.make(properties, torch), properties);
            }
        }
        return writers;
    }
}
