// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.emaepoch.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.Progress;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.Weights;
import org.hookline.averaging.AveragedWeights;
import org.hookline.checkpoint.ArrayTensors;
import org.hookline.safetensors.DType;
import org.hookline.safetensors.SafetensorsWriter;
import org.hookline.safetensors.Tensor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the average of {@code EMAIterHook}, with the model's buffers, into {@code ema/epoch-<N>.safetensors} of the
 * run folder at the end of each pass over the data, in both modes. The parameters go from the device one at a time.
 */
@Component(service = Hook.class, name = "EMAEpochHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = EmaEpochConfig.class, factory = true)
@Level("LOW")
@HookKind(HookKind.OBSERVER)
public final class EmaEpochHook implements StatefulHook, LiveHook<EmaEpochConfig> {
    private static final Logger LOG = LoggerFactory.getLogger(EmaEpochHook.class);

    private final LiveSettings<EmaEpochConfig> given;
    private EmaEpochConfig config;
    private final Deque<String> written = new ArrayDeque<>();
    private boolean loaded;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public EmaEpochHook(EmaEpochConfig config) {
        given = LiveSettings.of(() -> checked(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(EmaEpochConfig config) {
        given.offer(() -> checked(config));
    }

    @Override
    public LiveSettings<EmaEpochConfig> liveSettings() {
        return given;
    }

    private static EmaEpochConfig checked(EmaEpochConfig c) {
        if (c.period() < 1) {
            throw new UserError("EMAEpochHook: period is " + c.period() + ", expected 1 or more");
        }
        if (c.maxKeep() < 0) {
            throw new UserError("EMAEpochHook: max_keep is " + c.maxKeep() + ", expected 0 or more");
        }
        return c;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        config = given.get();
        if (!loaded) {
            written.clear();
        }
        loaded = false;
    }

    @Override
    public void settingsChanged(TrainingContext context, EmaEpochConfig before) {
        config = given.get();
    }

    @Override
    public void afterTrainIter(TrainingContext context) throws IOException {
        // In epoch mode afterTrainEpoch is the moment: what other hooks do to the average there comes before it.
        Progress p = context.progress();
        if (p.mode() == Progress.Mode.BY_ITER && p.innerIteration() + 1 >= p.innerIterations()) {
            passDone(context);
        }
    }

    @Override
    public void afterTrainEpoch(TrainingContext context) throws IOException {
        passDone(context);
    }

    private void passDone(TrainingContext context) throws IOException {
        int passes = context.progress().epoch() + 1;
        if (passes % config.period() != 0) {
            return;
        }
        Optional<NDArray> average = context.shared().get(AveragedWeights.EMA);
        if (average.isPresent()) {
            write(context, average.get(), passes);
        } else if (context.hooks().list().stream().anyMatch(h -> h.order() > 0 && h.type().equals("EMAIterHook"))) {
            LOG.info("epoch {}: the average has not started yet (start of EMAIterHook), nothing is written", passes);
        } else {
            throw new UserError(context.hookName() + ": there is no average to write, expected EMAIterHook in "
                    + "custom_hooks of the run file");
        }
    }

    private void write(TrainingContext context, NDArray average, int passes) throws IOException {
        Path folder = context.run().folder().resolve("ema");
        Files.createDirectories(folder);
        String name = "epoch-%04d.safetensors".formatted(passes);
        Path file = folder.resolve(name);
        SafetensorsWriter.write(file, tensors(context, average), Map.of(
                "format", "pt",
                "hookline.run", context.run().name(),
                "hookline.epoch", Integer.toString(passes),
                "hookline.iteration", Long.toString(context.progress().iteration()
                        + (duringIteration(context) ? 1 : 0)),
                "hookline.steps", Long.toString(context.stepper().steps())));
        context.event("ema_written", Map.of("file", "ema/" + name, "epoch", passes));
        written.remove(name);
        written.add(name);
        while (config.maxKeep() > 0 && written.size() > config.maxKeep()) {
            Files.deleteIfExists(folder.resolve(written.remove()));
        }
    }

    private static boolean duringIteration(TrainingContext context) {
        return context.progress().mode() == Progress.Mode.BY_ITER;
    }

    private static List<Tensor> tensors(TrainingContext context, NDArray average) {
        Weights weights = context.weights();
        NDManager scope = context.manager();
        List<Tensor> tensors = new ArrayList<>();
        long at = 0;
        for (String name : weights.names()) {
            long[] shape = weights.parameter(name).getShape().getShape();
            long from = at;
            at += weights.parameter(name).size();
            long to = at;
            tensors.add(Tensor.of(name, DType.F32, shape, () -> {
                try (NDArray part = average.get(scope, new NDIndex().addSliceDim(from, to))) {
                    return MemorySegment.ofBuffer(part.toByteBuffer());
                }
            }));
        }
        weights.buffers().forEach((name, buffer) -> tensors.add(ArrayTensors.of(name, buffer)));
        return tensors;
    }

    @Override
    public Map<String, Object> saveState() {
        return Map.of("written", List.copyOf(written));
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion() || !(state.get("written") instanceof List<?> names)) {
            throw new IllegalArgumentException("state of version " + version
                    + " has no list 'written', expected version " + stateVersion());
        }
        written.clear();
        names.forEach(n -> written.add(n.toString()));
        loaded = true;
    }
}
