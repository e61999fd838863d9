// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Hookline against PyTorch for Python on a GPU: eager, {@code torch.compile} and CUDA graphs, each in a process of its
 * own, in turn. All copy their batches from the host's memory.
 */
public final class GpuTable {
    /** A stretch of a CPU is over in a moment. */
    private static final int LONGER = 10;

    private GpuTable() {}

    /**
     * Measures and prints a table.
     *
     * @param args {@code quick} or {@code full}; the device, such as {@code gpu:0}; the precision; the Python with
     *     torch, or nothing; the work
     */
    public static void main(String[] args) throws Exception {
        boolean quick = args[0].equals("quick");
        String device = args[1];
        String precision = args[2];
        Work work = Work.of(args[4]);
        int stretch = Math.max(1, work.stretch() * (device.startsWith("gpu") ? LONGER : 1) / (quick ? 2 : 1));
        Path folder = Files.createDirectories(Path.of("benchmarks/target/work", work.key()));
        Export.write(work, folder);
        List<Peer> peers = new ArrayList<>();
        List<Result> results;
        try {
            for (Map.Entry<String, List<String>> e : commands(work, folder, device, precision, args[3])
                    .entrySet()) {
                peers.add(new Peer(e.getKey(), e.getValue(), PeerTable.environment(1)));
            }
            results = Peer.inTurn(peers, stretch, quick ? 5 : 11);
        } finally {
            peers.forEach(Peer::close);
        }
        System.out.println("### " + work.name() + ", batch " + work.batch() + ", " + device + ", " + precision + "\n");
        System.out.println(Table.header());
        Result.checkSameWork(results);
        for (Result peer : results.subList(1, results.size())) {
            System.out.println(Table.row(work.name(), 1, results.getFirst(), peer));
        }
        System.out.println();
    }

    private static Map<String, List<String>> commands(Work work, Path folder, String device, String precision,
            String python) {
        Map<String, List<String>> commands = new LinkedHashMap<>();
        for (boolean channelsLast : new boolean[] {false, true}) {
            String contestant = channelsLast ? "device_channels_last" : "device";
            List<String> own = new ArrayList<>(PeerTable.own(contestant, work, 1));
            own.addAll(List.of(device, precision));
            commands.put(channelsLast ? "Hookline, channels_last" : "Hookline", own);
        }
        Map<String, String> modes = new LinkedHashMap<>();
        modes.put("eager", "PyTorch eager");
        if (device.startsWith("gpu")) {
            modes.put("compile", "torch.compile");
            modes.put("graph", "PyTorch, CUDA graph");
        }
        if (!python.isEmpty()) {
            modes.forEach((mode, name) -> commands.put(name, List.of(python, PeerTable.TORCH.toString(), work.key(),
                    folder.toString(), "1", "" + work.batch(), device.replace("gpu", "cuda"), mode, precision)));
        }
        return commands;
    }
}
