// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A whole training iteration of Hookline, all its default hooks on, against DJL's EasyTrain on the same work, in one
 * process, in turn: the same model and initial weights, data order, batch, optimizer and threads.
 */
public final class EasyTrainTable {
    private EasyTrainTable() {}

    /**
     * Measures and prints a table.
     *
     * @param args {@code quick} or {@code full}, and the works; {@code mlp} and {@code lenet} where none is named
     */
    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 && args[0].equals("quick") ? 5 : 15;
        List<String> keys = args.length > 1 ? List.of(args).subList(1, args.length) : List.of("mlp", "lenet");
        PrintStream table = System.out;
        // What the writer prints is part of the work, not of the table.
        Path lines = Files.createTempFile("hookline", ".log");
        System.setOut(new PrintStream(Files.newOutputStream(lines), true));
        table.println("## Against DJL's EasyTrain, in one process\n");
        table.println(Machine.describe() + " " + rounds + " turns of each that count.\n");
        table.println(Table.header());
        for (String key : keys) {
            Work work = Work.of(key);
            for (int threads : new int[] {1, 2}) {
                Turns turns = new Turns(work.stretch(), 6, rounds);
                turns.add("Hookline", new HooklineContestant(work, threads));
                turns.add("EasyTrain", new EasyTrainContestant(work, threads, false));
                turns.add("EasyTrain with Accuracy", new EasyTrainContestant(work, threads, true));
                List<Result> results = turns.run();
                Result.checkSameWork(results);
                for (Result peer : results.subList(1, results.size())) {
                    table.println(Table.row(work.name(), threads, results.getFirst(), peer));
                }
            }
        }
        Files.delete(lines);
    }
}
