// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.hookline.benchmarks.HooklineContestant.Choice;

/**
 * One contestant in a process of its own. It says {@code ready NORM}; at each {@code turn} it does a stretch and says
 * {@code time MILLISECONDS} of an iteration; at {@code end} it says {@code norm NORM} and ends. The peers in other
 * languages speak the same way.
 */
public final class Contender {
    private static final class Pipe implements Seat {
        private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in,
                StandardCharsets.US_ASCII));
        private final PrintStream out;
        private final int stretch;
        private int done;
        private long start;

        Pipe(PrintStream out, int stretch) {
            this.out = out;
            this.stretch = stretch;
        }

        private boolean turn() {
            try {
                boolean turn = "turn".equals(in.readLine());
                start = System.nanoTime();
                return turn;
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        @Override
        public void starts(double norm) {
            out.println("ready " + norm);
            if (!turn()) {
                throw new IllegalStateException("ended before the first turn");
            }
        }

        @Override
        public boolean turnEnds() {
            return (done + 1) % stretch == 0;
        }

        @Override
        public boolean iterated() {
            if (++done % stretch != 0) {
                return true;
            }
            out.println("time " + (System.nanoTime() - start) / 1e6 / stretch);
            return turn();
        }

        @Override
        public void ends(double norm) {
            out.println("norm " + norm);
        }
    }

    private Contender() {}

    /**
     * Trains.
     *
     * @param args {@code hookline}, a choice of its, {@code easytrain} or {@code limit}; the work; the threads;
     *     iterations of a turn; for Hookline on a GPU the device and the precision
     */
    public static void main(String[] args) throws Exception {
        Work work = Work.of(args[1]);
        int threads = Integer.parseInt(args[2]);
        Seat.Contestant contestant = switch (args[0]) {
            case "hookline" -> new HooklineContestant(work, threads);
            case "device" -> new HooklineContestant(work, threads, Choice.USUAL, args[4], args[5]);
            case "device_channels_last" ->
                new HooklineContestant(work, threads, Choice.CHANNELS_LAST, args[4], args[5]);
            case "easytrain" -> new EasyTrainContestant(work, threads, true);
            case "limit" -> new LimitContestant(work, threads);
            default -> new HooklineContestant(work, threads, Choice.valueOf(args[0].toUpperCase(Locale.ROOT)));
        };
        PrintStream out = System.out;
        // What the writer prints is part of the work.
        Path lines = Files.createTempFile("hookline", ".log");
        System.setOut(new PrintStream(Files.newOutputStream(lines), true));
        contestant.train(new Pipe(new PrintStream(out, true), Integer.parseInt(args[3])));
        Files.delete(lines);
        System.exit(0);
    }
}
