// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.memorymonitor.internal;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs the memory that the process uses, in MiB, and warns once each time it rises above a limit. Never waits for the
 * device.
 */
@Component(service = Hook.class, name = "MemoryMonitorHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = MemoryMonitorConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.OBSERVER)
public final class MemoryMonitorHook implements Hook {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryMonitorHook.class);
    private static final double MIB = 1 << 20;

    private final MemoryMonitorConfig config;
    private final List<MemorySource> sources;
    private final Set<String> above = new HashSet<>();

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public MemoryMonitorHook(MemoryMonitorConfig config) {
        this(config, List.of(new HeapMemory(Runtime.getRuntime()), new ResidentMemory(ResidentMemory.PROC)));
    }

    MemoryMonitorHook(MemoryMonitorConfig config, List<MemorySource> sources) {
        this.config = config;
        this.sources = sources;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        if (config.period() < 1) {
            throw new UserError("MemoryMonitorHook: period is " + config.period() + ", expected 1 or more");
        }
        above.clear();
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        if ((context.progress().iteration() + 1) % config.period() != 0) {
            return;
        }
        for (MemorySource source : sources) {
            OptionalLong used = source.used();
            if (used.isPresent()) {
                double mib = used.getAsLong() / MIB;
                context.metrics().put("memory/" + source.name(), mib, false);
                compare(context, source.name(), mib);
            }
        }
    }

    private void compare(TrainingContext context, String name, double mib) {
        long limit = name.equals("heap") ? config.limit_heap() : config.limit_resident();
        if (limit <= 0 || mib <= limit) {
            above.remove(name);
        } else if (above.add(name)) {
            LOG.warn("iteration {}: {} memory is {} MiB, above the limit of {} MiB", context.progress().iteration() + 1,
                    name, Math.round(mib), limit);
            context.event("memory_limit", Map.of("memory", name, "mib", mib, "limit_mib", limit));
        }
    }
}
