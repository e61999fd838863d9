// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Hookline against its peers and against the limit, each in a process of its own, in turn. A peer that is not installed
 * is left out with a line that says how to get it.
 */
public final class PeerTable {
    private static final Path DL4J = Path.of("benchmarks/dl4j/target/lib");
    static final Path TORCH = Path.of("benchmarks/torch/peer.py");

    private PeerTable() {}

    /**
     * Measures and prints a table.
     *
     * @param args {@code quick} or {@code full}; the work
     */
    public static void main(String[] args) throws Exception {
        boolean quick = args[0].equals("quick");
        Work work = Work.of(args[1]);
        int rounds = quick ? 5 : 11;
        Path folder = Files.createDirectories(Path.of("benchmarks/target/work", work.key()));
        Export.write(work, folder);
        System.out.println("## " + work.name() + " against peers and the limit, each in a process of its own\n");
        System.out.println(Machine.describe() + " " + rounds + " turns of each that count.\n");
        System.out.println(Table.header());
        CoreDistance distance = new CoreDistance();
        for (int threads : new int[] {1, 2}) {
            List<Result> results = measure(work, threads, rounds, folder, threads > 1 ? distance : () -> {});
            Result.checkSameWork(results);
            for (Result peer : results.subList(1, results.size())) {
                System.out.println(Table.row(work.name(), threads, results.getFirst(), peer));
            }
        }
        System.out.println("\nWith two threads: " + distance.describe());
    }

    private static List<Result> measure(Work work, int threads, int rounds, Path folder, Runnable before)
            throws IOException {
        Map<String, String> environment = environment(threads);
        List<Peer> peers = new ArrayList<>();
        try {
            for (Map.Entry<String, List<String>> e : commands(work, threads, folder).entrySet()) {
                peers.add(new Peer(e.getKey(), e.getValue(), environment));
            }
            return Peer.inTurn(peers, work.stretch(), rounds, before);
        } finally {
            peers.forEach(Peer::close);
        }
    }

    static Map<String, String> environment(int threads) {
        return Map.of("OMP_NUM_THREADS", "" + threads, "OPENBLAS_NUM_THREADS", "" + threads);
    }

    private static Map<String, List<String>> commands(Work work, int threads, Path folder)
            throws IOException {
        Map<String, List<String>> commands = new LinkedHashMap<>();
        commands.put("Hookline", own("hookline", work, threads));
        commands.put("DJL EasyTrain", own("easytrain", work, threads));
        commands.put("limit", own("limit", work, threads));
        List<String> rest = List.of(work.key(), folder.toString(), "" + threads, "" + work.batch());
        if (work.ofText()) {
            System.err.println("DL4J is left out: its LSTM has one bias where torch's has two that are both stepped,"
                    + " and its attention has none");
        } else if (Files.isDirectory(DL4J)) {
            List<String> dl4j = new ArrayList<>(List.of(java(), "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow", "-XX:+UseParallelGC", "-Xmx2g", "-cp",
                    "benchmarks/dl4j/target/classes:" + DL4J + "/*", "org.hookline.benchmarks.dl4j.Dl4jPeer"));
            dl4j.addAll(rest);
            commands.put("DL4J", dl4j);
        } else {
            System.err.println("DL4J is left out: mvn -f benchmarks/dl4j package fetches it (300 MB)");
        }
        if (debianTorch()) {
            List<String> torch = new ArrayList<>(List.of("/usr/bin/python3", TORCH.toString()));
            torch.addAll(rest);
            commands.put("Debian's torch", torch);
        } else {
            System.err.println("Debian's torch is left out: apt-get install python3-torch libopenblas0");
        }
        return commands;
    }

    private static boolean debianTorch() throws IOException {
        try {
            Process process = new ProcessBuilder("/usr/bin/python3", TORCH.toString(), "--check")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            return process.waitFor() == 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static String java() {
        return ProcessHandle.current().info().command().orElse("java");
    }

    /** {@return the command of a contestant that is ours} */
    static List<String> own(String contestant, Work work, int threads) {
        return List.of(java(), "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseParallelGC", "-Djna.boot.library.path=" + System.getProperty("jna.boot.library.path"), "-cp",
                System.getProperty("java.class.path"), Contender.class.getName(), contestant, work.key(),
                "" + threads);
    }
}
