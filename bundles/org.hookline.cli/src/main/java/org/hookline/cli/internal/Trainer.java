// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.hookline.api.UserError;
import org.hookline.engine.TrainingTaskFactory;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.util.tracker.ServiceTracker;

/** The trainer's service, for the time of a command. */
final class Trainer implements AutoCloseable {
    private static final long PATIENCE_MILLIS = TimeUnit.SECONDS.toMillis(5);

    private final ServiceTracker<TrainingTaskFactory, TrainingTaskFactory> tracker;
    private final TrainingTaskFactory factory;

    /**
     * Finds it.
     *
     * @param context of this bundle
     * @param components tells why there is none
     * @throws UserError if it does not come up because of what the user gave
     * @throws Failed if it does not come up otherwise
     */
    Trainer(BundleContext context, Components components) throws Failed {
        tracker = new ServiceTracker<>(context, TrainingTaskFactory.class, null);
        tracker.open();
        try {
            factory = tracker.waitForService(PATIENCE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            tracker.close();
            throw new Failed("interrupted while waiting for the trainer", e);
        }
        if (factory == null) {
            tracker.close();
            Reason reason = components.failure(Trainer::isFactory, c -> true)
                    .orElseGet(() -> components.waiting(Trainer::isFactory, c -> true));
            if (reason.users()) {
                throw new UserError(reason.text());
            }
            throw new Failed("there is no trainer: " + reason.text());
        }
    }

    private static boolean isFactory(ComponentDescriptionDTO component) {
        return List.of(component.serviceInterfaces).contains(TrainingTaskFactory.class.getName());
    }

    TrainingTaskFactory factory() {
        return factory;
    }

    @Override
    public void close() {
        tracker.close();
    }
}
