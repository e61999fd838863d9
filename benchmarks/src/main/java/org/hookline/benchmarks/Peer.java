// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A contestant in another process, at the other end of its pipe. */
final class Peer implements AutoCloseable {
    /**
     * What the first one trains before a turn counts: a virtual machine compiles what it runs for some time, on cores
     * that the training wants; a run lasts longer still.
     */
    private static final long WARM_UP_NANOS = 12_000_000_000L;
    /** Where an iteration takes long there is less to compile in a second. */
    private static final int FEWEST_WARM_UPS = 2;
    /** A peer that has trained for so many times what is asked for, being slow, is warm. */
    private static final int LONG_ENOUGH = 2;
    private static final int SECONDS_TO_END = 10;

    private final Process process;
    private final BufferedReader in;
    private final PrintStream out;
    private final Result result;

    Peer(String name, List<String> command, Map<String, String> environment) throws IOException {
        result = new Result(name);
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        process = builder.start();
        in = process.inputReader(StandardCharsets.US_ASCII);
        out = new PrintStream(process.getOutputStream(), true, StandardCharsets.US_ASCII);
    }

    private double hear(String word) throws IOException {
        String line;
        while ((line = in.readLine()) != null) {
            if (line.startsWith(word + " ")) {
                return Double.parseDouble(line.substring(word.length() + 1));
            }
            // Some libraries greet on standard output.
            System.err.println(result.name() + ": " + line);
        }
        throw new IOException(result.name() + " ended where '" + word + "' was expected");
    }

    void awaitReady() throws IOException {
        result.starts(hear("ready"));
    }

    /** {@return milliseconds of one of so many iterations} */
    double turn(int iterations) throws IOException {
        out.println("turn " + iterations);
        return hear("time");
    }

    double norm() throws IOException {
        out.println("norm");
        return hear("norm");
    }

    /**
     * Lets peers train in turn, A B A B.
     *
     * @param peers just started
     * @param stretch iterations of a turn
     * @param rounds turns of each that count
     * @return their times
     */
    static List<Result> inTurn(List<Peer> peers, int stretch, int rounds) throws IOException {
        return inTurn(peers, stretch, rounds, () -> {});
    }

    /**
     * The same.
     *
     * @param before run before each turn that counts
     */
    static List<Result> inTurn(List<Peer> peers, int stretch, int rounds, Runnable before) throws IOException {
        for (Peer peer : peers) {
            peer.awaitReady();
        }
        for (Peer peer : peers) {
            peer.turn(Result.COMPARED_AFTER);
            peer.result.compared(peer.norm());
        }
        // All do the same work, also before it counts, but for those that are many times slower.
        long[] spent = new long[peers.size()];
        for (int warmUps = 0; warmUps < FEWEST_WARM_UPS || spent[0] < WARM_UP_NANOS; warmUps++) {
            for (int i = 0; i < spent.length; i++) {
                if (warmUps < FEWEST_WARM_UPS || spent[i] < LONG_ENOUGH * WARM_UP_NANOS) {
                    long start = System.nanoTime();
                    peers.get(i).turn(stretch);
                    spent[i] += System.nanoTime() - start;
                }
            }
        }
        for (int i = 0; i < rounds; i++) {
            for (Peer peer : peers) {
                before.run();
                peer.result.add(peer.turn(stretch));
            }
        }
        return peers.stream().map(peer -> peer.result).toList();
    }

    /** Lets the process end, and waits for that: what comes next has the machine for itself. */
    @Override
    public void close() {
        out.println("end");
        try {
            if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
                process.destroy();
            }
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
        }
    }
}
