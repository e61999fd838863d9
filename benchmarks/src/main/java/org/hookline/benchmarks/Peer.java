// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A contestant in another process, at the other end of its pipe. */
final class Peer implements AutoCloseable {
    /** Where an iteration takes long there is less to compile in a second. */
    private static final int FEWEST_WARM_UPS = 2;

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

    void turn() throws IOException {
        out.println("turn");
        result.add(hear("time"));
    }

    Result end() throws IOException {
        out.println("end");
        result.ends(hear("norm"));
        return result;
    }

    /**
     * Lets peers train in turn, A B A B.
     *
     * @param peers just started
     * @param rounds turns of each that count
     * @param warmUpNanos what the first one trains before a turn counts
     * @return their times
     */
    static List<Result> inTurn(List<Peer> peers, int rounds, long warmUpNanos) throws IOException {
        for (Peer peer : peers) {
            peer.awaitReady();
        }
        int warmUps = 0;
        // All do the same work, also before it counts.
        for (long spent = 0; warmUps < FEWEST_WARM_UPS || spent < warmUpNanos; warmUps++) {
            long start = System.nanoTime();
            peers.getFirst().turn();
            spent += System.nanoTime() - start;
            for (Peer other : peers.subList(1, peers.size())) {
                other.turn();
            }
        }
        for (int i = 0; i < rounds; i++) {
            for (Peer peer : peers) {
                peer.turn();
            }
        }
        List<Result> results = new ArrayList<>();
        for (Peer peer : peers) {
            results.add(peer.end().without(warmUps));
        }
        return results;
    }

    @Override
    public void close() {
        process.destroy();
    }
}
