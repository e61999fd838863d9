// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;

/**
 * The run {@code digits.yaml} with all default hooks, for longer: resident memory, Java heap and the time of an
 * iteration on the way. The heap has a fixed size and is touched at the start, so that what resident memory grows by is
 * native.
 */
public final class Memory {
    private static final int POINTS = 11;

    private record Point(long iteration, double residentMiB, double heapMiB, double milliseconds) {}

    /** Looks at the process in steps of equal length. */
    private static final class Witness implements Hook {
        private final int warmUp;
        private final int step;
        private final List<Point> points = new ArrayList<>();
        private long start;

        Witness(int warmUp, int step) {
            this.warmUp = warmUp;
            this.step = step;
        }

        @Override
        public void afterTrainIter(TrainingContext context) throws IOException {
            long done = context.progress().iteration() + 1;
            if (done < warmUp || (done - warmUp) % step != 0) {
                return;
            }
            double took = points.isEmpty() ? Double.NaN : (System.nanoTime() - start) / 1e6 / step;
            System.gc();
            double heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1048576.0;
            points.add(new Point(done, residentKiB() / 1024.0, heap, took));
            start = System.nanoTime();
        }
    }

    private Memory() {}

    private static long residentKiB() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(l -> l.startsWith("VmRSS:"))
                .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", ""))).findFirst().orElseThrow();
    }

    /**
     * Measures and prints a table.
     *
     * @param args iterations for warming up, and those after them
     */
    public static void main(String[] args) throws Exception {
        int warmUp = Integer.parseInt(args[0]);
        int counted = Integer.parseInt(args[1]);
        PrintStream table = System.out;
        Path lines = Files.createTempFile("hookline", ".log");
        System.setOut(new PrintStream(Files.newOutputStream(lines), true));
        Witness witness = new Witness(warmUp, counted / (POINTS - 1));
        DigitsRun.train(witness, warmUp + counted, true);
        table.printf(Locale.ROOT, "## %,d iterations of the digits run%n%n%s%n%n", counted, Machine.describe());
        table.printf(Locale.ROOT, "After %,d iterations for warming up; all default hooks on, one thread.%n%n", warmUp);
        table.println("| iteration | resident, MiB | Java heap after GC, MiB | time of an iteration since the line "
                + "above, ms |");
        table.println("| ---: | ---: | ---: | ---: |");
        for (Point p : witness.points) {
            table.printf(Locale.ROOT, "| %,d | %.1f | %.1f | %s |%n", p.iteration(), p.residentMiB(), p.heapMiB(),
                    Double.isNaN(p.milliseconds()) ? "" : String.format(Locale.ROOT, "%.3f", p.milliseconds()));
        }
        Point first = witness.points.getFirst();
        Point last = witness.points.getLast();
        table.printf(Locale.ROOT, "%nResident memory grew by %.1f MiB, the heap by %.1f MiB. ",
                last.residentMiB() - first.residentMiB(), last.heapMiB() - first.heapMiB());
        double early = witness.points.get(1).milliseconds();
        table.printf(Locale.ROOT, "An iteration took %.3f ms at the end, %+.1f %% of what it took at the start.%n",
                last.milliseconds(), (last.milliseconds() / early - 1) * 100);
        Files.delete(lines);
    }
}
