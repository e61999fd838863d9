// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What {@code flush_denormals} is worth: the digits run, far beyond the point where there is something left to learn,
 * with and without it, in one process, in turn.
 */
public final class Denormals {
    private static final int STRETCH = 4_000;

    private Denormals() {}

    /**
     * Measures and prints a table.
     *
     * @param args {@code quick} or {@code full}
     */
    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 && args[0].equals("quick") ? 8 : 25;
        PrintStream table = System.out;
        Path lines = Files.createTempFile("hookline", ".log");
        System.setOut(new PrintStream(Files.newOutputStream(lines), true));
        Turns turns = new Turns(STRETCH, 1, rounds);
        turns.add("true", seat -> DigitsRun.train(new Turn(seat), Integer.MAX_VALUE, true));
        turns.add("false", seat -> DigitsRun.train(new Turn(seat), Integer.MAX_VALUE, false));
        List<Result> results = turns.run();
        Result.checkSameWork(results);
        Result flushed = results.getFirst();
        Result kept = results.getLast();
        table.println("## Denormal numbers\n");
        table.println(Machine.describe());
        table.println();
        table.println("The digits run, one thread, with `flush_denormals` on and off, in turn.\n");
        table.println("| iterations | on, ms | off, ms | off / on |");
        table.println("| --- | ---: | ---: | ---: |");
        List<Double> ratios = Table.ratios(kept, flushed);
        for (int i = 0; i < ratios.size(); i += 3) {
            table.printf(Locale.ROOT, "| %,d to %,d | %.3f | %.3f | %.2f |%n", (i + 1) * STRETCH, (i + 2) * STRETCH,
                    flushed.times().get(i), kept.times().get(i), ratios.get(i));
        }
        Files.delete(lines);
    }
}
