// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import org.hookline.api.Hook;
import org.hookline.api.Level;
import org.hookline.api.TrainingContext;
import org.osgi.service.component.annotations.Component;

/** A hook as a third party would write it. What it saw it leaves in system properties, which need no common class. */
@Component(service = Hook.class, name = "DroppedHook")
@Level("LOW")
public final class DroppedHook implements Hook {
    private long calls;

    @Override
    public void beforeTrain(TrainingContext context) {
        System.setProperty("dropped.late", Boolean.toString(context.late()));
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        long iteration = context.progress().iteration();
        if (calls++ == 0) {
            System.setProperty("dropped.first", Long.toString(iteration));
        }
        System.setProperty("dropped.last", Long.toString(iteration));
        System.setProperty("dropped.calls", Long.toString(calls));
    }
}
