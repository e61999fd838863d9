// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrscheduler.internal;

import java.util.List;
import java.util.Optional;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/**
 * How the learning rate goes.
 *
 * @param curve the schedule; {@link Schedule.InverseSqrt} with scale 0 takes the length of the warm-up
 * @param plateau the plateau schedule, under which the curve is constant
 * @param metric what the plateau schedule watches; empty for the loss of the first evaluated split
 * @param higherIsBetter its direction; empty where the metric says it
 * @param byEpoch whether the schedule counts epochs instead of optimizer steps
 * @param total where curves end; 0 for the end of the run
 * @param warmup the warm-up; its steps are 0 where they come from the ratio
 * @param warmupRatio the length of the warm-up as a share of the run's steps; 0 where it has none or a number of steps
 */
public record LrSettings(
        Schedule curve, Optional<Plateau.Settings> plateau, String metric, Optional<Boolean> higherIsBetter,
        boolean byEpoch, long total, Warmup warmup, double warmupRatio) {

    private static final List<String> SCHEDULES = List.of("constant", "step", "multi_step", "exponential", "cosine",
            "cosine_restarts", "linear", "polynomial", "one_cycle", "plateau", "inverse_sqrt");

    /**
     * A schedule by optimizer steps over the whole run, without warm-up.
     *
     * @param curve the schedule
     * @return the settings
     */
    public static LrSettings of(Schedule curve) {
        return new LrSettings(curve, Optional.empty(), "", Optional.empty(), false, 0, Warmup.NONE, 0);
    }

    static LrSettings of(LrSchedulerConfig c) {
        String name = choice("schedule", c.schedule(), SCHEDULES);
        boolean byEpoch = choice("by", c.by(), List.of("step", "epoch")).equals("epoch");
        boolean linear = choice("warmup.type", c.warmup_type(), List.of("linear", "constant")).equals("linear");
        check("total", c.total() >= 0, c.total(), "0 or more");
        check("warmup.steps", c.warmup_steps() >= 0, c.warmup_steps(), "0 or more");
        check("warmup.ratio", c.warmup_ratio() >= 0 && c.warmup_ratio() < 1, c.warmup_ratio(), "0 up to below 1");
        check("warmup.start_factor", c.warmup_startFactor() >= 0 && c.warmup_startFactor() <= 1,
                c.warmup_startFactor(), "0 to 1");
        boolean warms = c.warmup_steps() > 0 || c.warmup_ratio() > 0;
        if (c.warmup_steps() > 0 && c.warmup_ratio() > 0) {
            throw new UserError("LRSchedulerHook: warmup.steps and warmup.ratio are both given, expected one of them");
        }
        if (warms && name.equals("one_cycle")) {
            throw new UserError(
                    "LRSchedulerHook: one_cycle has a rise of its own (pct_start), expected no warmup beside it");
        }
        Warmup warmup = warms ? new Warmup(c.warmup_steps(), linear, c.warmup_startFactor()) : Warmup.NONE;
        return new LrSettings(curve(name, c), name.equals("plateau") ? Optional.of(plateau(c)) : Optional.empty(),
                c.metric().strip(), direction(c.mode()), byEpoch, c.total(), warmup, c.warmup_ratio());
    }

    private static Schedule curve(String name, LrSchedulerConfig c) {
        check("min_lr", c.minLr() >= 0, c.minLr(), "0 or more");
        check("gamma", c.gamma() >= 0, c.gamma(), "above 0");
        double gamma = c.gamma() == 0 ? 0.1 : c.gamma();
        return switch (name) {
            case "step" -> {
                check("step_size", c.stepSize() > 0, c.stepSize(), "1 or more for schedule step");
                yield new Schedule.Step(c.stepSize(), gamma);
            }
            case "multi_step" -> {
                check("milestones", c.milestones().length > 0, "empty", "a list of times for schedule multi_step");
                yield new Schedule.MultiStep(c.milestones().clone(), gamma);
            }
            case "exponential" -> {
                check("gamma", c.gamma() > 0, c.gamma(), "a number above 0 for schedule exponential");
                yield new Schedule.Exponential(c.gamma());
            }
            case "cosine" -> new Schedule.Cosine(c.minLr());
            case "cosine_restarts" -> {
                check("cycle", c.cycle() > 0, c.cycle(), "1 or more for schedule cosine_restarts");
                check("cycle_factor", c.cycleFactor() > 0, c.cycleFactor(), "1 or more");
                yield new Schedule.CosineRestarts(c.cycle(), c.cycleFactor(), c.minLr());
            }
            case "linear" -> {
                check("start_factor", c.startFactor() >= 0, c.startFactor(), "0 or more");
                check("end_factor", c.endFactor() >= 0, c.endFactor(), "0 or more");
                yield new Schedule.Linear(c.startFactor(), c.endFactor());
            }
            case "polynomial" -> {
                check("power", c.power() > 0, c.power(), "a number above 0");
                yield new Schedule.Polynomial(c.power(), c.minLr());
            }
            case "one_cycle" -> {
                check("pct_start", c.pctStart() >= 0 && c.pctStart() <= 1, c.pctStart(), "0 to 1");
                check("div_factor", c.divFactor() > 0, c.divFactor(), "a number above 0");
                check("final_div_factor", c.finalDivFactor() > 0, c.finalDivFactor(), "a number above 0");
                boolean linear = choice("anneal", c.anneal(), List.of("cos", "linear")).equals("linear");
                yield new Schedule.OneCycle(c.pctStart(), c.divFactor(), c.finalDivFactor(), linear, c.threePhase());
            }
            case "inverse_sqrt" -> {
                check("timescale", c.timescale() >= 0, c.timescale(), "0 or more");
                yield new Schedule.InverseSqrt(c.timescale());
            }
            default -> new Schedule.Constant();
        };
    }

    private static Plateau.Settings plateau(LrSchedulerConfig c) {
        check("factor", c.factor() > 0 && c.factor() < 1, c.factor(), "above 0 and below 1");
        check("patience", c.patience() >= 0, c.patience(), "0 or more");
        check("threshold", c.threshold() >= 0, c.threshold(), "0 or more");
        check("cooldown", c.cooldown() >= 0, c.cooldown(), "0 or more");
        boolean relative = choice("threshold_mode", c.thresholdMode(), List.of("rel", "abs")).equals("rel");
        return new Plateau.Settings(c.factor(), c.patience(), c.threshold(), relative, c.cooldown(), c.minLr());
    }

    private static Optional<Boolean> direction(String mode) {
        return mode.isBlank()
                ? Optional.empty()
                : Optional.of(choice("mode", mode, List.of("min", "max")).equals("max"));
    }

    private static String choice(String key, String given, List<String> known) {
        String wanted = given.strip();
        return known.stream().filter(wanted::equalsIgnoreCase).findFirst().orElseThrow(() -> new UserError(
                "LRSchedulerHook: " + key + " is '" + given + "'" + Nearest.suggest(wanted, known)));
    }

    private static void check(String key, boolean good, Object given, String expected) {
        if (!good) {
            throw new UserError("LRSchedulerHook: " + key + " is " + given + ", expected " + expected);
        }
    }

    /**
     * Fixes what depends on the length of the run.
     *
     * @param plannedSteps the optimizer steps of the whole run
     * @param epochs the passes over the data of the whole run
     * @return the learning rate over time
     */
    LearningRate over(long plannedSteps, double epochs) {
        Warmup resolved = warmupRatio > 0
                ? new Warmup(Math.round(warmupRatio * plannedSteps), warmup.linear(), warmup.start())
                : warmup;
        Schedule schedule = curve;
        if (curve instanceof Schedule.InverseSqrt(double scale) && scale == 0) {
            double warm = byEpoch ? LearningRate.inEpochs(resolved.steps(), plannedSteps, epochs) : resolved.steps();
            schedule = new Schedule.InverseSqrt(warm > 0 ? warm : 10_000);
        }
        return new LearningRate(schedule, resolved, byEpoch, total);
    }
}
