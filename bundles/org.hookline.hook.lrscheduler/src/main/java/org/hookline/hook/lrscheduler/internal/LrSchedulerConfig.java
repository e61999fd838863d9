// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrscheduler.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The parameters of {@link LrSchedulerHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "LRSchedulerHook",
        description = "Sets the learning rate of each optimizer step by a schedule, with a warm-up, and logs it.")
public @interface LrSchedulerConfig {
    /** {@return the kind of schedule} */
    @AttributeDefinition(
            name = "schedule",
            description = "Curve of the learning rate; it starts from the optimizer's lr. Default constant.",
            options = {
                @Option(value = "constant"),
                @Option(value = "step"),
                @Option(value = "multi_step"),
                @Option(value = "exponential"),
                @Option(value = "cosine"),
                @Option(value = "cosine_restarts"),
                @Option(value = "linear"),
                @Option(value = "polynomial"),
                @Option(value = "one_cycle"),
                @Option(value = "plateau"),
                @Option(value = "inverse_sqrt")
            })
    String schedule() default "constant";

    /** {@return what the schedule counts} */
    @AttributeDefinition(
            name = "by",
            description = "What the schedule counts: optimizer steps (step) or passes over the data (epoch). "
                    + "Default step.",
            options = {@Option(value = "step"), @Option(value = "epoch")})
    String by() default "step";

    /** {@return where curves end, 0 for the end of the run} */
    @AttributeDefinition(
            name = "total",
            description = "Where cosine, linear, polynomial and one_cycle end, in units of 'by' from the start of "
                    + "training. 0 = the end of the run. Default 0.",
            min = "0")
    long total() default 0;

    /** {@return the time between two changes of the step schedule} */
    @AttributeDefinition(
            name = "step_size",
            description = "step: time between two changes, in units of 'by'. Must be given for step.",
            min = "0")
    long stepSize() default 0;

    /** {@return the times of changes of the multi_step schedule} */
    @AttributeDefinition(
            name = "milestones",
            description = "multi_step: times of the changes, in units of 'by' from the start of training. "
                    + "Must be given for multi_step.")
    long[] milestones() default {};

    /** {@return the factor of one change, 0 for the default of the schedule} */
    @AttributeDefinition(
            name = "gamma",
            description = "step, multi_step: factor of each change, default 0.1. exponential: factor of each unit of "
                    + "'by', must be given. 0 = that default.",
            min = "0")
    double gamma() default 0;

    /** {@return the lowest learning rate} */
    @AttributeDefinition(
            name = "min_lr",
            description = "cosine, cosine_restarts, polynomial, plateau: lowest learning rate. Default 0.",
            min = "0")
    double minLr() default 0;

    /** {@return the factor at the start of the linear schedule} */
    @AttributeDefinition(
            name = "start_factor",
            description = "linear: the learning rate at the start as a share of the optimizer's lr. Default 1.",
            min = "0")
    double startFactor() default 1;

    /** {@return the factor at the end of the linear schedule} */
    @AttributeDefinition(
            name = "end_factor",
            description = "linear: the learning rate at the end as a share of the optimizer's lr. Default 0.",
            min = "0")
    double endFactor() default 0;

    /** {@return the exponent of the polynomial schedule} */
    @AttributeDefinition(name = "power", description = "polynomial: the exponent. Default 1.", min = "0")
    double power() default 1;

    /** {@return the length of the first cycle of cosine_restarts} */
    @AttributeDefinition(
            name = "cycle",
            description = "cosine_restarts: length of the first cycle, in units of 'by'. "
                    + "Must be given for cosine_restarts.",
            min = "0")
    long cycle() default 0;

    /** {@return how much longer each cycle of cosine_restarts is} */
    @AttributeDefinition(
            name = "cycle_factor",
            description = "cosine_restarts: how many times as long as the one before each cycle is. Default 1.",
            min = "1")
    int cycleFactor() default 1;

    /** {@return the share of time in which one_cycle rises} */
    @AttributeDefinition(
            name = "pct_start",
            description = "one_cycle: share of the time in which the learning rate rises, 0 to 1. Default 0.3.",
            min = "0",
            max = "1")
    double pctStart() default 0.3;

    /** {@return the divisor of the first learning rate of one_cycle} */
    @AttributeDefinition(
            name = "div_factor",
            description = "one_cycle: the optimizer's lr, which is the highest, divided by the first. Default 25.",
            min = "0")
    double divFactor() default 25;

    /** {@return the divisor of the last learning rate of one_cycle} */
    @AttributeDefinition(
            name = "final_div_factor",
            description = "one_cycle: the first learning rate divided by the last. Default 10000.",
            min = "0")
    double finalDivFactor() default 1e4;

    /** {@return the shape of one_cycle} */
    @AttributeDefinition(
            name = "anneal",
            description = "one_cycle: shape of the change. Default cos.",
            options = {@Option(value = "cos"), @Option(value = "linear")})
    String anneal() default "cos";

    /** {@return whether one_cycle has three phases} */
    @AttributeDefinition(
            name = "three_phase",
            description = "one_cycle: fall to the first learning rate as fast as it rose, and only then to the last. "
                    + "Default false.")
    boolean threePhase() default false;

    /** {@return the time scale of inverse_sqrt} */
    @AttributeDefinition(
            name = "timescale",
            description = "inverse_sqrt: time after the warm-up in which the learning rate falls to 71 %, in units of "
                    + "'by'. 0 = the length of the warm-up, or 10000 without one. Default 0.",
            min = "0")
    long timescale() default 0;

    /** {@return the metric of the plateau schedule} */
    @AttributeDefinition(
            name = "metric",
            description = "plateau: metric that is watched; one of an evaluation, such as test/accuracy, after each "
                    + "evaluation, any other, such as loss, as its mean over each epoch. "
                    + "Empty = the loss of the validation split, or of the test split. Default empty.")
    String metric() default "";

    /** {@return the direction of the plateau schedule's metric} */
    @AttributeDefinition(
            name = "mode",
            description = "plateau: whether a lower (min) or a higher (max) value is better. Empty = as the metric "
                    + "says. Default empty.",
            options = {@Option(label = "as the metric says", value = ""), @Option(value = "min"),
                @Option(value = "max")})
    String mode() default "";

    /** {@return the factor of the plateau schedule} */
    @AttributeDefinition(
            name = "factor",
            description = "plateau: factor by which the learning rate is lowered, above 0 and below 1. Default 0.1.",
            min = "0",
            max = "1")
    double factor() default 0.1;

    /** {@return the patience of the plateau schedule} */
    @AttributeDefinition(
            name = "patience",
            description = "plateau: how many values in a row may be no better; the next one lowers the learning rate. "
                    + "Default 10.",
            min = "0")
    int patience() default 10;

    /** {@return what counts as better for the plateau schedule} */
    @AttributeDefinition(
            name = "threshold",
            description = "plateau: how much better counts as better, as threshold_mode says. Default 0.0001.",
            min = "0")
    double threshold() default 1e-4;

    /** {@return the meaning of the threshold} */
    @AttributeDefinition(
            name = "threshold_mode",
            description = "plateau: threshold as a share of the best value (rel) or as an amount (abs). Default rel.",
            options = {@Option(value = "rel"), @Option(value = "abs")})
    String thresholdMode() default "rel";

    /** {@return the cooldown of the plateau schedule} */
    @AttributeDefinition(
            name = "cooldown",
            description = "plateau: how many values after a lowering are not counted. Default 0.",
            min = "0")
    int cooldown() default 0;

    /** {@return the shape of the warm-up} */
    @AttributeDefinition(
            name = "warmup.type",
            description = "Shape of the warm-up. Default linear.",
            options = {@Option(value = "linear"), @Option(value = "constant")})
    String warmup_type() default "linear";

    /** {@return the length of the warm-up in steps} */
    @AttributeDefinition(
            name = "warmup.steps",
            description = "Length of the warm-up in optimizer steps, whatever 'by' says. 0 = none. Default 0.",
            min = "0")
    long warmup_steps() default 0;

    /** {@return the length of the warm-up as a share of the run} */
    @AttributeDefinition(
            name = "warmup.ratio",
            description = "Length of the warm-up as a share of the run's optimizer steps, instead of warmup.steps. "
                    + "0 = none. Default 0.",
            min = "0",
            max = "1")
    double warmup_ratio() default 0;

    /** {@return the factor at the start of the warm-up} */
    @AttributeDefinition(
            name = "warmup.start_factor",
            description = "Factor of the learning rate at the start of the warm-up. Default 0.001.",
            min = "0",
            max = "1")
    double warmup_startFactor() default 0.001;
}
