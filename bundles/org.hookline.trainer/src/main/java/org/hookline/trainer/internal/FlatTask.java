// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.Split;
import org.hookline.api.facet.Autograd;
import org.hookline.api.facet.DeviceMemory;
import org.hookline.api.facet.Evaluation;
import org.hookline.api.facet.Gradients;
import org.hookline.api.facet.ModelInfo;
import org.hookline.api.facet.Precision;
import org.hookline.api.facet.Profiler;
import org.hookline.api.facet.RandomNumbers;
import org.hookline.api.facet.Snapshots;
import org.hookline.api.facet.Stepper;
import org.hookline.api.facet.Weights;
import org.hookline.engine.Accumulation;
import org.hookline.engine.TaskLink;
import org.hookline.engine.TaskState;
import org.hookline.torch.Torch;
import org.hookline.trainer.DjlTask;
import org.hookline.trainer.OptimizerState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A training task over flat parameters. */
public final class FlatTask implements DjlTask {
    private static final Logger LOG = LoggerFactory.getLogger(FlatTask.class);

    /** How often it is looked whether forward passes leave arrays behind, once they are known not to. */
    private static final int SWEEP_EVERY = 64;

    private final RunPlan plan;
    private DeviceReader reader;
    private NDManager root;
    private TaskLink link;
    private FlatParameters parameters;
    private AnomalyMode anomalies;
    private IterationProfiler profiler;
    private FlatGradients gradients;
    private FlatOptimizer optimizer;
    private Accumulation accumulation;
    private ForwardPass pass;
    private BatchLoader loader;
    private OptimizerStepper stepper;
    private FlatWeights weights;
    private MixedPrecision precision;
    private SplitEvaluation evaluation;
    private TorchRandomNumbers random;
    private TaskStates states;
    private Map<Class<?>, Object> facets = Map.of();
    private Batch batch;
    private boolean leaky;
    private long forwards;
    private boolean gradModeBefore;
    private int threadsBefore;
    private Runnable restoreSwitches = () -> {};
    private Thread trainingThread;
    private boolean closed;

    FlatTask(RunPlan plan) {
        this.plan = plan;
    }

    @Override
    public String device() {
        Device device = plan.device();
        return device.isGpu()
                ? "gpu:" + device.getDeviceId() + GpuNames.of(device.getDeviceId()).map(n -> " (" + n + ")").orElse("")
                : "cpu";
    }

    @Override
    public int iterationsPerEpoch() {
        return plan.batches();
    }

    @Override
    public void open(TaskLink newLink) {
        if (root != null || closed) {
            throw new IllegalStateException("the task was opened before");
        }
        link = newLink;
        trainingThread = Thread.currentThread();
        // Grad mode and the number of threads belong to the thread.
        gradModeBefore = JniUtils.isGradMode();
        threadsBefore = JniUtils.getNumThreads();
        JniUtils.setGradMode(false);
        root = DjlRuntime.newScope(plan.device());
        reader = new DeviceReader(root, plan.torch());
        if (!plan.device().isGpu()) {
            LikelyMistakes.threads(plan.spec().threads(), Runtime.getRuntime().availableProcessors())
                    .ifPresent(LOG::warn);
        }
        setThreads(plan.spec().threads());
        setFlushDenormals(flushesDenormals());
        plan.torch().ifPresent(Torch::keepFreedMemory);
        restoreSwitches = plan.switches().apply(plan.torch(), plan.device(), JniUtils.getNumThreads());
        parameters = FlatParameters.create(plan.block(), input(), plan.spec().seed(), root,
                plan.switches().channelsLast());
        if (plan.switches().channelsLast() && !parameters.channelsLast()) {
            LOG.warn("channels_last has no effect: no parameter of model {} has four dimensions",
                    plan.spec().model().type());
        }
        accumulation = new Accumulation(plan.spec().mode(), plan.spec().epochs(), plan.spec().iterations(),
                plan.batches(), plan.spec().accumulate());
        anomalies = new AnomalyMode(plan.torch());
        profiler = new IterationProfiler(link, root);
        gradients = new FlatGradients(parameters, root, with(Torch.Feature.GRADIENT_SLOTS),
                plan.torch().filter(t -> t.has(Torch.Feature.UNSCALE)), accumulation, reader,
                anomalies, profiler);
        OptimizerOptions options = plan.optimizer();
        optimizer = options.open(parameters, gradients.target(), root, with(options.feature()));
        precision = new MixedPrecision(plan.precision(), plan.torch(), root);
        pass = new ForwardPass(plan.block(), parameters.store(), plan.loss(), plan.spec().loss().type(), precision);
        Lanes.Opener lanes = lanes();
        loader = new BatchLoader(Dataset.TRAIN, train(), plan.dataset().spec(), batchSize(), plan.data().prefetch(),
                plan.data().workers(), root, lanes);
        stepper = new OptimizerStepper(options, optimizer, gradients, accumulation, link, profiler);
        weights = new FlatWeights(parameters, gradients, optimizer, root);
        evaluation = new SplitEvaluation(plan.dataset(), plan.metrics(), plan.data(), lanes, pass, root,
                reader, link);
        random = new TorchRandomNumbers(plan.spec().seed());
        states = new TaskStates(random, parameters, gradients, optimizer, accumulation, stepper, weights,
                precision, evaluation, root);
        facets = offered();
    }

    private Map<Class<?>, Object> offered() {
        Map<Class<?>, Object> map = new LinkedHashMap<>();
        map.put(Gradients.class, gradients);
        map.put(Autograd.class, anomalies);
        map.put(Profiler.class, profiler);
        map.put(Stepper.class, stepper);
        map.put(Weights.class, weights);
        map.put(Precision.class, precision);
        map.put(Evaluation.class, evaluation);
        map.put(ModelInfo.class, new ModelLayers(plan.block(), input(), parameters));
        map.put(RandomNumbers.class, random);
        map.put(Snapshots.class, new FlatSnapshots(parameters, optimizer, stepper, root));
        if (plan.device().isGpu()) {
            plan.torch().filter(t -> t.has(Torch.Feature.ALLOCATOR_MEMORY))
                    .ifPresent(t -> map.put(DeviceMemory.class, memory(t)));
        }
        return java.util.Collections.unmodifiableMap(map);
    }

    private DeviceMemory memory(Torch torch) {
        return () -> {
            Torch.AllocatorMemory m = torch.allocatorMemory(parameters.flat());
            return new DeviceMemory.Usage(m.allocated(), m.peakAllocated(), m.reserved(), m.peakReserved());
        };
    }

    private Lanes.Opener lanes() {
        Optional<Torch> copying = plan.device().isGpu() ? with(Torch.Feature.COPY_STREAM) : Optional.empty();
        return copying.map(t -> Lanes.device(() -> t.copyStream(plan.device()), this::format, root))
                .orElseGet(() -> Lanes.host(this::format));
    }

    /** Puts the features of a batch into the memory format of the run; also called on data threads. */
    private NDArray format(NDArray features) {
        if (!plan.switches().channelsLast() || features.getShape().dimension() != 4) {
            return features;
        }
        try (features) {
            return plan.torch().orElseThrow().channelsLast(features);
        }
    }

    private int batchSize() {
        return Math.min(plan.data().batchSize(), train().size());
    }

    /** {@return the shape of a batch} */
    private Shape input() {
        return new Shape(batchSize()).addAll(plan.dataset().spec().features());
    }

    private Split train() {
        return plan.dataset().splits().get(Dataset.TRAIN);
    }

    /** Says once for each thing that is missing that the run will be slower. */
    private Optional<Torch> with(Torch.Feature feature) {
        Optional<Torch> torch = plan.torch().filter(t -> t.has(feature));
        if (torch.isEmpty()) {
            LOG.warn("{} is not available ({}): plain DJL operations are used, which are slower", feature,
                    plan.torch().flatMap(t -> t.missing(feature)).orElse("no bundle org.hookline.torch"));
        }
        return torch;
    }

    private boolean flushesDenormals() {
        return !Boolean.FALSE.equals(plan.spec().configuration().get("flush_denormals"));
    }

    /**
     * Lets the processor take denormal numbers as zero: near the end of a long run squares of gradients become such,
     * and an operation on them takes many times as long. It belongs to the thread; those that libtorch starts from it
     * inherit it.
     */
    private void setFlushDenormals(boolean flush) {
        if (flushesDenormals() && plan.device().equals(Device.cpu())) {
            boolean can = plan.torch().filter(t -> t.has(Torch.Feature.FLUSH_DENORMAL))
                    .map(t -> t.setFlushDenormal(flush)).orElse(false);
            if (!can) {
                LOG.debug("denormal numbers stay as they are: neither libtorch nor the processor offers to flush them");
            }
        }
    }

    private void setThreads(int threads) {
        if (threads > 0) {
            Optional<Torch> torch = plan.torch().filter(t -> t.has(Torch.Feature.THREADS));
            if (torch.isPresent()) {
                torch.get().setThreads(threads);
            } else {
                JniUtils.setNumThreads(threads);
            }
        }
    }

    @Override
    public Map<Class<?>, Object> facets() {
        return facets;
    }

    @Override
    public void beginEpoch(int epoch, int skip) {
        if (skip < 0 || skip > plan.batches()) {
            throw new IllegalArgumentException("skip is " + skip + ", expected 0 to " + plan.batches());
        }
        batch = null;
        accumulation.startPass(epoch, skip);
        loader.start(SampleOrder.training(train().size(), plan.data().shuffle(), plan.spec().seed(), epoch),
                plan.batches(), skip);
    }

    @Override
    public int nextBatch() throws Exception {
        profiler.iterationStarts();
        long begin = profiler.begin();
        batch = loader.next();
        profiler.end("wait for batch", begin);
        return batch.size();
    }

    @Override
    public void forward() {
        NDArray loss;
        long begin = profiler.begin();
        // Whatever is random in the pass is a function of the seed and the iteration: a resumed run draws the same.
        random.startPass(link.progress().iteration());
        JniUtils.setGradMode(true);
        try {
            NDArray predictions = pass.predict(batch, true);
            loss = pass.loss(batch, predictions);
        } finally {
            JniUtils.setGradMode(false);
        }
        loss.attach(root);
        gradients.setLoss(loss);
        // What backward needs is held by the graph, which lets go of it on the way: the rest is freed before it starts.
        batch.closeArrays();
        sweep();
        link.metrics().put("loss", loss.stopGradient());
        profiler.end("forward", begin);
    }

    private void sweep() {
        if (leaky || forwards < 2 || forwards % SWEEP_EVERY == 0) {
            int swept = parameters.sweep();
            if (swept > 0 && !leaky) {
                leaky = true;
                LOG.debug("forward passes leave {} arrays with the parameters; they are closed each time", swept);
            }
        }
        forwards++;
    }

    @Override
    public void endIteration() {
        anomalies.end();
        gradients.dropLoss();
        loader.release();
        batch = null;
        accumulation.endIteration();
        profiler.iterationEnds();
        if (!accumulation.underWay()) {
            LikelyMistakes.noStep(forwards, plan.spec().accumulate(), stepper.steps() + stepper.skipped())
                    .ifPresent(LOG::warn);
        }
    }

    @Override
    public double[] read(List<NDArray> scalars) {
        return reader.read(scalars);
    }

    @Override
    public NDManager newScope() {
        return root.newSubManager();
    }

    @Override
    public long deviceReads() {
        return reader == null ? 0 : reader.count();
    }

    @Override
    public OptimizerState optimizerState() {
        return optimizer.save();
    }

    @Override
    public void loadOptimizerState(OptimizerState state) {
        optimizer.load(state);
    }

    @Override
    public TaskState saveState() {
        return states.save();
    }

    @Override
    public void releaseState(TaskState state) {
        states.release(state);
    }

    @Override
    public void loadState(TaskState state) {
        states.load(state);
    }

    @Override
    public Loaded loadWeights(Path file) throws IOException {
        try (NDManager scope = root.newSubManager()) {
            WeightsFile.Contents contents = WeightsFile.read(file, scope, plan.freshBlock());
            return contents.into(parameters);
        }
    }

    @Override
    public void exportParameters(Path file) throws IOException {
        WeightsFile.export(plan.block(), plan.spec().name(), plan.device(), file);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (profiler != null) {
                anomalies.end();
                profiler.iterationEnds();
            }
            if (loader != null) {
                loader.close();
            }
            if (optimizer != null) {
                optimizer.close();
            }
            if (gradients != null) {
                gradients.close();
            }
        } finally {
            try {
                if (root != null) {
                    root.close();
                }
                if (trainingThread == Thread.currentThread()) {
                    JniUtils.setGradMode(gradModeBefore);
                    setThreads(plan.spec().threads() > 0 ? threadsBefore : 0);
                    setFlushDenormals(false);
                }
                restoreSwitches.run();
                plan.torch().ifPresent(Torch::returnFreedMemory);
            } finally {
                plan.dataset().close();
            }
        }
    }
}
