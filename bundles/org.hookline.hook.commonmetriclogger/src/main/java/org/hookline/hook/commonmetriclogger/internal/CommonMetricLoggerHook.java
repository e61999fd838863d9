// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.commonmetriclogger.internal;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import org.hookline.api.Progress.Mode;
import org.hookline.api.RunInfo;
import org.hookline.api.UserError;
import org.hookline.api.log.Console;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogWriter;
import org.hookline.api.options.Nearest;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Shows the training to a person: on a terminal a progress line that is rewritten in place, and lines that stay for
 * epochs and evaluations; elsewhere plain lines, not more often than somebody can read them. The console is a service
 * and may be missing: then plain lines go to standard output.
 */
@Component(service = LogWriter.class, name = "CommonMetricLoggerHook",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = CommonMetricLoggerConfig.class, factory = true)
public final class CommonMetricLoggerHook implements LogWriter {
    /** Ten times a second is as often as somebody can see. */
    private static final long REDRAW_NANOS = 100_000_000;

    private final Bar bar;
    private final double interval;
    private final Lines lines;
    private final LongSupplier nanoTime;
    private final PrintStream out;

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile Console console;

    private long drawn;
    private long printed;
    private double epochStart;

    /**
     * Makes the writer from its configuration.
     *
     * @param config the parameters
     */
    @Activate
    public CommonMetricLoggerHook(CommonMetricLoggerConfig config) {
        this(config, System.getenv(), System::nanoTime, System.out);
    }

    /**
     * Makes the writer for use without OSGi.
     *
     * @param config the parameters
     * @param environment of the process: {@code TERM} says what the terminal can show
     * @param nanoTime the clock, in nanoseconds
     * @param out where lines go without a console
     * @throws UserError if a parameter is wrong
     */
    public CommonMetricLoggerHook(CommonMetricLoggerConfig config, Map<String, String> environment,
            LongSupplier nanoTime, PrintStream out) {
        bar = switch (config.bar().strip().toLowerCase(Locale.ROOT)) {
            case "auto" -> "linux".equals(environment.get("TERM")) ? Bar.ASCII : Bar.UNICODE;
            case "unicode" -> Bar.UNICODE;
            case "ascii" -> Bar.ASCII;
            case "none" -> Bar.NONE;
            default -> throw new UserError("CommonMetricLoggerHook: bar is '" + config.bar() + "'"
                    + Nearest.suggest(config.bar(), List.of("auto", "unicode", "ascii", "none")));
        };
        if (!(config.interval() >= 0)) {
            throw new UserError("CommonMetricLoggerHook: interval is " + config.interval()
                    + ", expected a number of seconds, 0 or more");
        }
        interval = config.interval();
        lines = new Lines(List.of(config.scalars()));
        this.nanoTime = nanoTime;
        this.out = out;
    }

    /**
     * Sets the console, for use without OSGi.
     *
     * @param console where to show; null for standard output
     */
    public void setConsole(Console console) {
        this.console = console;
    }

    @Override
    public void open(RunInfo run) {
        long now = nanoTime.getAsLong();
        drawn = now - REDRAW_NANOS;
        printed = now;
        epochStart = 0;
    }

    @Override
    public void write(LogRecord entry) {
        switch (entry.kind()) {
            case TRAINING -> training(entry);
            case EVALUATION -> line(lines.evaluation(entry));
            case END -> status("");
        }
    }

    private void training(LogRecord entry) {
        boolean epochEnds = entry.mode() == Mode.BY_EPOCH && entry.innerIteration() >= entry.innerIterations();
        if (epochEnds || (entry.mode() == Mode.BY_ITER && entry.iteration() >= entry.iterations())) {
            line(lines.done(entry, entry.elapsedSeconds() - epochStart));
            epochStart = entry.elapsedSeconds();
            return;
        }
        Console shown = console;
        long now = nanoTime.getAsLong();
        if (shown != null && shown.terminal()) {
            if (now - drawn >= REDRAW_NANOS) {
                drawn = now;
                shown.status(lines.status(entry, bar, shown.columns()));
            }
        } else if ((now - printed) * 1e-9 >= interval) {
            line(lines.training(entry));
        }
    }

    private void line(String text) {
        printed = nanoTime.getAsLong();
        Console shown = console;
        if (shown != null) {
            shown.line(text);
        } else {
            out.println(text);
        }
    }

    private void status(String text) {
        Console shown = console;
        if (shown != null) {
            shown.status(text);
        }
    }

    @Override
    public void close() {
        status("");
    }
}
