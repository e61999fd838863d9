// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.DoubleSupplier;
import org.hookline.model.zoo.internal.LeNetProvider;
import org.hookline.model.zoo.internal.MlpProvider;
import org.hookline.plot.Plot;
import org.hookline.plot.PngPlot;

/**
 * The time of an iteration against the batch, and against the number of parameters; all default hooks on, one thread.
 */
public final class Scaling {
    private static final List<Integer> BATCHES = List.of(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024);
    /** Units of both hidden layers: 10^4 to 10^8 parameters. */
    private static final List<Integer> UNITS = List.of(12, 37, 112, 283, 680, 1440, 2790, 5240, 9600);

    /** Measures for a while; no other contestant. */
    private static final class Alone implements Seat {
        private static final long WARM_UP = 400_000_000L;
        private static final long LONG_ENOUGH = 900_000_000L;
        private final List<Double> milliseconds = new ArrayList<>();
        private long begin;
        private long last;
        private int done;

        @Override
        public void starts(DoubleSupplier norm) {
            begin = System.nanoTime();
            last = begin;
        }

        @Override
        public boolean iterated() {
            long now = System.nanoTime();
            if (now - begin > WARM_UP && ++done > 1) {
                milliseconds.add((now - last) / 1e6);
            }
            last = now;
            return milliseconds.size() < 3 || now - begin < WARM_UP + LONG_ENOUGH;
        }
    }

    private Scaling() {}

    /**
     * Measures, draws and prints tables.
     *
     * @param args the folder of the pictures
     */
    public static void main(String[] args) throws Exception {
        Path pictures = Files.createDirectories(Path.of(args[0]));
        PrintStream table = System.out;
        Path lines = Files.createTempFile("hookline", ".log");
        System.setOut(new PrintStream(Files.newOutputStream(lines), true));
        table.println("## Scaling\n");
        table.println(Machine.describe() + "\n");
        table.println("Median time of an iteration, all default hooks on, one thread.\n");

        table.println("| batch | MLP 784-256-256-10, ms | LeNet, ms |");
        table.println("| ---: | ---: | ---: |");
        double[][] byBatch = new double[2][BATCHES.size()];
        for (int i = 0; i < BATCHES.size(); i++) {
            byBatch[0][i] = measure(mlp(256, BATCHES.get(i)));
            byBatch[1][i] = measure(new Work("lenet", "LeNet", "lenet", Map.of(), LeNetProvider::new, BATCHES.get(i),
                    0, 1));
            table.printf(Locale.ROOT, "| %d | %.3f | %.3f |%n", BATCHES.get(i), byBatch[0][i], byBatch[1][i]);
        }
        double[] batches = BATCHES.stream().mapToDouble(b -> b).toArray();
        draw(pictures.resolve("scaling-batch.png"), "milliseconds of an iteration", "batch",
                new Plot.Curve("MLP", batches, byBatch[0]),
                new Plot.Curve("LeNet", batches, byBatch[1]));

        table.println("\n| parameters | MLP 784-h-h-10, batch 64: ms | nanoseconds for each parameter |");
        table.println("| ---: | ---: | ---: |");
        double[] parameters = new double[UNITS.size()];
        double[] times = new double[UNITS.size()];
        for (int i = 0; i < UNITS.size(); i++) {
            long units = UNITS.get(i);
            parameters[i] = 785 * units + units * (units + 1) + 10 * (units + 1);
            times[i] = measure(mlp(UNITS.get(i), 64));
            table.printf(Locale.ROOT, "| %,.0f | %.3f | %.2f |%n", parameters[i], times[i],
                    times[i] * 1e6 / parameters[i]);
        }
        draw(pictures.resolve("scaling-parameters.png"), "milliseconds of an iteration", "parameters",
                new Plot.Curve("MLP, batch 64", parameters, times));
        table.println("\n![against the batch](../docs/img/scaling-batch.png)");
        table.println("![against the number of parameters](../docs/img/scaling-parameters.png)");
        Files.delete(lines);
    }

    private static Work mlp(int units, int batch) {
        return new Work("mlp", "MLP", "mlp", Map.of("hidden", List.of(units, units)), _ -> new MlpProvider(), batch,
                0, 1);
    }

    private static double measure(Work work) throws Exception {
        Alone seat = new Alone();
        new HooklineContestant(work, 1).train(seat);
        return Table.median(seat.milliseconds);
    }

    private static void draw(Path file, String title, String axis, Plot.Curve... curves) throws java.io.IOException {
        Files.write(file, PngPlot.png(new Plot(title, axis, true, true, List.of(curves), OptionalDouble.empty()),
                720, 400));
    }
}
