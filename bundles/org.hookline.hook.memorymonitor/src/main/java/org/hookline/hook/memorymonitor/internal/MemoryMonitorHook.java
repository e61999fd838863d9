// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.memorymonitor.internal;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.DeviceMemory;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs the memory that the process and the run's GPU use, in MiB, and warns once each time it rises above a limit.
 * Never waits for the device. It has no state: what it logs is what is there.
 */
@Component(service = Hook.class, name = "MemoryMonitorHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = MemoryMonitorConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.OBSERVER)
public final class MemoryMonitorHook implements LiveHook<MemoryMonitorConfig> {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryMonitorHook.class);
    private static final double MIB = 1 << 20;
    private static final Pattern GPU = Pattern.compile("gpu:(\\d{1,4})");

    private final LiveSettings<MemoryMonitorConfig> given;
    private MemoryMonitorConfig config;
    private final List<MemorySource> sources;
    private final GpuOpener opener;
    private final Set<String> above = new HashSet<>();
    private Optional<GpuMemory> gpu = Optional.empty();

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public MemoryMonitorHook(MemoryMonitorConfig config) {
        this(config, List.of(new HeapMemory(Runtime.getRuntime()), new ResidentMemory(ResidentMemory.PROC)),
                GpuMemory::open);
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(MemoryMonitorConfig config) {
        given.offer(() -> checked(config));
    }

    @Override
    public LiveSettings<MemoryMonitorConfig> liveSettings() {
        return given;
    }

    MemoryMonitorHook(MemoryMonitorConfig config, List<MemorySource> sources, GpuOpener opener) {
        given = LiveSettings.of(() -> checked(config));
        this.sources = sources;
        this.opener = opener;
    }

    /** Opens the memory of a GPU by CUDA's number. */
    @FunctionalInterface
    interface GpuOpener {
        GpuMemory open(int number) throws GpuMemory.Unavailable;
    }

    private static MemoryMonitorConfig checked(MemoryMonitorConfig config) {
        if (config.period() < 1) {
            throw new UserError("MemoryMonitorHook: period is " + config.period() + ", expected 1 or more");
        }
        return config;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        config = given.get();
        above.clear();
        close();
        Matcher device = GPU.matcher(context.run().device());
        if (device.lookingAt()) {
            try {
                gpu = Optional.of(opener.open(Integer.parseInt(device.group(1))));
            } catch (GpuMemory.Unavailable e) {
                LOG.warn("the memory of {} is not told: {}", context.run().device(), e.getMessage());
            }
        }
    }

    @Override
    public void settingsChanged(TrainingContext context, MemoryMonitorConfig before) {
        config = given.get();
        above.clear();
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        if ((context.progress().iteration() + 1) % config.period() != 0) {
            return;
        }
        sources.forEach(source -> read(context, source));
        gpu.ifPresent(source -> read(context, source));
        context.findFacet(DeviceMemory.class).ifPresent(memory -> {
            DeviceMemory.Usage usage = memory.usage();
            context.metrics().put("memory/gpu_allocated", usage.allocated() / MIB, false);
            context.metrics().put("memory/gpu_reserved", usage.reserved() / MIB, false);
            context.metrics().put("memory/gpu_peak", usage.peakAllocated() / MIB, false);
        });
    }

    private void read(TrainingContext context, MemorySource source) {
        OptionalLong used = source.used();
        if (used.isPresent()) {
            double mib = used.getAsLong() / MIB;
            context.metrics().put("memory/" + source.name(), mib, false);
            compare(context, source.name(), mib);
        }
    }

    private void compare(TrainingContext context, String name, double mib) {
        long limit = switch (name) {
            case "heap" -> config.limit_heap();
            case "gpu" -> config.limit_gpu();
            default -> config.limit_resident();
        };
        if (limit <= 0 || mib <= limit) {
            above.remove(name);
        } else if (above.add(name)) {
            LOG.warn("iteration {}: {} memory is {} MiB, above the limit of {} MiB", context.progress().iteration() + 1,
                    name, Math.round(mib), limit);
            context.event("memory_limit", Map.of("memory", name, "mib", mib, "limit_mib", limit));
        }
    }

    @Override
    public void afterTrain(TrainingContext context) {
        close();
    }

    /** Lets go of the driver's libraries, where the hook leaves before its run ends. */
    @Deactivate
    public void close() {
        gpu.ifPresent(GpuMemory::close);
        gpu = Optional.empty();
    }
}
