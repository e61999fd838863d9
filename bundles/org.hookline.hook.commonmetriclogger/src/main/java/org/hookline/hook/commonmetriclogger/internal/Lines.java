// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.commonmetriclogger.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hookline.api.Progress.Mode;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogRecord.Value;

/** Records as lines of text. Pure. */
final class Lines {
    private static final int WIDEST_BAR = 30;
    private static final int NARROWEST_BAR = 6;
    private static final String GAP = "  ";

    private final List<String> more;

    /**
     * Makes the lines of a writer.
     *
     * @param more names of scalars to show beside the usual ones
     */
    Lines(List<String> more) {
        this.more = List.copyOf(more);
    }

    /**
     * The line that is rewritten in place.
     *
     * @param r the record
     * @param bar the look of the bar
     * @param columns the width of the terminal; the bar takes what the text leaves
     * @return the line
     */
    String status(LogRecord r, Bar bar, int columns) {
        String count = r.mode() == Mode.BY_EPOCH ? Numbers.of(r.innerIteration(), r.innerIterations())
                : Numbers.of(r.iteration(), r.iterations());
        String tail = join(count, scalars(r), Numbers.clock(r.secondsLeft()) + " left");
        String head = r.mode() == Mode.BY_EPOCH ? epoch(r) : "iteration";
        // The last column stays free, and there is a gap on each side of the bar.
        int room = columns - 1 - head.length() - tail.length() - 2;
        if (bar == Bar.NONE || room < NARROWEST_BAR) {
            return head + GAP + tail;
        }
        double share = r.mode() == Mode.BY_EPOCH ? (double) r.innerIteration() / r.innerIterations()
                : (double) r.iteration() / r.iterations();
        return head + " " + bar.draw(share, Math.min(room, WIDEST_BAR)) + " " + tail;
    }

    /**
     * A line of training that stays.
     *
     * @param r the record
     * @return the line
     */
    String training(LogRecord r) {
        String where = r.mode() == Mode.BY_EPOCH
                ? epoch(r) + GAP + Numbers.of(r.innerIteration(), r.innerIterations()) : iteration(r);
        return join(where, scalars(r), Numbers.clock(r.secondsLeft()) + " left");
    }

    /**
     * The line of the end of an epoch, or of the last iteration in iteration mode.
     *
     * @param r the record
     * @param seconds how long it took
     * @return the line
     */
    String done(LogRecord r, double seconds) {
        return join(r.mode() == Mode.BY_EPOCH ? epoch(r) : iteration(r), scalars(r), Numbers.took(seconds));
    }

    /**
     * The line of an evaluation: scores first, the loss last, and the best score where it was another time.
     *
     * @param r the record
     * @return the line
     */
    String evaluation(LogRecord r) {
        String prefix = r.split().orElse("") + "/";
        List<String> scores = new ArrayList<>();
        List<String> losses = new ArrayList<>();
        List<String> best = new ArrayList<>();
        r.scalars().forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                String metric = name.substring(prefix.length());
                boolean loss = metric.equals("loss");
                (loss ? losses : scores).add(metric + " " + Numbers.value(value.latest()));
                Value top = r.scalars().get("best/" + name);
                if (!loss && top != null && top.latest() != value.latest()) {
                    best.add(metric + " " + Numbers.value(top.latest()));
                }
            }
        });
        scores.addAll(losses);
        String where = r.mode() == Mode.BY_EPOCH ? epoch(r) : iteration(r);
        return join(where, r.split().orElse("") + GAP + String.join(GAP, scores),
                best.isEmpty() ? "" : "(best " + String.join(", ", best) + ")");
    }

    private static String epoch(LogRecord r) {
        return "epoch " + Numbers.of(r.epoch() + 1L, r.epochs());
    }

    private static String iteration(LogRecord r) {
        return "iteration " + Numbers.of(r.iteration(), r.iterations());
    }

    private String scalars(LogRecord r) {
        List<String> parts = new ArrayList<>();
        for (Map.Entry<String, Value> scalar : r.scalars().entrySet()) {
            if (scalar.getKey().contains("loss")) {
                parts.add(scalar.getKey() + " " + Numbers.value(scalar.getValue().smoothed()));
            }
        }
        Value lr = r.scalars().get("lr");
        if (lr != null) {
            parts.add("lr " + Numbers.rate(lr.latest()));
        }
        for (String name : more) {
            Value value = r.scalars().get(name);
            if (value != null && !name.contains("loss") && !name.equals("lr")) {
                parts.add(name + " " + Numbers.value(value.smoothed()));
            }
        }
        Value memory = r.scalars().get("memory/gpu_peak");
        if (memory != null) {
            parts.add("gpu " + Math.round(memory.latest()) + " MiB");
        }
        Value samples = r.scalars().get("samples_per_second");
        if (samples != null) {
            parts.add(Numbers.perSecond(samples.smoothed()) + " samples/s");
        }
        return String.join(GAP, parts);
    }

    private static String join(String... parts) {
        List<String> shown = new ArrayList<>();
        for (String part : parts) {
            if (!part.isEmpty()) {
                shown.add(part);
            }
        }
        return String.join(GAP, shown);
    }
}
