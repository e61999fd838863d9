// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.hookline.api.Hook;
import org.hookline.api.HookProperties;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.api.facet.Checkpoints;
import org.hookline.checkpoint.CheckpointWriter;
import org.hookline.data.digits.internal.DigitsProvider;
import org.hookline.engine.HooklineEngine;
import org.hookline.engine.RunListener.RunEvent;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.hook.optimizer.internal.OptimizerHook;
import org.hookline.hook.optimizer.internal.OptimizerSettings;
import org.hookline.loss.internal.SoftmaxCrossEntropyProvider;
import org.hookline.metric.internal.AccuracyProvider;
import org.hookline.model.zoo.internal.MlpProvider;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.hookline.trainer.DjlTaskFactory;

/**
 * How long training waits for a checkpoint of a model with 25 million parameters, as a share of a plain copy of its
 * weights. Copy and checkpoint take turns in one run; the first two of each do not count.
 */
public final class CheckpointStall {
    private static final int UNCOUNTED = 2;

    /** In each iteration a plain copy, then a checkpoint, and the wait until that one is on the disk. */
    private static final class Probe implements Hook {
        private final Path folder;
        private final List<Double> copies = new ArrayList<>();
        private NDArray target;
        private CompletableFuture<Path> newest;
        private long parameters;

        Probe(Path folder) {
            this.folder = folder;
        }

        @Override
        public void beforeTrainIter(TrainingContext context) throws IOException {
            if (newest != null) {
                // What is measured is the copy, not a disk that is behind.
                CheckpointWriter.delete(newest.join());
            }
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            NDArray flat = context.weights().flat();
            parameters = flat.size();
            if (target == null) {
                NDManager owner = flat.getManager();
                target = owner.create(flat.getShape(), DataType.FLOAT32);
            }
            long start = System.nanoTime();
            JniUtils.indexSet((PtNDArray) target, (PtNDArray) flat, new long[] {0}, new long[] {flat.size()},
                    new long[] {1});
            copies.add((System.nanoTime() - start) * 1e-6);
            newest = context.facet(Checkpoints.class)
                    .save(folder.resolve("c" + context.progress().iteration()), "measured");
        }
    }

    private CheckpointStall() {}

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted(Comparator.naturalOrder()).toList();
        return sorted.get(sorted.size() / 2);
    }

    private static String shown(List<Double> values) {
        return String.format(Locale.ROOT, "%.1f (%.1f to %.1f)", median(values),
                values.stream().mapToDouble(d -> d).min().orElseThrow(),
                values.stream().mapToDouble(d -> d).max().orElseThrow());
    }

    /**
     * Measures and prints a table.
     *
     * @param args the number of checkpoints that count
     */
    public static void main(String[] args) throws Exception {
        int counted = Integer.parseInt(args[0]);
        PrintStream table = System.out;
        Path log = Files.createTempFile("hookline", ".log");
        System.setOut(new PrintStream(Files.newOutputStream(log), true));
        table.printf(Locale.ROOT, "## What a checkpoint costs training%n%n%s%n%n", Machine.describe());
        table.printf("An MLP 64-4800-4800-400-10 on the digits, one thread, %d checkpoints after %d that do not count. "
                + "A plain copy is one of the flat weights into memory that was used before.%n%n", counted, UNCOUNTED);
        table.println(
                "| optimizer | parameters | arrays | plain copy, ms | stall, ms | stall / plain copy | of it for each "
                + "array | written behind training, ms |");
        table.println("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        row(table, counted, "sgd", 1, Map.of("lr", 0.01));
        row(table, counted, "sgd with momentum", 2, Map.of("lr", 0.01, "momentum", 0.9));
        row(table, counted, "adamw", 3, Map.of("lr", 1e-3));
        table.println();
        table.println("The state of AdamW is three arrays of the size of the weights, and each of them is copied.");
        Files.delete(log);
    }

    private static void row(PrintStream table, int counted, String name, int arrays, Map<String, Object> options)
            throws Exception {
        Path folder = Files.createTempDirectory("hookline");
        Probe probe = new Probe(folder.resolve("checkpoints"));
        List<RunEvent> events = new ArrayList<>();
        try (NDManager _ = NDManager.newBaseManager()) {
            HooklineEngine engine = new HooklineEngine();
            engine.add(new OptimizerHook(OptimizerSettings.DEFAULT), HooklineEngine.defaults("OptimizerHook", 20));
            engine.add(probe, Map.of("component.name", "Probe", HookProperties.LEVEL, 100, HookProperties.KIND,
                    "training"));
            Torch torch = TorchLoader.load();
            DjlTaskFactory factory = new DjlTaskFactory(Optional.of(torch), Map.of("digits", new DigitsProvider()),
                    Map.of("mlp", new MlpProvider()),
                    Map.of("softmax_cross_entropy", new SoftmaxCrossEntropyProvider(torch)),
                    Map.of("accuracy", new AccuracyProvider()));
            RunSpec spec = new RunSpec("stall", 42, Progress.Mode.BY_ITER, 0, counted + UNCOUNTED, "cpu", "fp32", 1, 1,
                    new RunSpec.Section("mlp", Map.of("hidden", List.of(4800, 4800, 400))),
                    new RunSpec.Section("digits", Map.of("batch_size", 32)),
                    new RunSpec.Section("softmax_cross_entropy", Map.of()), List.of(),
                    new RunSpec.Section(name.split(" ")[0], options), Path.of("."), Map.of());
            RunResult result = engine.prepare("stall", spec, folder, factory.create(spec), event -> {
                synchronized (events) {
                    events.add(event);
                }
            }).execute();
            if (result.failure().isPresent()) {
                throw new IllegalStateException(result.failure().get());
            }
        }
        List<Double> copies = probe.copies.subList(UNCOUNTED, probe.copies.size());
        List<Double> stalls = of(events, "copy_ms");
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < copies.size(); i++) {
            ratios.add(stalls.get(i) / copies.get(i));
        }
        table.printf(Locale.ROOT, "| %s | %,d | %d | %s | %s | **%.2f** | %.2f | %s |%n", name, probe.parameters,
                arrays, shown(copies), shown(stalls), median(ratios), median(ratios) / arrays,
                shown(of(events, "write_ms")));
        delete(folder);
    }

    private static List<Double> of(List<RunEvent> events, String key) {
        List<Double> all = events.stream().filter(e -> e.type().equals("checkpoint"))
                .map(e -> (Double) e.details().get(key)).toList();
        return all.subList(UNCOUNTED, all.size());
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) all.sorted(Comparator.reverseOrder())::iterator) {
                Files.delete(path);
            }
        }
    }
}
