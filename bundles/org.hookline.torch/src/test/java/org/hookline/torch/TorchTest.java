// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.loss.SoftmaxCrossEntropyLoss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.hookline.torch.Torch.AutocastScope;
import org.hookline.torch.Torch.AutocastType;
import org.hookline.torch.Torch.Feature;
import org.hookline.torch.Torch.GradientSlots;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each operation against values worked out in double, or against plain DJL. */
class TorchTest {
    private static Torch torch;

    private NDManager manager;

    @BeforeAll
    static void load() {
        torch = TorchLoader.load();
    }

    @BeforeEach
    void open() {
        manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
        JniUtils.setGradMode(true);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray array(double... values) {
        return manager.create(floats(values));
    }

    private static float[] floats(double... values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    private NDArray scalar(double value) {
        return manager.full(new Shape(), (float) value, DataType.FLOAT32);
    }

    private static double[] random(long seed, int size) {
        return new Random(seed).doubles(size, -1, 1).toArray();
    }

    private static void close(NDArray actual, double[] expected) {
        float[] values = actual.toFloatArray();
        assertThat(values).hasSize(expected.length);
        for (int i = 0; i < values.length; i++) {
            assertThat((double) values[i]).isCloseTo(expected[i], within(2e-6));
        }
    }

    private static NDArray leaf(NDArray values) {
        values.setRequiresGradient(true);
        return values;
    }

    private static void backward(NDArray loss) {
        JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
    }

    @ParameterizedTest
    @EnumSource(Feature.class)
    void theShippedLibtorchHasEverythingButWhatIsForGpus(Feature feature) {
        assertThat(torch.missing(feature).isPresent()).isEqualTo(feature.isForGpus());
        assertThat(torch.has(feature)).isEqualTo(!feature.isForGpus());
        assertThat(torch.version()).isEqualTo("2.7.1");
    }

    @Test
    void aLibtorchForCpusHasNoGpus() {
        assertThat(torch.gpus()).isZero();
        assertThat(torch.gpuLibraries().cuda()).isEmpty();
        assertThat(torch.gpuLibraries().problem()).isEmpty();
        assertThatThrownBy(() -> torch.allocatorMemory(array(1))).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("ALLOCATOR_MEMORY is not available: this libtorch lacks");
        assertThatThrownBy(() -> torch.copyStream(Device.gpu(0))).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("COPY_STREAM is not available: this libtorch lacks");
    }

    @ParameterizedTest
    @EnumSource(Feature.class)
    void aFolderWithoutLibtorchHasNothingAndSaysWhereItLooked(Feature feature, @TempDir Path empty) {
        Torch none = TorchLoader.open(empty);
        assertThat(none.has(feature)).isFalse();
        assertThat(none.missing(feature).orElseThrow()).contains(empty.toString());
        assertThat(none.version()).isEqualTo("unknown");
    }

    @Test
    void whatIsMissingIsNotCalled(@TempDir Path empty) {
        Torch none = TorchLoader.open(empty);
        NDArray a = array(1);
        List<org.assertj.core.api.ThrowableAssert.ThrowingCallable> calls = List.of(
                () -> none.adamW(a, a, a, a, a, 0.1, 0.9, 0.999, 1e-8, 0),
                () -> none.adam(a, a, a, a, a, 0.1, 0.9, 0.999, 1e-8, 0),
                () -> none.sgd(a, a, a, 0.1, 0, 0, 0, false, true), () -> none.gradientSlots(List.of(a), a),
                () -> none.unscale(a, a, a), () -> none.setAutocast(AutocastType.FLOAT16, false),
                () -> none.setAnomalyMode(true), () -> none.captureWarnings(w -> { }),
                () -> none.setFlushDenormal(true), () -> none.setThreads(1), none::threads,
                () -> none.crossEntropy(a, a, 0), () -> none.set(Torch.Switch.DETERMINISTIC, true),
                () -> none.channelsLast(a), () -> none.attention(a, a, a, 0, false),
                () -> none.read(List.of(a), new double[1]));
        assertThat(calls).allSatisfy(call -> assertThatThrownBy(call).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is not available: this libtorch lacks"));
    }

    // ---- optimizers

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void adamAndAdamWAreThoseOfThePapers(boolean decoupled) {
        double lr = 0.05;
        double decay = 0.1;
        double[] w = random(1, 5);
        double[] m = new double[5];
        double[] v = new double[5];
        NDArray parameter = array(w);
        NDArray mean = array(m);
        NDArray variance = array(v);
        for (int t = 1; t <= 4; t++) {
            double[] g = random(10 + t, 5);
            NDArray gradient = array(g);
            for (int i = 0; i < 5; i++) {
                double gi = (double) (float) g[i];
                if (decoupled) {
                    w[i] -= lr * decay * w[i];
                } else {
                    gi += decay * w[i];
                }
                m[i] = 0.9 * m[i] + 0.1 * gi;
                v[i] = 0.99 * v[i] + 0.01 * gi * gi;
                w[i] -= lr * (m[i] / (1 - Math.pow(0.9, t))) / (Math.sqrt(v[i] / (1 - Math.pow(0.99, t))) + 1e-6);
            }
            if (decoupled) {
                torch.adamW(parameter, gradient, mean, variance, scalar(t), lr, 0.9, 0.99, 1e-6, decay);
            } else {
                torch.adam(parameter, gradient, mean, variance, scalar(t), lr, 0.9, 0.99, 1e-6, decay);
            }
            close(gradient, g);
        }
        close(parameter, w);
        close(mean, m);
        close(variance, v);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0, false", "0, 0, 0.1, false", "0.9, 0, 0, false", "0.9, 0.3, 0.1, false", "0.9, 0, 0.1, true"})
    void sgdIsThatOfTorch(double momentum, double dampening, double decay, boolean nesterov) {
        double lr = 0.1;
        double[] w = random(2, 5);
        double[] b = new double[5];
        NDArray parameter = array(w);
        NDArray buffer = momentum == 0 ? null : array(new double[5]);
        for (int t = 1; t <= 4; t++) {
            double[] g = random(20 + t, 5);
            for (int i = 0; i < 5; i++) {
                double gi = (double) (float) g[i] + decay * w[i];
                if (momentum != 0) {
                    b[i] = t == 1 ? gi : momentum * b[i] + (1 - dampening) * gi;
                    gi = nesterov ? gi + momentum * b[i] : b[i];
                }
                w[i] -= lr * gi;
            }
            torch.sgd(parameter, array(g), buffer, lr, momentum, dampening, decay, nesterov, t == 1);
        }
        close(parameter, w);
        if (buffer != null) {
            close(buffer, b);
        }
    }

    @Test
    void aStepChangesAParameterThatRequiresGradients() {
        NDArray parameter = leaf(array(1, 2));
        torch.sgd(parameter, array(1, 1), null, 0.5, 0, 0, 0, false, true);
        assertThat(parameter.toFloatArray()).containsExactly(0.5f, 1.5f);
        assertThat(JniUtils.isGradMode()).isTrue();
    }

    @Test
    void anOptimizersWrongArgumentsAreRefusedAndChangeNothing() {
        NDArray p = array(1, 2, 3);
        NDArray g = array(1, 1, 1);
        NDArray m = array(0, 0, 0);
        NDArray t = scalar(1);
        refused("parameter is null", () -> torch.adamW(null, g, m, m, t, 0.1, 0.9, 0.99, 1e-8, 0));
        refused("gradient has shape (2), parameter has (3)",
                () -> torch.adamW(p, array(1, 1), m, m, t, 0.1, 0.9, 0.99, 1e-8, 0));
        refused("mean is float64, expected float32", () -> torch.adamW(p, g, manager.create(new double[3]), m, t,
                0.1, 0.9,
                0.99, 1e-8, 0));
        refused("variance of shape (3) is not dense and contiguous", () -> torch.adamW(p, g, m,
                manager.zeros(new Shape(3, 2)).get(":, 0"), t, 0.1, 0.9, 0.99, 1e-8, 0));
        refused("step has shape (2), expected a scalar", () -> torch.adam(p, g, m, m, array(1, 1), 0.1, 0.9, 0.99,
                1e-8, 0));
        refused("learning rate is -0.1", () -> torch.adam(p, g, m, m, t, -0.1, 0.9, 0.99, 1e-8, 0));
        refused("learning rate is NaN", () -> torch.adam(p, g, m, m, t, Double.NaN, 0.9, 0.99, 1e-8, 0));
        refused("beta1 is 1.0", () -> torch.adam(p, g, m, m, t, 0.1, 1, 0.99, 1e-8, 0));
        refused("beta2 is -0.5", () -> torch.adam(p, g, m, m, t, 0.1, 0.9, -0.5, 1e-8, 0));
        refused("eps is 0.0", () -> torch.adam(p, g, m, m, t, 0.1, 0.9, 0.99, 0, 0));
        refused("weight decay is -1.0", () -> torch.adam(p, g, m, m, t, 0.1, 0.9, 0.99, 1e-8, -1));
        refused("momentum is 1.5", () -> torch.sgd(p, g, m, 0.1, 1.5, 0, 0, false, true));
        refused("momentum buffer is null", () -> torch.sgd(p, g, null, 0.1, 0.9, 0, 0, false, true));
        refused("dampening is Infinity", () -> torch.sgd(p, g, m, 0.1, 0.9, Double.POSITIVE_INFINITY, 0, false, true));
        refused("Nesterov's momentum", () -> torch.sgd(p, g, m, 0.1, 0.9, 0.5, 0, true, true));
        refused("Nesterov's momentum", () -> torch.sgd(p, g, null, 0.1, 0, 0, 0, true, true));
        assertThat(p.toFloatArray()).containsExactly(1, 2, 3);
        assertThat(m.toFloatArray()).containsOnly(0);
    }

    private static void refused(String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }

    // ---- loss scale

    @Test
    void unscalingMultipliesAndMarksWhatIsNotFinite() {
        NDArray gradient = array(1024, -2048, 0);
        NDArray found = scalar(0);
        torch.unscale(gradient, scalar(1.0 / 1024), found);
        assertThat(gradient.toFloatArray()).containsExactly(1, -2, 0);
        assertThat(found.getFloat()).isZero();
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            NDArray mark = scalar(0);
            torch.unscale(array(1, bad), scalar(1), mark);
            assertThat(mark.getFloat()).isEqualTo(1);
            torch.unscale(array(1, 1), scalar(1), mark);
            assertThat(mark.getFloat()).isEqualTo(1);
        }
        refused("found has shape (2)", () -> torch.unscale(gradient, scalar(1), array(0, 0)));
        refused("inverse scale is float64", () -> torch.unscale(gradient, manager.create(1.0), found));
        refused("gradient is null", () -> torch.unscale(null, scalar(1), found));
    }

    // ---- gradients

    @Test
    void gradientsAreGatheredInOrderAndCleared() {
        NDArray a = leaf(array(1, 2, 3, 4).reshape(2, 2));
        NDArray b = leaf(array(5, 6));
        NDArray unused = leaf(array(7));
        NDArray flat = array(9, 9, 9, 9, 9, 9, 9);
        try (GradientSlots slots = torch.gradientSlots(List.of(a, b, unused), flat)) {
            backward(a.mul(a).sum().add(b.mul(array(3, -3)).sum()));
            slots.gather();
            assertThat(flat.toFloatArray()).containsExactly(2, 4, 6, 8, 3, -3, 0);
            backward(b.sum());
            slots.gather();
            assertThat(flat.toFloatArray()).containsExactly(2, 4, 6, 8, 4, -2, 0);
            slots.clear();
            slots.gather();
            assertThat(flat.toFloatArray()).containsOnly(0);
            backward(b.sum());
            slots.gather();
            assertThat(flat.toFloatArray()).containsExactly(0, 0, 0, 0, 1, 1, 0);
            slots.close();
            slots.close();
            assertThatThrownBy(slots::gather).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
            assertThatThrownBy(slots::clear).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void largeGradientsAreGatheredToo() {
        int size = 1 << 19;
        NDArray large = leaf(manager.ones(new Shape(size)));
        NDArray small = leaf(array(2));
        NDArray flat = manager.ones(new Shape(size + 1)).mul(5);
        try (GradientSlots slots = torch.gradientSlots(List.of(large, small), flat)) {
            slots.gather();
            assertThat(flat.sum().getFloat()).isZero();
            backward(large.mul(3).sum().add(small.sum()));
            slots.gather();
            assertThat(flat.get("0:" + size).eq(3).all().getBoolean()).isTrue();
            assertThat(flat.getFloat(size)).isEqualTo(1);
        }
    }

    @Test
    void slotsRefuseWhatDoesNotFit() {
        NDArray a = leaf(array(1, 2));
        refused("flat has 3 elements, the leaves have 2", () -> torch.gradientSlots(List.of(a), array(1, 2, 3)));
        refused("flat requires gradients itself", () -> torch.gradientSlots(List.of(a), leaf(array(1, 2))));
        refused("leaf 0 is int64, expected float32",
                () -> torch.gradientSlots(List.of(manager.create(new long[] {1, 2})), array(1, 2)));
    }

    // ---- autocast

    private boolean half() {
        NDArray x = manager.ones(new Shape(4, 4)).mul(1.0009765625f * 1.001f);
        // bfloat16 has no such number; a product with float32 makes the result readable again.
        float value = x.matMul(manager.eye(4)).mul(manager.ones(new Shape(1))).toFloatArray()[0];
        return value != x.toFloatArray()[0];
    }

    @Test
    void autocastScopesNestAndRestoreWhatWas() {
        assertThat(half()).isFalse();
        try (AutocastScope outer = torch.setAutocast(AutocastType.BFLOAT16, false)) {
            assertThat(half()).isTrue();
            try (AutocastScope inner = torch.setAutocast(AutocastType.FLOAT16, false)) {
                assertThat(manager.ones(new Shape(2, 2)).matMul(manager.eye(2)).getDataType())
                        .isEqualTo(DataType.FLOAT16);
                inner.close();
            }
            assertThat(half()).isTrue();
            outer.close();
            outer.close();
            assertThat(half()).isFalse();
        }
        assertThat(manager.ones(new Shape(2, 2)).matMul(manager.eye(2)).getDataType()).isEqualTo(DataType.FLOAT32);
    }

    @Test
    void autocastBelongsToItsThread() throws Exception {
        List<Boolean> elsewhere = new ArrayList<>();
        List<Throwable> refused = new ArrayList<>();
        try (AutocastScope scope = torch.setAutocast(AutocastType.BFLOAT16, false)) {
            Thread thread = new Thread(() -> {
                elsewhere.add(half());
                try {
                    scope.close();
                } catch (IllegalStateException e) {
                    refused.add(e);
                }
            });
            thread.start();
            thread.join();
            assertThat(half()).isTrue();
        }
        assertThat(elsewhere).containsExactly(false);
        assertThat(refused).hasSize(1);
    }

    // ---- anomaly mode

    @Test
    void anomalyModeNamesTheFunctionThatMadeNaN() {
        NDArray x = leaf(array(-1));
        backward(x.sqrt());
        assertThat(x.getGradient().toFloatArray()[0]).isNaN();
        assertThat(torch.setAnomalyMode(true)).isFalse();
        try {
            NDArray y = leaf(array(-1));
            assertThatThrownBy(() -> backward(y.sqrt()))
                    .hasMessageContaining("Function 'SqrtBackward0' returned nan values in its 0th output");
        } finally {
            assertThat(torch.setAnomalyMode(false)).isTrue();
        }
        assertThat(torch.setAnomalyMode(false)).isFalse();
    }

    @Test
    void theForwardStackOfAnAnomalyIsAWarningThatCanBeTaken() {
        List<String> outer = new ArrayList<>();
        List<String> inner = new ArrayList<>();
        torch.setAnomalyMode(true);
        try (Torch.WarningScope first = torch.captureWarnings(outer::add)) {
            NDArray x = leaf(array(-1));
            NDArray y = x.sqrt();
            try (Torch.WarningScope second = torch.captureWarnings(inner::add)) {
                assertThatThrownBy(() -> backward(y)).hasMessageContaining("SqrtBackward0");
                assertThatThrownBy(first::close).isInstanceOf(IllegalStateException.class);
                second.close();
                second.close();
            }
            assertThat(outer).isEmpty();
            assertThat(inner).singleElement().asString().startsWith("Error detected in SqrtBackward0")
                    .contains("Traceback of forward call").contains("sqrt");
            NDArray z = leaf(array(-1));
            assertThatThrownBy(() -> backward(z.sqrt())).hasMessageContaining("SqrtBackward0");
            assertThat(outer).hasSize(1);
        } finally {
            torch.setAnomalyMode(false);
        }
    }

    @Test
    void aReceiverThatThrowsDoesNotEndTheProcess() {
        torch.setAnomalyMode(true);
        try (Torch.WarningScope scope = torch.captureWarnings(w -> {
            throw new IllegalStateException("no");
        })) {
            NDArray x = leaf(array(-1));
            assertThatThrownBy(() -> backward(x.sqrt())).hasMessageContaining("SqrtBackward0");
        } finally {
            torch.setAnomalyMode(false);
        }
    }

    // ---- the machine

    @Test
    void denormalsAreFlushedWhereTheProcessorCanAndOnThatThreadOnly() throws Exception {
        Thread thread = new Thread(() -> {
            NDArray tiny = manager.full(new Shape(64), 1e-39f, DataType.FLOAT32);
            assertThat(tiny.mul(0.5f).toFloatArray()[0]).isPositive();
            if (torch.setFlushDenormal(true)) {
                assertThat(tiny.mul(0.5f).toFloatArray()[0]).isZero();
                torch.setFlushDenormal(false);
                assertThat(tiny.mul(0.5f).toFloatArray()[0]).isPositive();
            }
        });
        List<Throwable> failures = new ArrayList<>();
        thread.setUncaughtExceptionHandler((t, e) -> failures.add(e));
        thread.start();
        thread.join();
        assertThat(failures).isEmpty();
        assertThat(manager.full(new Shape(64), 1e-39f, DataType.FLOAT32).mul(0.5f).toFloatArray()[0]).isPositive();
    }

    @Test
    void threadsAreSetAndTold() {
        int before = torch.threads();
        torch.setThreads(2);
        assertThat(torch.threads()).isEqualTo(2);
        torch.setThreads(before);
        refused("threads is 0", () -> torch.setThreads(0));
    }

    @ParameterizedTest
    @EnumSource(Torch.Switch.class)
    void aSwitchTellsWhatItWas(Torch.Switch which) {
        boolean before = torch.set(which, true);
        try {
            assertThat(torch.isOn(which)).isTrue();
            assertThat(torch.set(which, false)).isTrue();
            assertThat(torch.isOn(which)).isFalse();
            assertThat(torch.set(which, true)).isFalse();
            assertThat(torch.set(which, true)).isTrue();
        } finally {
            torch.set(which, before);
        }
        assertThat(torch.set(which, before)).isEqualTo(before);
    }

    @Test
    void deterministicRefusesAnOperationThatIsNot() {
        NDArray values = array(1, 2, 3);
        NDArray index = manager.create(new long[] {0});
        boolean before = torch.set(Torch.Switch.DETERMINISTIC, true);
        try {
            assertThatThrownBy(() -> values.put(index, array(5))).hasMessageContaining("deterministic");
            torch.set(Torch.Switch.DETERMINISTIC, false);
            assertThat(values.put(index, array(5)).toFloatArray()).containsExactly(5, 2, 3);
        } finally {
            torch.set(Torch.Switch.DETERMINISTIC, before);
        }
    }

    // ---- channels last

    @Test
    void channelsLastHasTheSameValuesInAnotherOrderOfMemory() {
        NDArray images = manager.arange(2 * 3 * 4 * 5).toType(DataType.FLOAT32, false).reshape(2, 3, 4, 5);
        NDArray last = torch.channelsLast(images);
        assertThat(last.getShape()).isEqualTo(images.getShape());
        assertThat(last.toFloatArray()).isEqualTo(images.toFloatArray());
        // In memory the channels of a pixel lie side by side: as a list of pixels it is contiguous, and no copy.
        NDArray pixels = last.transpose(0, 2, 3, 1);
        assertThat(pixels.get("0, 0, 0").toFloatArray()).containsExactly(0, 20, 40);
        assertThat(((PtNDArray) pixels).toByteBuffer(true).order(java.nio.ByteOrder.nativeOrder()).asFloatBuffer()
                .get(1)).isEqualTo(20);
        assertThat(torch.channelsLast(last).toFloatArray()).isEqualTo(images.toFloatArray());
    }

    @Test
    void channelsLastIsForImages() {
        refused("images have shape", () -> torch.channelsLast(array(1, 2)));
        refused("images is", () -> torch.channelsLast(manager.create(new int[] {1})));
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 200})
    void gradientsOfLeavesInChannelsLastAreGatheredInTheirOrderOfMemory(int channels) {
        // 200 x 200 x 9 values are more than a large leaf has, which takes another way.
        Shape shape = new Shape(channels, channels, 3, 3);
        NDArray flat = manager.create(random(3, (int) shape.size() + 2)).toType(DataType.FLOAT32, false);
        NDArray part = flat.get("2:");
        NDArray leaf = leaf(part.reshape(channels, 3, 3, channels).transpose(0, 3, 1, 2));
        NDArray plain = leaf(flat.get(":2"));
        NDArray factor = manager.create(random(4, (int) shape.size()), shape).toType(DataType.FLOAT32, false);
        NDArray gradient = manager.zeros(flat.getShape());
        try (GradientSlots slots = torch.gradientSlots(List.of(plain, leaf), gradient)) {
            backward(factor.mul(leaf).sum().add(plain.sum()));
            slots.gather();
            assertThat(gradient.get(":2").toFloatArray()).containsExactly(1, 1);
            assertThat(gradient.get("2:").reshape(channels, 3, 3, channels).transpose(0, 3, 1, 2).toFloatArray())
                    .isEqualTo(factor.toFloatArray());
        }
    }

    // ---- cross entropy

    @Test
    void crossEntropyIsThatOfDjlWithItsGradient() {
        double[] values = random(5, 12);
        NDArray ours = leaf(array(values).reshape(4, 3));
        NDArray theirs = leaf(array(values).reshape(4, 3));
        NDArray labels = manager.create(new long[] {2, 0, 1, 2});
        NDArray a = torch.crossEntropy(ours, labels, 0);
        NDArray b = new SoftmaxCrossEntropyLoss().evaluate(new NDList(labels), new NDList(theirs));
        assertThat(a.getFloat()).isCloseTo(b.getFloat(), within(1e-6f));
        backward(a);
        backward(b);
        assertThat(ours.getGradient().toFloatArray()).containsExactly(theirs.getGradient().toFloatArray(),
                within(1e-6f));
    }

    @Test
    void labelSmoothingMixesInTheUniformDistribution() {
        double smoothing = 0.2;
        double[] x = {1, 2, -1, 0.5, 0, 3};
        long[] labels = {1, 2};
        double loss = 0;
        double[] gradient = new double[6];
        for (int row = 0; row < 2; row++) {
            double sum = 0;
            for (int c = 0; c < 3; c++) {
                sum += Math.exp(x[3 * row + c]);
            }
            for (int c = 0; c < 3; c++) {
                double p = Math.exp(x[3 * row + c]) / sum;
                double target = smoothing / 3 + (c == labels[row] ? 1 - smoothing : 0);
                loss -= target * Math.log(p) / 2;
                gradient[3 * row + c] = (p - target) / 2;
            }
        }
        NDArray predictions = leaf(array(x).reshape(2, 3));
        NDArray value = torch.crossEntropy(predictions, manager.create(labels), smoothing);
        assertThat((double) value.getFloat()).isCloseTo(loss, within(1e-6));
        backward(value);
        close(predictions.getGradient().reshape(6), gradient);
    }

    /** Over 2 heads, 3 queries, 4 keys of 2 values; the formula of Vaswani et al. (2017), in double. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void attentionIsThatOfTheFormula(boolean causal) {
        double[] q = random(1, 12);
        double[] k = random(2, 16);
        double[] v = random(3, 16);
        NDArray found = torch.attention(array(q).reshape(1, 2, 3, 2), array(k).reshape(1, 2, 4, 2),
                array(v).reshape(1, 2, 4, 2), 0, causal);
        double[] expected = new double[12];
        for (int query = 0; query < 6; query++) {
            int head = query / 3;
            double[] weights = new double[4];
            double sum = 0;
            for (int key = 0; key < (causal ? query % 3 + 1 : 4); key++) {
                int at = 2 * (4 * head + key);
                weights[key] = Math.exp((q[2 * query] * k[at] + q[2 * query + 1] * k[at + 1]) / Math.sqrt(2));
                sum += weights[key];
            }
            for (int i = 0; i < 8; i++) {
                expected[2 * query + i % 2] += weights[i / 2] / sum * v[8 * head + i];
            }
        }
        assertThat(found.getShape()).isEqualTo(new Shape(1, 2, 3, 2));
        close(found, expected);
    }

    @Test
    void attentionsWrongArgumentsAreRefused() {
        NDArray x = manager.ones(new Shape(2, 3, 4, 5));
        NDArray wide = x.toType(DataType.FLOAT64, true);
        NDArray half = x.toType(DataType.FLOAT16, true);
        refused("queries have shape (2, 60)", () -> torch.attention(x.reshape(2, 60), x, x, 0, false));
        refused("keys have shape (2, 3, 0, 5)", () -> torch.attention(x, x.get(":, :, 0:0"), x, 0, false));
        refused("keys have shape (2, 3, 5, 4), queries have (2, 3, 4, 5)",
                () -> torch.attention(x, x.transpose(0, 1, 3, 2), x, 0, false));
        refused("values has shape (2, 3, 2, 5), keys has (2, 3, 4, 5)",
                () -> torch.attention(x, x, x.get(":, :, 0:2"), 0, false));
        refused("queries are of libtorch's type 7", () -> torch.attention(wide, x, x, 0, false));
        refused("values are of libtorch's type 5, queries of type 6", () -> torch.attention(x, x, half, 0, false));
        refused("dropout is 1.0", () -> torch.attention(x, x, x, 1, false));
        refused("dropout is NaN", () -> torch.attention(x, x, x, Double.NaN, true));
        refused("keys is null", () -> torch.attention(x, null, x, 0, false));
    }

    @Test
    void crossEntropysWrongArgumentsAreRefused() {
        NDArray x = array(1, 2, 3, 4).reshape(2, 2);
        NDArray y = manager.create(new long[] {0, 1});
        refused("label 1 is 2, expected 0 to 1 for 2 classes",
                () -> torch.crossEntropy(x, manager.create(new long[] {0, 2}), 0));
        refused("label 0 is -100", () -> torch.crossEntropy(x, manager.create(new long[] {-100, 0}), 0));
        refused("labels are float32, expected int64".replace("labels are", "labels is"),
                () -> torch.crossEntropy(x, array(0, 1), 0));
        refused("labels have shape (1), expected (2)", () -> torch.crossEntropy(x, manager.create(new long[] {0}), 0));
        refused("predictions have shape (4)", () -> torch.crossEntropy(array(1, 2, 3, 4), y, 0));
        refused("predictions are float64", () -> torch.crossEntropy(manager.create(new double[4]).reshape(2, 2), y, 0));
        refused("label smoothing is 1.0", () -> torch.crossEntropy(x, y, 1));
        refused("predictions is null", () -> torch.crossEntropy(null, y, 0));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void freedMemoryIsTakenAgainWithoutAskingTheSystem() throws Exception {
        assumeTrue(torch.keepFreedMemory(), "an environment variable decides about the heap");
        Shape mebibytes4 = new Shape(1 << 20);
        manager.zeros(mebibytes4).close();
        long before = pageFaults();
        for (int i = 0; i < 50; i++) {
            manager.zeros(mebibytes4).close();
        }
        // 1024 pages each, were they asked for anew.
        assertThat(pageFaults() - before).isLessThan(5000);
    }

    /** {@return pages that this thread had to ask the system for} */
    private static long pageFaults() throws IOException {
        String stat = Files.readString(Path.of("/proc/thread-self/stat"));
        // proc(5): field 10; the second one is a name in brackets that may hold spaces.
        return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[7]);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void freedMemoryIsGivenBackOnRequest() throws Exception {
        assumeTrue(torch.keepFreedMemory(), "an environment variable decides about the heap");
        List<NDArray> arrays = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            arrays.add(manager.ones(new Shape(1 << 20)));
        }
        arrays.forEach(NDArray::close);
        long kept = residentPages();
        torch.returnFreedMemory();
        // 80 MiB were free; pages have 4 KiB.
        assertThat(kept - residentPages()).isGreaterThan(10_000);
    }

    private static long residentPages() throws IOException {
        return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]);
    }

    @ParameterizedTest
    @CsvSource({
        "28, 28, 2, 2, 0", "10, 10, 2, 2, 0", "64, 66, 2, 2, 0", "9, 22, 2, 2, 0", "2, 2, 2, 2, 0", "7, 9, 2, 2, 0",
        "9, 7, 3, 2, 1", "8, 8, 3, 1, 0", "5, 6, 5, 3, 2", "1, 4, 1, 1, 0", "6, 6, 2, 3, 1"
    })
    void maximaAndTheirGradientsAreThoseOfLibtorch(int height, int width, int window, int stride, int padding) {
        Random random = new Random(5);
        float[] pixels = new float[3 * 2 * height * width];
        for (int i = 0; i < pixels.length; i++) {
            // Many equal ones, of both signs, and both zeros.
            pixels[i] = (random.nextInt(7) - 3) * (random.nextBoolean() ? 0.5f : 0.0f);
        }
        Shape shape = new Shape(3, 2, height, width);
        assertSamePool(pixels, shape, window, stride, padding);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        pixels[0] = Float.NEGATIVE_INFINITY;
        pixels[1] = Float.POSITIVE_INFINITY;
        pixels[2] = Float.MIN_VALUE;
        assertSamePool(pixels, shape, window, stride, padding);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x7fc00000, 0xffc00000})
    void aNotANumberIsTheMaximumOfItsWindow(int bits) {
        float[] pixels = {1, 2, 3, 4, Float.intBitsToFloat(bits), 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
        assertSamePool(pixels, new Shape(1, 1, 4, 4), 2, 2, 0);
    }

    private void assertSamePool(float[] pixels, Shape shape, int window, int stride, int padding) {
        float[][] all = new float[4][];
        // With many libtorch's own is taken, and compared with itself.
        torch.setThreads(1);
        for (int way = 0; way < 2; way++) {
            NDArray images = manager.create(pixels, shape);
            images.setRequiresGradient(true);
            Shape w = new Shape(window, window);
            Shape s = new Shape(stride, stride);
            Shape p = new Shape(padding, padding);
            NDArray maxima = way == 0 ? torch.maxPool2d(images, w, s, p)
                    : JniUtils.maxPool((PtNDArray) images, w, s, p, false);
            NDArray weights = manager.arange(maxima.size()).toType(DataType.FLOAT32, false).add(1)
                    .reshape(maxima.getShape());
            NDArray sum = maxima.mul(weights).sum();
            JniUtils.backward((PtNDArray) sum, (PtNDArray) manager.ones(new Shape()), false, false);
            all[2 * way] = maxima.stopGradient().toFloatArray();
            all[2 * way + 1] = images.getGradient().toFloatArray();
        }
        assertThat(all[0]).isEqualTo(all[2]);
        assertThat(all[1]).isEqualTo(all[3]);
    }

    @Test
    void maximaOfOtherThanContiguousFloat32AreLibtorchsOwn() {
        Shape two = new Shape(2, 2);
        NDArray turned = manager.arange(32f).reshape(1, 2, 4, 4).transpose(0, 1, 3, 2);
        assertThat(torch.maxPool2d(turned, two, two, new Shape(0, 0)).toFloatArray())
                .containsExactly(5, 13, 7, 15, 21, 29, 23, 31);
        NDArray doubles = manager.create(new double[] {1, 2, 3, 4}).reshape(1, 1, 2, 2);
        assertThat(torch.maxPool2d(doubles, two, two, new Shape(0, 0)).toDoubleArray()).containsExactly(4);
    }

    /** Whole tiles and halves, blocks of one row of tiles and of several images, as many channels in as out and not. */
    @ParameterizedTest
    @CsvSource({"2, 64, 64, 8, 8", "3, 64, 96, 7, 9", "5, 128, 64, 4, 5", "1, 80, 64, 2, 33", "2, 256, 64, 3, 2"})
    void convolutionsOf3x3AreLibtorchsWithTheirGradients(int batch, int in, int out, int height, int width) {
        assumeTrue(torch.has(Feature.OPENBLAS), () -> torch.missing(Feature.OPENBLAS).orElseThrow());
        Torch.Blas before = torch.blas();
        int threadsBefore = torch.threads();
        Shape shape = new Shape(batch, in, height, width);
        NDArray images = torch.channelsLast(manager.create(floats(random(1, (int) shape.size())), shape));
        NDArray weights = torch.channelsLast(
                manager.create(floats(random(2, out * in * 9)), new Shape(out, in, 3, 3)));
        NDArray factors = manager.create(floats(random(3, batch * out * height * width)),
                new Shape(batch, out, height, width));
        try {
            torch.useBlas(Torch.Blas.LIBTORCH);
            List<NDArray> expected = convolution(images, weights, factors);
            torch.useBlas(Torch.Blas.OPENBLAS);
            for (int threads = 1; threads <= 5; threads++) {
                torch.setThreads(threads);
                List<NDArray> results = convolution(images, weights, factors);
                for (int i = 0; i < results.size(); i++) {
                    assertThat(results.get(i).getShape()).isEqualTo(expected.get(i).getShape());
                    float worst = results.get(i).sub(expected.get(i)).abs().max().getFloat();
                    // Sums of up to 2,304 products of numbers below 1.
                    assertThat(worst).isLessThan(1e-3f);
                }
            }
            float[] openBlas = convolution(images, weights, factors).getFirst().toFloatArray();
            torch.useBlas(Torch.Blas.MIXED);
            assertThat(convolution(images, weights, factors).getFirst().toFloatArray()).isEqualTo(openBlas);
        } finally {
            torch.setThreads(threadsBefore);
            torch.useBlas(before);
        }
    }

    /** The result and the gradients of the images and of the weights. */
    private List<NDArray> convolution(NDArray images, NDArray weights, NDArray factors) {
        NDArray x = images.stopGradient();
        NDArray w = weights.stopGradient();
        x.setRequiresGradient(true);
        w.setRequiresGradient(true);
        NDArray result = torch.convolution3x3(x, w);
        JniUtils.backward((PtNDArray) result.mul(factors).sum(), (PtNDArray) manager.ones(new Shape()), false, false);
        return List.of(result.stopGradient(), x.getGradient(), w.getGradient());
    }

    /** Shapes and layouts as in forward and backward passes, of one product and of many; shared out and not. */
    @ParameterizedTest
    @CsvSource({
        "1, 64, 784, 256", "1, 129, 300, 131", "1, 3, 5, 7", "1, 1, 300, 1", "6, 64, 32, 64", "256, 8, 128, 8",
        "2, 1, 1, 1", "1, 160, 64, 200", "1, 40, 1100, 130"
    })
    void bothBlasComputeTheSameProducts(int batch, int rows, int inner, int columns) {
        assumeTrue(torch.has(Feature.OPENBLAS), () -> torch.missing(Feature.OPENBLAS).orElseThrow());
        Torch.Blas before = torch.blas();
        int threadsBefore = torch.threads();
        NDArray a = manager.create(floats(random(1, batch * rows * inner)), new Shape(batch, rows, inner));
        NDArray b = manager.create(floats(random(2, batch * inner * columns)), new Shape(batch, inner, columns));
        NDArray turned = manager.create(floats(random(2, batch * inner * columns)), new Shape(batch, columns, inner))
                .swapAxes(1, 2);
        NDArray leftTurned = manager.create(floats(random(1, batch * rows * inner)), new Shape(batch, inner, rows))
                .swapAxes(1, 2);
        try {
            for (List<NDArray> sides : List.of(List.of(a, b), List.of(a, turned), List.of(leftTurned, b))) {
                NDArray left = sides.get(0);
                NDArray right = sides.get(1);
                torch.useBlas(Torch.Blas.LIBTORCH);
                float[] expected = product(left, right).toFloatArray();
                assertThat(torch.useBlas(Torch.Blas.OPENBLAS)).isEqualTo(Torch.Blas.LIBTORCH);
                assertThat(torch.blas()).isEqualTo(Torch.Blas.OPENBLAS);
                for (int threads = 1; threads <= 3; threads++) {
                    torch.setThreads(threads);
                    assertThat(product(left, right).toFloatArray()).usingComparatorWithPrecision(1e-3f)
                            .containsExactly(expected);
                }
            }
        } finally {
            torch.setThreads(threadsBefore);
            torch.useBlas(before);
        }
    }

    private static NDArray product(NDArray a, NDArray b) {
        return a.getShape().get(0) == 1 ? a.squeeze(0).matMul(b.squeeze(0)) : a.matMul(b);
    }

    @Test
    void openBlasReallyComputesThem() {
        assumeTrue(torch.has(Feature.OPENBLAS), () -> torch.missing(Feature.OPENBLAS).orElseThrow());
        Torch.Blas before = torch.blas();
        // Sums in another order have other last bits in some of so many results.
        NDArray a = manager.create(floats(random(3, 256 * 784)), new Shape(256, 784));
        try {
            torch.useBlas(Torch.Blas.LIBTORCH);
            float[] own = a.matMul(a.transpose()).toFloatArray();
            torch.useBlas(Torch.Blas.OPENBLAS);
            float[] other = a.matMul(a.transpose()).toFloatArray();
            torch.useBlas(Torch.Blas.LIBTORCH);
            assertThat(other).isNotEqualTo(own);
            assertThat(a.matMul(a.transpose()).toFloatArray()).isEqualTo(own);
        } finally {
            torch.useBlas(before);
        }
    }

    @Test
    void anArrayInBfloat16IsNamedInsteadOfEndingTheProcess() {
        assumeTrue(torch.has(Feature.AUTOCAST), () -> torch.missing(Feature.AUTOCAST).orElseThrow());
        NDArray half;
        try (AutocastScope _ = torch.setAutocast(AutocastType.BFLOAT16, false)) {
            half = manager.ones(new Shape(2, 3)).matMul(manager.ones(new Shape(3, 4)));
        }
        NDArray labels = manager.create(new long[] {0, 1});
        assertThatThrownBy(() -> torch.crossEntropy(half, labels, 0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("predictions are bfloat16, expected float32");
        assertThatThrownBy(() -> torch.crossEntropy(manager.ones(new Shape(2, 4)), half, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("labels is bfloat16, expected int64");
    }
}
