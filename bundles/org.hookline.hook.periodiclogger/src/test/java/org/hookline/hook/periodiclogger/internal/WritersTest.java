// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.periodiclogger.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Progress;
import org.hookline.api.RunInfo;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogRecord.Kind;
import org.hookline.hook.periodiclogger.internal.Writers.Bound;
import org.hookline.hook.periodiclogger.internal.Writers.Resumption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WritersTest {
    private static final RunInfo RUN = new RunInfo("r", "r", Path.of("."), Instant.EPOCH, 1, "cpu", Map.of());

    private final Writers writers = new Writers();

    private static LogRecord entry(long iteration) {
        return new LogRecord(Kind.TRAINING, Progress.Mode.BY_ITER, 0, 0, iteration, 10, 0, 10, 0, 0,
                Optional.empty(), Map.of(), Map.of(), Map.of());
    }

    /** Notes what it is told of the checkpoint. */
    private static final class Told extends MemoryWriter {
        @Override
        public void resumed(long iteration, List<LogRecord> records) {
            calls.add("resumed " + iteration + " with " + records.stream().map(LogRecord::iteration).toList());
        }
    }

    @Test
    void theWritersOfAResumedRunAreToldWhereItGoesOnBeforeTheFirstRecordAndThoseThatComeLaterAreNot() {
        List<Told> told = List.of(new Told(), new Told(), new Told());
        writers.put(1, new Bound("there", "", told.get(0)));
        writers.start(RUN, LoggerSettings.DEFAULT, Optional.of(new Resumption(5, List.of(entry(5), entry(5)))));
        writers.put(2, new Bound("soon", "", told.get(1)));
        writers.offer(entry(6));
        writers.put(3, new Bound("late", "", told.get(2)));
        writers.offer(entry(7));
        writers.stop();
        for (Told early : told.subList(0, 2)) {
            assertThat(early.calls).containsExactly("open r", "resumed 5 with [5, 5]", "TRAINING 6", "TRAINING 7",
                    "close");
        }
        assertThat(told.get(2).calls).containsExactly("open r", "TRAINING 7", "close");
    }

    @Test
    void theWritersOfARunThatStartsAreToldNothingOfACheckpoint() {
        Told told = new Told();
        writers.put(1, new Bound("w", "", told));
        writers.start(RUN, LoggerSettings.DEFAULT, Optional.of(new Resumption(5, List.of())));
        writers.stop();
        writers.start(RUN, LoggerSettings.DEFAULT, Optional.empty());
        writers.stop();
        assertThat(told.calls).containsExactly("open r", "resumed 5 with []", "close", "open r", "close");
    }
}
