// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What it is worth that freed memory is kept: Hookline as it is, and with an environment variable by which the user
 * decides about glibc's heap, which says what holds anyway; in turn. Each turn has a process of its own: how a heap
 * comes to lie differs from process to process, and with it what glibc gives back.
 */
public final class HeapTable {
    private HeapTable() {}

    /**
     * Measures and prints a table.
     *
     * @param args {@code quick} or {@code full}; works, all the small ones where none is given
     */
    public static void main(String[] args) throws Exception {
        boolean quick = args[0].equals("quick");
        List<String> keys = args.length > 1 ? List.of(args).subList(1, args.length) : List.of("mlp", "deep", "lenet");
        System.out.println("## Memory that is kept for the next iteration\n");
        System.out.println(Machine.describe() + " " + (quick ? 5 : 11) + " processes of each.\n");
        System.out.println(Table.header());
        for (String key : keys) {
            Work work = Work.of(key);
            for (int threads : new int[] {1, 2}) {
                List<Result> results = measure(work, threads, quick);
                Result.checkSameWork(results);
                System.out.println(Table.row(work.name(), threads, results.getFirst(), results.getLast()));
            }
        }
    }

    private static List<Result> measure(Work work, int threads, boolean quick) throws IOException {
        List<String> command = PeerTable.own("hookline", work, threads);
        Map<String, String> own = PeerTable.environment(threads);
        Map<String, String> users = new HashMap<>(own);
        // glibc's default for 64 bits; that it is set is what counts.
        users.put("MALLOC_ARENA_TEST", "8");
        List<Result> results = List.of(new Result("Hookline"), new Result("Hookline, heap as glibc has it"));
        for (int round = 0; round < (quick ? 5 : 11); round++) {
            for (Result result : results) {
                Map<String, String> environment = result == results.getFirst() ? own : users;
                try (Peer peer = new Peer(result.name(), command, environment)) {
                    result.addTurn(Peer.inTurn(List.of(peer), work.stretch(), 1).getFirst());
                }
            }
        }
        return results;
    }
}
