// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.hookline.data.idx.internal.FashionMnistProvider;

/**
 * The first images of Fashion-MNIST with a border: real data and labels, since a constant batch drives gradients into
 * denormal numbers.
 *
 * @param padding black pixels on each side
 */
record Images(int padding) implements DatasetProvider {
    private record Padded(SampleSpec spec, Map<String, Split> splits) implements Dataset {}

    private record Bordered(Split images, int size, int padding, float border) implements Split {
        @Override
        public int size() {
            return images.size();
        }

        @Override
        public void readFeatures(int index, FloatBuffer out, long random) {
            int wide = size + 2 * padding;
            FloatBuffer image = FloatBuffer.allocate(size * size);
            images.readFeatures(index, image, random);
            float[] row = new float[wide];
            java.util.Arrays.fill(row, border);
            for (int y = 0; y < padding; y++) {
                out.put(row);
            }
            for (int y = 0; y < size; y++) {
                image.get(y * size, row, padding, size);
                out.put(row);
            }
            java.util.Arrays.fill(row, border);
            for (int y = 0; y < padding; y++) {
                out.put(row);
            }
        }

        @Override
        public void readClass(int index, LongBuffer out) {
            images.readClass(index, out);
        }
    }

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public Dataset open(Options options) throws IOException {
        FashionMnistProvider provider = new FashionMnistProvider();
        Dataset plain = provider.open(Options.of("data", Path.of("."), provider.options(),
                Map.of("limit", Work.SAMPLES)));
        if (padding == 0) {
            return plain;
        }
        int size = Math.toIntExact(plain.spec().features().get(1));
        int wide = size + 2 * padding;
        // Black after normalisation by the data set's mean and deviation.
        float border = (float) (-0.2860 / 0.3530);
        return new Padded(SampleSpec.classification(new Shape(1, wide, wide), plain.spec().classes()),
                Map.of(Dataset.TRAIN, new Bordered(plain.splits().get(Dataset.TRAIN), size, padding, border),
                        Dataset.TEST, new Bordered(plain.splits().get(Dataset.TEST), size, padding, border)));
    }
}
