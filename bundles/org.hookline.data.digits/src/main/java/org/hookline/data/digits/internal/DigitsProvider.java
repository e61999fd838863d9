// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.digits.internal;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.data.Partition;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * The UCI 8x8 handwritten digits: 1,797 samples of shape (1, 8, 8), ten classes, from the bundle itself. Pixels are
 * standardised with the mean and deviation over all pixels of the training split.
 */
@Component(property = DatasetProvider.TYPE + "=digits")
public final class DigitsProvider implements DatasetProvider {
    private static final SampleSpec SPEC = SampleSpec.classification(
            new Shape(1, Digits.SIDE, Digits.SIDE),
            IntStream.range(0, Digits.CLASSES).mapToObj(Integer::toString).toList());

    @Override
    public List<Option> options() {
        return List.of(
                Option.of("test_fraction", Option.Type.NUMBER, 0.2,
                        "part of the 1,797 samples that is the test split, above 0 and below 1"),
                Option.of("split_seed", Option.Type.INTEGER, 0,
                        "seed of the choice of test samples; the same seed gives the same split"));
    }

    @Override
    public Dataset open(Options options) throws IOException {
        double fraction = options.number("test_fraction");
        if (!(fraction > 0 && fraction < 1)) {
            throw new UserError(options.owner() + ": option 'test_fraction' is " + fraction
                    + ", expected a number above 0 and below 1");
        }
        Digits digits = Digits.load();
        Partition parts = Partition.stratified(digits.classes(), fraction, options.integer("split_seed"));
        if (parts.heldOut().length == 0) {
            throw new UserError(options.owner() + ": option 'test_fraction' is " + fraction
                    + ", which leaves no test sample of " + Digits.SAMPLES);
        }
        float[] values = standardised(digits, parts.kept());
        Map<String, Split> splits = Map.of(
                Dataset.TRAIN, new Part(digits, values, parts.kept()),
                Dataset.TEST, new Part(digits, values, parts.heldOut()));
        return new Open(SPEC, splits);
    }

    /** The value of each pixel level; statistics of the training samples only, so that nothing of the test leaks. */
    private static float[] standardised(Digits digits, int[] training) {
        long[] levels = new long[Digits.INK + 1];
        for (int sample : training) {
            for (int i = 0; i < Digits.PIXELS; i++) {
                levels[digits.pixel(sample, i)]++;
            }
        }
        double count = Arrays.stream(levels).sum();
        double mean = 0;
        double square = 0;
        for (int level = 0; level < levels.length; level++) {
            mean += level * levels[level] / count;
            square += (double) level * level * levels[level] / count;
        }
        double deviation = Math.sqrt(square - mean * mean);
        float[] values = new float[levels.length];
        for (int level = 0; level < levels.length; level++) {
            values[level] = (float) ((level - mean) / deviation);
        }
        return values;
    }

    private record Open(SampleSpec spec, Map<String, Split> splits) implements Dataset {}

    /** Some of the samples. */
    private static final class Part implements Split {
        private final float[] features;
        private final int[] classes;

        Part(Digits digits, float[] values, int[] samples) {
            features = new float[samples.length * Digits.PIXELS];
            classes = new int[samples.length];
            for (int s = 0; s < samples.length; s++) {
                for (int i = 0; i < Digits.PIXELS; i++) {
                    features[s * Digits.PIXELS + i] = values[digits.pixel(samples[s], i)];
                }
                classes[s] = digits.classes()[samples[s]];
            }
        }

        @Override
        public int size() {
            return classes.length;
        }

        @Override
        public void readFeatures(int index, FloatBuffer out, long random) {
            out.put(features, index * Digits.PIXELS, Digits.PIXELS);
        }

        @Override
        public void readClass(int index, LongBuffer out) {
            out.put(classes[index]);
        }
    }
}
