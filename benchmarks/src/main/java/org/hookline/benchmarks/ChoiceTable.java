// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.hookline.benchmarks.HooklineContestant.Choice;

/** Hookline as it is and with each choice that a run has on a CPU, each in a process of its own, in turn. */
public final class ChoiceTable {
    private ChoiceTable() {}

    /**
     * Measures and prints a table.
     *
     * @param args {@code quick} or {@code full}; works, all with convolutions and one without where none is given
     */
    public static void main(String[] args) throws Exception {
        boolean quick = args[0].equals("quick");
        int rounds = quick ? 3 : 7;
        List<String> keys = args.length > 1 ? List.of(args).subList(1, args.length) : List.of("mlp", "lenet", "resnet");
        System.out.println("## Choices on a CPU\n");
        System.out.println(Machine.describe() + " " + rounds + " turns of each that count.\n");
        System.out.println(Table.header());
        for (String key : keys) {
            for (int threads : new int[] {1, 2}) {
                measure(Work.of(key), threads, rounds);
            }
        }
    }

    private static void measure(Work work, int threads, int rounds) throws IOException {
        List<Peer> peers = new ArrayList<>();
        try {
            for (Choice choice : Choice.values()) {
                String contestant = choice == Choice.USUAL ? "hookline" : choice.name().toLowerCase(Locale.ROOT);
                peers.add(new Peer(choice.toString(), PeerTable.own(contestant, work, threads),
                        PeerTable.environment(threads)));
            }
            List<Result> results = Peer.inTurn(peers, work.stretch(), rounds);
            Result.checkSameWork(results);
            for (Result other : results.subList(1, results.size())) {
                System.out.println(Table.row(work.name(), threads, results.getFirst(), other));
            }
        } finally {
            peers.forEach(Peer::close);
        }
    }
}
