// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.Level;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;

/** Counts iterations and hands its count on. What it saw it leaves in system properties, which need no common class. */
@Component(service = Hook.class, name = "CountingHook", configurationPolicy = ConfigurationPolicy.OPTIONAL)
@Level("LOW")
public final class CountingHook implements StatefulHook {
    private long count;
    private long begun = -1;

    @Override
    public void beforeTrainIter(TrainingContext context) {
        begun = context.progress().iteration();
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        long iteration = context.progress().iteration();
        if (begun != iteration) {
            System.setProperty("counting.torn", begun + " " + iteration);
        }
        if (count++ == 0) {
            System.setProperty("counting.first", Long.toString(iteration));
        }
        System.setProperty("counting.last", Long.toString(iteration));
        System.setProperty("counting.count", Long.toString(count));
        // In one: whoever reads it does so while the run goes on.
        System.setProperty("counting.seen", System.getProperty("counting.first") + " " + iteration + " " + count);
    }

    @Override
    public Map<String, Object> saveState() {
        return Map.of("count", count);
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        count = (Long) state.get("count");
    }
}
