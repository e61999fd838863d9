// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.csvlogger.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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

/** The writer as it is used: under PeriodicLogger in the real engine. */
@Timeout(60)
class TrainingTest {
    @TempDir
    Path folder;

    private final Recorder recorder = new Recorder();

    @Test
    void theFileHasTheLossesOfTheRun() throws IOException {
        PeriodicLogger logger = new PeriodicLogger(Configs.of(PeriodicLoggerConfig.class, "period", 3, "window", 1));
        logger.bindWriter(new CsvLoggerHook(""), Map.of("service.id", 1L));
        HookRun run = new HookRun(folder, new LinearTask(5, 32, 3, 4));
        run.add(20, new PlainStep());
        run.add(30, logger);
        run.add(60, recorder);
        // Eight iterations an epoch.
        assertThat(run.epochs(2).failure()).isEmpty();
        List<Double> losses = recorder.values("loss");

        List<String[]> rows = Files.readAllLines(folder.resolve("metrics.csv")).stream().map(l -> l.split(",", -1))
                .toList();
        int loss = List.of(rows.getFirst()).indexOf("loss");
        List<String[]> values = rows.subList(1, rows.size());
        assertThat(values).extracting(r -> r[3]).containsExactly("3", "6", "8", "11", "14", "16", "16");
        assertThat(values).allSatisfy(r -> assertThat(Double.parseDouble(r[loss]))
                .isEqualTo(losses.get(Integer.parseInt(r[3]) - 1)));
    }
}
