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
     * @param warmUps turns of each that do not count
     * @param rounds turns of each that count
     * @return their times
     */
    static List<Result> inTurn(List<Peer> peers, int warmUps, int rounds) throws IOException {
        for (Peer peer : peers) {
            peer.awaitReady();
        }
        for (int i = 0; i < warmUps + rounds; i++) {
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
