// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import org.hookline.benchmarks.HooklineContestant.Choice;

/**
 * One contestant in a process of its own. It says {@code ready NORM}, the L2 norm of the parameters that it starts
 * from; at each {@code turn ITERATIONS} it does so many and says {@code time MILLISECONDS} of one; at {@code norm} it
 * says {@code norm NORM} of the parameters as they are; at {@code end} it ends. The peers in other languages speak the
 * same way.
 */
public final class Contender {
    private static final class Pipe implements Seat {
        private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in,
                StandardCharsets.US_ASCII));
        private final PrintStream out;
        private DoubleSupplier norm;
        private int iterations;
        private int done;
        private long start;

        Pipe(PrintStream out) {
            this.out = out;
        }

        /** {@return whether there is a turn to do, or the end has come; answers what is asked until then} */
        private boolean turn() {
            try {
                String line;
                while ((line = in.readLine()) != null && !line.equals("end")) {
                    if (line.equals("norm")) {
                        out.println("norm " + norm.getAsDouble());
                    } else {
                        iterations = Integer.parseInt(line.substring("turn ".length()));
                        done = 0;
                        start = System.nanoTime();
                        return true;
                    }
                }
                return false;
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        @Override
        public void starts(DoubleSupplier norm) {
            this.norm = norm;
            out.println("ready " + norm.getAsDouble());
            if (!turn()) {
                throw new IllegalStateException("ended before the first turn");
            }
        }

        @Override
        public boolean turnEnds() {
            return done + 1 == iterations;
        }

        @Override
        public boolean iterated() {
            if (++done < iterations) {
                return true;
            }
            out.println("time " + (System.nanoTime() - start) / 1e6 / iterations);
            return turn();
        }
    }

    private Contender() {}

    /**
     * Trains.
     *
     * @param args {@code hookline}, a choice of its, {@code easytrain} or {@code limit}; the work; the threads; for
     *     Hookline on a GPU the device and the precision
     */
    public static void main(String[] args) throws Exception {
        Work work = Work.of(args[1]);
        int threads = Integer.parseInt(args[2]);
        Seat.Contestant contestant = switch (args[0]) {
            case "hookline" -> new HooklineContestant(work, threads);
            case "device" -> new HooklineContestant(work, threads, Choice.USUAL, args[3], args[4]);
            case "device_channels_last" ->
                new HooklineContestant(work, threads, Choice.CHANNELS_LAST, args[3], args[4]);
            case "easytrain" -> new EasyTrainContestant(work, threads, true);
            case "limit" -> new LimitContestant(work, threads);
            default -> new HooklineContestant(work, threads, Choice.valueOf(args[0].toUpperCase(Locale.ROOT)));
        };
        PrintStream out = System.out;
        // What the writer prints is part of the work.
        Path lines = Files.createTempFile("hookline", ".log");
        System.setOut(new PrintStream(Files.newOutputStream(lines), true));
        contestant.train(new Pipe(new PrintStream(out, true)));
        Files.delete(lines);
        System.exit(0);
    }
}
