// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hookline.torch.Torch;

/** The native operations, over the symbols of one libtorch. */
public final class LibTorch implements Torch {
    private static final Pattern VERSION = Pattern.compile("TORCH_VERSION=([^,\\s]+)");

    /** {@code aten::cross_entropy_loss}: the mean, and the index that counts as no label. */
    private static final long REDUCTION_MEAN = 1;
    private static final long IGNORE_INDEX = -100;

    /** libtorch shares pooling out among its threads; {@link MaxPool} is one, five times as fast. */
    private static final int MOST_POOLING_THREADS = 4;

    /** {@code c10::MemoryFormat::ChannelsLast}. */
    private static final long CHANNELS_LAST = 2;

    private static final MemorySegment CROSS_ENTROPY = Dispatcher.operation("aten::cross_entropy_loss");
    private static final MemorySegment CONTIGUOUS = Dispatcher.operation("aten::contiguous");

    /** A stride, a padding. */
    private static final Shape ONE_EACH = new Shape(1, 1);

    private final Map<Feature, String> missing;
    private final String version;
    private final Tensors tensors;
    private final Slots.Functions slots;
    private final Autocast.Functions autocast;
    private final Warnings.Functions warnings;
    private final Switches switches;
    private final OpenBlas openBlas;
    private final Dispatcher dispatcher;
    private final Attention attention;
    private final Convolution convolution;
    private final Cuda cuda;
    private final CachingAllocator allocator;
    private final MemorySegment fusedAdamW;
    private final MemorySegment fusedAdam;
    private final MemorySegment fusedSgd;
    private final MemorySegment unscale;
    private final MemorySegment anomalyEnabled;
    private final MemorySegment flushDenormal;
    private final MemorySegment getThreads;
    private final MemorySegment setThreads;

    /**
     * Looks everything up.
     *
     * @param symbols of the libtorch that DJL has loaded
     * @param folder from which it was loaded
     * @param assumedVersion where the library does not tell its own
     */
    LibTorch(Symbols symbols, Path folder, String assumedVersion) {
        tensors = new Tensors(symbols);
        Optional<Team> team = Team.of(symbols);
        slots = new Slots.Functions(symbols, team);
        autocast = new Autocast.Functions(symbols);
        warnings = new Warnings.Functions(symbols);
        switches = new Switches(symbols);
        openBlas = new OpenBlas(symbols, team, folder, openBlasFolders(folder),
                Processor.read(Path.of("/proc/cpuinfo")), System::getenv);
        dispatcher = new Dispatcher(symbols, Feature.CROSS_ENTROPY, Feature.CHANNELS_LAST, Feature.ATTENTION);
        attention = new Attention(symbols, tensors, autocast, dispatcher);
        cuda = new Cuda(symbols);
        allocator = new CachingAllocator(symbols);
        String adam = "call" + "EN3c108ArrayRefINS_6TensorEEES5_S5_S5_S5_S5_dddddbbRKSt8optionalIS4_ES9_";
        fusedAdamW = symbols.find("_ZN2at4_ops13_fused_adamw_4" + adam, Feature.FUSED_ADAMW);
        fusedAdam = symbols.find("_ZN2at4_ops12_fused_adam_4" + adam, Feature.FUSED_ADAM);
        fusedSgd = symbols.find("_ZN2at4_ops11_fused_sgd_4callEN3c108ArrayRefINS_6TensorEEES5_S5_ddddbbb"
                + "RKSt8optionalIS4_ES9_", Feature.FUSED_SGD);
        unscale = symbols.find("_ZN2at4_ops42_amp_foreach_non_finite_check_and_unscale_4call"
                + "EN3c108ArrayRefINS_6TensorEEERS4_RKS4_", Feature.UNSCALE);
        anomalyEnabled = symbols.find("_ZN5torch8autograd11AnomalyMode8_enabledE", Feature.ANOMALY_MODE);
        flushDenormal = symbols.find("_ZN2at7Context16setFlushDenormalEb", Feature.FLUSH_DENORMAL);
        getThreads = symbols.find("_ZN2at15get_num_threadsEv", Feature.THREADS, Feature.MAX_POOL);
        setThreads = symbols.find("_ZN2at15set_num_threadsEi", Feature.THREADS);
        version = version(symbols).orElse(assumedVersion);
        convolution = new Convolution(symbols, version, tensors, autocast, openBlas::small, team);
        missing = symbols.missing();
        if (!version.startsWith(CachingAllocator.VERSION)) {
            missing.putIfAbsent(Feature.ALLOCATOR_MEMORY, "an allocator as that of " + CachingAllocator.VERSION
                    + ", the only version whose methods are known");
        }
    }

    /** Beside libtorch, where the build puts it, or in the distribution where libtorch is the user's own. */
    private static List<Path> openBlasFolders(Path folder) {
        Path beside = folder.toAbsolutePath().resolveSibling("openblas");
        String home = System.getProperty("hookline.home");
        return home == null ? List.of(beside) : List.of(beside, Path.of(home, "lib", "native", "openblas"));
    }

    private static Optional<String> version(Symbols symbols) {
        // The mangled name holds libstdc++'s string, so that its layout is known: pointer, length, buffer.
        MemorySegment show = symbols.find("_ZN2at11show_configB5cxx11Ev");
        MemorySegment free = symbols.find("_ZdlPv");
        if (show == null) {
            return Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            SegmentAllocator allocator = arena;
            MemorySegment string = (MemorySegment) Call.STRING_OF_NONE.invokeExact(show, allocator);
            long characters = string.get(JAVA_LONG, 0);
            String text = Call.MEMORY.getString(characters);
            if (free != null && characters != string.address() + 16) {
                Call.VOID_OF_1.invokeExact(free, characters);
            }
            Matcher matcher = VERSION.matcher(text);
            return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public boolean has(Feature feature) {
        return lacks(feature) == null;
    }

    @Override
    public Optional<String> missing(Feature feature) {
        return Optional.ofNullable(lacks(feature));
    }

    /** {@return what a feature lacks, or null} */
    private String lacks(Feature feature) {
        String symbol = missing.get(feature);
        // Looked for when it is asked for: on many machines nobody does.
        return symbol == null && feature == Feature.OPENBLAS ? openBlas.missing().orElse(null) : symbol;
    }

    private void need(Feature feature) {
        String symbol = lacks(feature);
        if (symbol != null) {
            throw new IllegalStateException(feature + " is not available: this libtorch lacks " + symbol);
        }
    }

    @Override
    public void adamW(NDArray parameter, NDArray gradient, NDArray mean, NDArray variance, NDArray step,
            double learningRate, double beta1, double beta2, double eps, double weightDecay) {
        need(Feature.FUSED_ADAMW);
        adam(fusedAdamW, parameter, gradient, mean, variance, step, learningRate, beta1, beta2, eps, weightDecay);
    }

    @Override
    public void adam(NDArray parameter, NDArray gradient, NDArray mean, NDArray variance, NDArray step,
            double learningRate, double beta1, double beta2, double eps, double weightDecay) {
        need(Feature.FUSED_ADAM);
        adam(fusedAdam, parameter, gradient, mean, variance, step, learningRate, beta1, beta2, eps, weightDecay);
    }

    private void adam(MemorySegment function, NDArray parameter, NDArray gradient, NDArray mean, NDArray variance,
            NDArray step, double learningRate, double beta1, double beta2, double eps, double weightDecay) {
        long p = tensors.writable(parameter, "parameter");
        long g = tensors.dense(gradient, "gradient", Tensors.FLOAT32);
        long m = tensors.writable(mean, "mean");
        long v = tensors.writable(variance, "variance");
        long t = tensors.dense(step, "step", Tensors.FLOAT32);
        Tensors.alike(gradient, "gradient", parameter, "parameter");
        Tensors.alike(mean, "mean", parameter, "parameter");
        Tensors.alike(variance, "variance", parameter, "parameter");
        Tensors.sameDevice(step, "step", parameter, "parameter");
        scalar(step, "step");
        checkAdam(learningRate, beta1, beta2, eps, weightDecay);
        boolean before = tensors.beginNoGrad();
        try {
            Call.ADAM.invokeExact(function, p, 1L, g, 1L, m, 1L, v, 1L, 0L, 0L, t, 1L,
                    learningRate, beta1, beta2, weightDecay, eps, false, false, Call.NO_TENSOR, Call.NO_TENSOR);
        } catch (Throwable e) {
            throw Call.impossible(e);
        } finally {
            tensors.endNoGrad(before);
        }
    }

    static void checkAdam(double learningRate, double beta1, double beta2, double eps, double weightDecay) {
        notNegative("learning rate", learningRate);
        fraction("beta1", beta1);
        fraction("beta2", beta2);
        if (!(eps > 0)) {
            throw new IllegalArgumentException("eps is " + eps + ", expected a number above 0");
        }
        notNegative("weight decay", weightDecay);
    }

    @Override
    public void sgd(NDArray parameter, NDArray gradient, NDArray momentumBuffer, double learningRate, double momentum,
            double dampening, double weightDecay, boolean nesterov, boolean first) {
        need(Feature.FUSED_SGD);
        long p = tensors.writable(parameter, "parameter");
        long g = tensors.dense(gradient, "gradient", Tensors.FLOAT32);
        Tensors.alike(gradient, "gradient", parameter, "parameter");
        checkSgd(learningRate, momentum, dampening, weightDecay, nesterov);
        long buffer = 0;
        if (momentum != 0) {
            buffer = tensors.writable(momentumBuffer, "momentum buffer");
            Tensors.alike(momentumBuffer, "momentum buffer", parameter, "parameter");
        }
        boolean before = tensors.beginNoGrad();
        try {
            Call.SGD.invokeExact(fusedSgd, p, 1L, g, 1L, buffer, buffer == 0 ? 0L : 1L,
                    weightDecay, momentum, learningRate, dampening, nesterov, false, first, Call.NO_TENSOR,
                    Call.NO_TENSOR);
        } catch (Throwable e) {
            throw Call.impossible(e);
        } finally {
            tensors.endNoGrad(before);
        }
    }

    static void checkSgd(double learningRate, double momentum, double dampening, double weightDecay,
            boolean nesterov) {
        notNegative("learning rate", learningRate);
        fraction("momentum", momentum);
        notNegative("weight decay", weightDecay);
        if (!Double.isFinite(dampening)) {
            throw new IllegalArgumentException("dampening is " + dampening + ", expected a finite number");
        }
        if (nesterov && (momentum == 0 || dampening != 0)) {
            throw new IllegalArgumentException("Nesterov's momentum needs a momentum above 0 and no dampening, "
                    + "momentum is " + momentum + ", dampening " + dampening);
        }
    }

    private static void scalar(NDArray array, String name) {
        if (array.size() != 1) {
            throw new IllegalArgumentException(name + " has shape " + array.getShape() + ", expected a scalar");
        }
    }

    private static void notNegative(String name, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(name + " is " + value + ", expected a number of at least 0");
        }
    }

    private static void fraction(String name, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException(name + " is " + value + ", expected at least 0 and below 1");
        }
    }

    @Override
    public GradientSlots gradientSlots(List<NDArray> leaves, NDArray flat) {
        need(Feature.GRADIENT_SLOTS);
        return new Slots(slots, tensors, new FusedSteps.Functions(fusedAdamW, fusedAdam, fusedSgd),
                () -> has(Feature.THREADS) ? currentThreads() : Integer.MAX_VALUE, leaves, flat);
    }

    @Override
    public boolean read(List<NDArray> scalars, double[] values) {
        need(Feature.HOST_SCALARS);
        for (int i = 0; i < values.length; i++) {
            long tensor = Tensors.of(scalars.get(i), "scalar " + i);
            int type = tensors.type(tensor);
            if (!tensors.isOnHost(tensor) || (type != Tensors.FLOAT32 && type != Tensors.FLOAT64)) {
                return false;
            }
            long address = tensors.data(tensor);
            if (address <= 0) {
                return false;
            }
            values[i] = type == Tensors.FLOAT32 ? Call.MEMORY.get(JAVA_FLOAT, address)
                    : Call.MEMORY.get(JAVA_DOUBLE, address);
        }
        return true;
    }

    @Override
    public void unscale(NDArray gradient, NDArray inverseScale, NDArray found) {
        need(Feature.UNSCALE);
        long g = tensors.writable(gradient, "gradient");
        long s = tensors.dense(inverseScale, "inverse scale", Tensors.FLOAT32);
        long f = tensors.writable(found, "found");
        Tensors.sameDevice(inverseScale, "inverse scale", gradient, "gradient");
        Tensors.sameDevice(found, "found", gradient, "gradient");
        scalar(inverseScale, "inverse scale");
        scalar(found, "found");
        boolean before = tensors.beginNoGrad();
        try {
            Call.LIST_2.invokeExact(unscale, g, 1L, f, s);
        } catch (Throwable e) {
            throw Call.impossible(e);
        } finally {
            tensors.endNoGrad(before);
        }
    }

    @Override
    public AutocastScope setAutocast(AutocastType type, boolean gpu) {
        need(Feature.AUTOCAST);
        return new Autocast(autocast, (byte) (type == AutocastType.FLOAT16 ? Tensors.FLOAT16 : Tensors.BFLOAT16), gpu);
    }

    @Override
    public boolean setAnomalyMode(boolean enabled) {
        need(Feature.ANOMALY_MODE);
        boolean before = Call.MEMORY.get(JAVA_BYTE, anomalyEnabled.address()) != 0;
        Call.MEMORY.set(JAVA_BYTE, anomalyEnabled.address(), (byte) (enabled ? 1 : 0));
        return before;
    }

    @Override
    public WarningScope captureWarnings(Consumer<String> receiver) {
        need(Feature.WARNINGS);
        return new Warnings(warnings, Objects.requireNonNull(receiver));
    }

    @Override
    public boolean keepFreedMemory() {
        return Heap.keep(System.getenv());
    }

    @Override
    public void returnFreedMemory() {
        Heap.giveBack();
    }

    @Override
    public boolean setFlushDenormal(boolean enabled) {
        need(Feature.FLUSH_DENORMAL);
        try {
            // A static method of at::Context: there is no object.
            return (boolean) Call.BOOL_OF_BOOL.invokeExact(flushDenormal, enabled);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    @Override
    public void setThreads(int threads) {
        need(Feature.THREADS);
        if (threads < 1) {
            throw new IllegalArgumentException("threads is " + threads + ", expected at least 1");
        }
        try {
            Call.VOID_OF_INT.invokeExact(setThreads, threads);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    @Override
    public int threads() {
        need(Feature.THREADS);
        return currentThreads();
    }

    private int currentThreads() {
        try {
            return (int) Call.INT_OF_NONE.invokeExact(getThreads);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    @Override
    public Blas useBlas(Blas which) {
        if (which != Blas.LIBTORCH) {
            need(Feature.OPENBLAS);
        }
        return openBlas.use(which);
    }

    @Override
    public Blas blas() {
        return openBlas.used();
    }

    @Override
    public Blas fasterBlas(int threads) {
        return openBlas.faster(threads);
    }

    @Override
    public NDArray crossEntropy(NDArray predictions, NDArray labels, double labelSmoothing) {
        need(Feature.CROSS_ENTROPY);
        long x = predictions(predictions);
        long y = labels(labels, predictions);
        fraction("label smoothing", labelSmoothing);
        long xHandle = tensors.share(x);
        long yHandle = tensors.share(y);
        MemorySegment stack = Tensors.scratch();
        stack.setAtIndex(JAVA_LONG, 0, xHandle);
        stack.setAtIndex(JAVA_LONG, 1, yHandle);
        stack.setAtIndex(JAVA_LONG, 2, 0);
        stack.setAtIndex(JAVA_LONG, 3, REDUCTION_MEAN);
        stack.setAtIndex(JAVA_LONG, 4, IGNORE_INDEX);
        stack.setAtIndex(JAVA_DOUBLE, 5, labelSmoothing);
        long loss = dispatcher.call(CROSS_ENTROPY, stack);
        if (loss == 0) {
            throw Dispatcher.failure("cross entropy of predictions " + predictions.getShape() + " and labels "
                    + labels.getShape() + " failed");
        }
        return new PtNDArray((PtNDManager) predictions.getManager(), loss);
    }

    @Override
    public NDArray attention(NDArray queries, NDArray keys, NDArray values, double dropout, boolean causal) {
        need(Feature.ATTENTION);
        return attention.of(queries, keys, values, dropout, causal);
    }

    @Override
    public NDArray convolution3x3(NDArray images, NDArray weights) {
        NDArray result = convolution.of(images, weights);
        return result != null ? result
                : Conv2d.conv2d(images, weights, null, ONE_EACH, ONE_EACH).singletonOrThrow();
    }

    @Override
    public NDArray maxPool2d(NDArray images, Shape window, Shape stride, Shape padding) {
        NDArray maxima = has(Feature.MAX_POOL) ? gatheredMaxima(images, window, stride, padding) : null;
        return maxima != null ? maxima
                : JniUtils.maxPool((PtNDArray) images, window, stride, padding, false);
    }

    /** {@return the maxima, taken from the images by their indexes; null where that is not faster or not possible} */
    private NDArray gatheredMaxima(NDArray images, Shape window, Shape stride, Shape padding) {
        Shape shape = images.getShape();
        if (shape.dimension() != 4 || shape.size() == 0 || window.dimension() != 2 || stride.dimension() != 2
                || padding.dimension() != 2 || images.getDevice().isGpu() || images.isSparse()
                || currentThreads() > MOST_POOLING_THREADS) {
            return null;
        }
        long tensor = Tensors.of(images, "images");
        MaxPool pool = new MaxPool((int) shape.get(2), (int) shape.get(3), (int) window.get(0), (int) window.get(1),
                (int) stride.get(0), (int) stride.get(1), (int) padding.get(0), (int) padding.get(1));
        if (tensors.type(tensor) != Tensors.FLOAT32 || !tensors.contiguous(tensor, shape) || !pool.isPossible()) {
            return null;
        }
        long count = shape.get(0) * shape.get(1);
        Shape pooled = new Shape(shape.get(0), shape.get(1), pool.outputHeight(), pool.outputWidth());
        try (NDArray indexes = images.getManager().create(
                new Shape(count, (long) pool.outputHeight() * pool.outputWidth()), DataType.INT64);
                NDArray rows = images.reshape(count, shape.get(2) * shape.get(3))) {
            if (!pool.search(tensors.data(tensor), count, tensors.data(Tensors.of(indexes, "indexes")))) {
                return null;
            }
            try (NDArray maxima = rows.gather(indexes, 1)) {
                return maxima.reshape(pooled);
            }
        }
    }

    @Override
    public boolean set(Switch which, boolean on) {
        need(Feature.SWITCHES);
        return switches.set(Objects.requireNonNull(which), on);
    }

    @Override
    public boolean isOn(Switch which) {
        need(Feature.SWITCHES);
        return switches.isOn(Objects.requireNonNull(which));
    }

    @Override
    public GpuLibraries gpuLibraries() {
        return cuda.libraries();
    }

    @Override
    public NDArray channelsLast(NDArray images) {
        need(Feature.CHANNELS_LAST);
        long tensor = tensors.of(images, "images", Tensors.FLOAT32);
        if (images.getShape().dimension() != 4 || images.isSparse()) {
            throw new IllegalArgumentException(
                    "images have shape " + images.getShape() + ", expected (batch, channels, height, width)");
        }
        MemorySegment stack = Tensors.scratch();
        long handle = tensors.share(tensor);
        stack.setAtIndex(JAVA_LONG, 0, handle);
        stack.setAtIndex(JAVA_LONG, 1, CHANNELS_LAST);
        long arranged = dispatcher.call(CONTIGUOUS, stack);
        if (arranged == 0) {
            throw Dispatcher.failure("images " + images.getShape()
                    + " can not be put in the memory format channels last");
        }
        return new PtNDArray((PtNDManager) images.getManager(), arranged);
    }

    @Override
    public int gpus() {
        return has(Feature.GPU_COUNT) ? cuda.deviceCount() : 0;
    }

    @Override
    public CopyStream copyStream(Device gpu) {
        need(Feature.COPY_STREAM);
        if (!gpu.isGpu() || gpu.getDeviceId() < 0 || gpu.getDeviceId() >= cuda.deviceCount()) {
            throw new IllegalArgumentException("there is no " + gpu + ", expected one of " + cuda.deviceCount()
                    + " GPUs");
        }
        return new CudaCopies(cuda, tensors, gpu, gpu.getDeviceId());
    }

    @Override
    public AllocatorMemory allocatorMemory(NDArray array) {
        need(Feature.ALLOCATOR_MEMORY);
        long tensor = Tensors.of(array, "array");
        if (!array.getDevice().isGpu() || tensors.data(tensor) <= 0) {
            throw new IllegalArgumentException("array is on " + array.getDevice() + " and has " + array.size()
                    + " values, expected some on a GPU");
        }
        return allocator.memory(array.getDevice().getDeviceId());
    }

    private long predictions(NDArray predictions) {
        long tensor = Tensors.of(predictions, "predictions");
        int type = tensors.type(tensor);
        boolean half = type == Tensors.FLOAT16 || type == Tensors.BFLOAT16;
        // Under autocast libtorch computes a loss in float32, whatever comes in.
        if (type != Tensors.FLOAT32 && !(half && has(Feature.AUTOCAST)
                && autocast.enabled(predictions.getDevice().isGpu()))) {
            throw new IllegalArgumentException(
                    "predictions are " + tensors.typeName(predictions) + ", expected float32, or half under autocast");
        }
        Shape shape = predictions.getShape();
        if (shape.dimension() != 2 || predictions.isSparse()) {
            throw new IllegalArgumentException("predictions have shape " + shape + ", expected (batch, classes)");
        }
        return tensor;
    }

    private long labels(NDArray labels, NDArray predictions) {
        long tensor = tensors.dense(labels, "labels", Tensors.INT64);
        Tensors.sameDevice(labels, "labels", predictions, "predictions");
        long batch = predictions.getShape().get(0);
        long classes = predictions.getShape().get(1);
        if (labels.getShape().dimension() != 1 || labels.getShape().get(0) != batch) {
            throw new IllegalArgumentException(
                    "labels have shape " + labels.getShape() + ", expected (" + batch
                    + ") as the predictions have rows");
        }
        if (!labels.getDevice().isGpu()) {
            long values = tensors.data(tensor);
            for (long i = 0; i < batch; i++) {
                long label = Call.MEMORY.get(JAVA_LONG, values + 8 * i);
                if (label < 0 || label >= classes) {
                    throw new IllegalArgumentException(
                            "label " + i + " is " + label + ", expected 0 to " + (classes - 1) + " for " + classes
                            + " classes");
                }
            }
        }
        return tensor;
    }
}
