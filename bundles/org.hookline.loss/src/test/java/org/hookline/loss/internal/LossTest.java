// SPDX-License-Identifier: Apache-2.0
package org.hookline.loss.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Loss;
import org.hookline.api.model.LossProvider;
import org.hookline.api.options.Options;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LossTest {
    private static final Torch TORCH = TorchLoader.load();
    private static final Torch LACKING = TorchLoader.open(Path.of("a folder without libtorch"));
    private static final SampleSpec CLASSES = SampleSpec.classification(new Shape(2), List.of("a", "b", "c"));
    private static final SampleSpec TARGETS = SampleSpec.regression(new Shape(2), 1);

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        JniUtils.setGradMode(true);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private static Loss loss(LossProvider provider, SampleSpec samples, Map<String, ?> options) {
        return provider.create(Options.of("loss", Path.of("."), provider.options(), options), samples);
    }

    private NDArray column(float... values) {
        return manager.create(values, new Shape(values.length, 1));
    }

    private float value(Loss loss, NDArray labels, NDArray predictions) {
        return loss.evaluate(labels, predictions).getFloat();
    }

    @Test
    void crossEntropyOfHandWorkedLogits() {
        NDArray logits = manager.create(new float[] {0, 0, 0, (float) Math.log(2), 0, 0}, new Shape(2, 3));
        NDArray labels = manager.create(new long[] {1, 0});
        // ln 3 and ln(4/2): their mean.
        double expected = (Math.log(3) + Math.log(2)) / 2;
        assertThat(value(loss(new SoftmaxCrossEntropyProvider(LACKING), CLASSES, Map.of()), labels, logits))
                .isCloseTo((float) expected, within(1e-6f));
        assertThat(value(loss(new SoftmaxCrossEntropyProvider(TORCH), CLASSES, Map.of()), labels, logits))
                .isCloseTo((float) expected, within(1e-6f));
    }

    @Test
    void nativeAndComposedCrossEntropyAgreeInValueAndGradient() {
        NDArray start = manager.randomNormal(new Shape(8, 3));
        NDArray labels = manager.create(new long[] {0, 1, 2, 0, 1, 2, 2, 1});
        float[][] gradients = new float[2][];
        float[] values = new float[2];
        for (int i = 0; i < 2; i++) {
            NDArray logits = start.duplicate();
            logits.setRequiresGradient(true);
            NDArray loss = loss(new SoftmaxCrossEntropyProvider(i == 0 ? LACKING : TORCH), CLASSES,
                    Map.of("label_smoothing", 0.2)).evaluate(labels, logits);
            values[i] = loss.getFloat();
            JniUtils.backward((PtNDArray) loss, (PtNDArray) manager.create(1f), false, false);
            gradients[i] = logits.getGradient().toFloatArray();
        }
        assertThat(values[0]).isCloseTo(values[1], within(1e-6f));
        assertThat(gradients[0]).containsExactly(gradients[1], within(1e-6f));
    }

    @Test
    void lossesOnTargetsOfHandWorkedValues() {
        NDArray y = column(0, 0);
        NDArray p = column(0.5f, 3);
        assertThat(value(loss(new MeanSquaredErrorProvider(), TARGETS, Map.of()), y, p)).isEqualTo((0.25f + 9) / 2);
        assertThat(value(loss(new MeanAbsoluteErrorProvider(), TARGETS, Map.of()), y, p)).isEqualTo(1.75f);
        assertThat(value(loss(new HuberProvider(), TARGETS, Map.of()), y, p)).isEqualTo((0.125f + 2.5f) / 2);
        assertThat(value(loss(new HingeProvider(), TARGETS, Map.of()), column(1, -1), p)).isEqualTo((0.5f + 4) / 2);
        assertThat(value(loss(new BinaryCrossEntropyProvider(), TARGETS, Map.of()), column(1, 0), column(0, 0)))
                .isCloseTo((float) Math.log(2), within(1e-6f));
    }

    @Test
    void aLossThatDoesNotFitTheLabelsSaysWhatFits() {
        assertThatThrownBy(() -> loss(new SoftmaxCrossEntropyProvider(TORCH), TARGETS, Map.of()))
                .isInstanceOf(UserError.class).hasMessageContaining("use mse");
        assertThatThrownBy(() -> loss(new HuberProvider(), CLASSES, Map.of()))
                .isInstanceOf(UserError.class).hasMessageContaining("use softmax_cross_entropy");
    }
}
