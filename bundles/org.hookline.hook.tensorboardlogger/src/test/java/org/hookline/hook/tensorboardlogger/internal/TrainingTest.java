// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.tensorboardlogger.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.hookline.hook.periodiclogger.internal.PeriodicLogger;
import org.hookline.hook.periodiclogger.internal.PeriodicLoggerConfig;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.hookline.testkit.PlainStep;
import org.hookline.testkit.Recorder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.Event;

/** The writer as it is used: under PeriodicLogger in the real engine. */
@Timeout(60)
class TrainingTest {
    @TempDir
    Path folder;

    private final Recorder recorder = new Recorder();

    @Test
    void theFileHasTheLossesOfTheRun() throws IOException {
        PeriodicLogger logger = new PeriodicLogger(Configs.of(PeriodicLoggerConfig.class, "period", 3, "window", 1));
        logger.bindWriter(new TensorboardLoggerHook("", InstantSource.system()), Map.of("service.id", 1L));
        HookRun run = new HookRun(folder, new LinearTask(5, 32, 3, 4));
        run.add(20, new PlainStep());
        run.add(30, logger);
        run.add(60, recorder);
        // Eight iterations an epoch.
        assertThat(run.epochs(2).failure()).isEmpty();
        List<Double> losses = recorder.values("loss");

        List<Event> events;
        try (Stream<Path> files = Files.list(folder.resolve("tensorboard"))) {
            events = TfRecords.events(files.findFirst().orElseThrow());
        }
        List<Event> values = events.subList(2, events.size());
        assertThat(values).extracting(Event::getStep).containsExactly(3L, 6L, 8L, 11L, 14L, 16L);
        for (Event event : values) {
            assertThat(event.getSummary().getValueList()).filteredOn(v -> v.getTag().equals("loss")).singleElement()
                    .satisfies(v -> assertThat(v.getSimpleValue())
                            .isEqualTo(losses.get((int) event.getStep() - 1).floatValue()));
        }
    }
}
