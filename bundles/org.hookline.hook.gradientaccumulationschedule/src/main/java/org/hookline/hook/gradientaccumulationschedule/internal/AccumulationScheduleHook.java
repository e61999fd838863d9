// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.gradientaccumulationschedule.internal;

import java.util.Map;
import java.util.OptionalInt;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.TrainingContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Changes the number of micro-batches of an optimizer step by a schedule. It has no state: the progress of the run says
 * what holds. A number that a person set in between holds until the schedule's next entry.
 */
@Component(
        service = Hook.class,
        name = "GradientAccumulationScheduleHook",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = AccumulationScheduleConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.TRAINING)
public final class AccumulationScheduleHook implements LiveHook<AccumulationSchedule> {
    private final LiveSettings<AccumulationSchedule> given;
    private AccumulationSchedule schedule;
    private OptionalInt last = OptionalInt.empty();

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public AccumulationScheduleHook(AccumulationScheduleConfig config) {
        given = LiveSettings.of(() -> AccumulationSchedule.of(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(AccumulationScheduleConfig config) {
        given.offer(() -> AccumulationSchedule.of(config));
    }

    @Override
    public LiveSettings<AccumulationSchedule> liveSettings() {
        return given;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        schedule = given.get();
        last = OptionalInt.empty();
        apply(context, context.progress().iteration());
    }

    @Override
    public void settingsChanged(TrainingContext context, AccumulationSchedule before) {
        schedule = given.get();
        apply(context, context.progress().iteration());
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        // Ahead of the next iteration: a change holds from the step that begins after it.
        apply(context, context.progress().iteration() + 1);
    }

    private void apply(TrainingContext context, long iteration) {
        OptionalInt wanted = schedule.at(iteration, context.progress());
        if (wanted.isPresent() && !wanted.equals(last)) {
            last = wanted;
            int before = context.gradients().accumulate();
            if (before != wanted.getAsInt()) {
                context.gradients().setAccumulate(wanted.getAsInt());
                context.event("accumulate_changed", Map.of("from", before, "to", wanted.getAsInt()));
            }
        }
    }
}
