// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.idx.internal;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.Partition;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;

/**
 * An MNIST-shaped data set in memory: {@code train}, {@code test}, and {@code validation} where a part of the training
 * images is held out.
 *
 * @param spec features of shape (1, height, width)
 * @param splits by name
 */
record IdxDataset(SampleSpec spec, Map<String, Split> splits) implements Dataset {

    /** The options that all data sets of this kind share; the normalisation has defaults of its own. */
    static List<Option> options(double mean, double std) {
        return List.of(
                Option.of("mean", Option.Type.NUMBER, mean,
                        "mean of the pixels, which count from 0 to 1, for normalisation"),
                Option.of("std", Option.Type.NUMBER, std,
                        "standard deviation of the pixels, which count from 0 to 1, for normalisation; 0 computes mean"
                                + " and deviation of the training images"),
                Option.of("validation", Option.Type.NUMBER, 0.0,
                        "part of the training images to hold out as the split 'validation', from 0 to below 1"),
                Option.of("split_seed", Option.Type.INTEGER, 0, "seed of the choice of validation images"),
                Option.of("limit", Option.Type.INTEGER, 0, "use only the first so many training images; 0 for all"),
                Option.of("augment", Option.Type.TEXTS, List.of(),
                        "variations of training images: none, flip (left to right), shift, or several of them"),
                Option.of("max_shift", Option.Type.INTEGER, 2, "most pixels by which 'shift' moves an image"));
    }

    /**
     * Reads a data set.
     *
     * @param options the checked options
     * @param folder where its files are
     * @param names of the classes; empty for their numbers
     */
    static IdxDataset open(Options options, IdxFolder folder, List<String> names) throws IOException {
        double fraction = options.number("validation", 0, 0.999);
        int limit = options.integer("limit", 0, Integer.MAX_VALUE);
        int maxShift = options.integer("max_shift", 0, 255);
        Augmentation augmentation = Augmentation.of(options.owner(), options.texts("augment"), maxShift);

        IdxFile labels = IdxFile.read(folder.trainingLabels(), 1, limit, "labels");
        IdxFile images = IdxFile.read(folder.trainingImages(), 3, limit, "images");
        IdxFile testLabels = IdxFile.read(folder.testLabels(), 1, 0, "labels");
        IdxFile testImages = IdxFile.read(folder.testImages(), 3, 0, "images");
        checkCounts(images, labels);
        checkCounts(testImages, testLabels);
        if (images.shape()[1] != testImages.shape()[1] || images.shape()[2] != testImages.shape()[2]) {
            throw new UserError("%s has images of %s, but %s of %s; both must be of one size"
                    .formatted(images.path(), size(images), testImages.path(), size(testImages)));
        }
        List<String> classes = classes(names, labels, testLabels);

        Partition parts = Partition.stratified(
                IntStream.range(0, labels.values().length).map(i -> labels.values()[i] & 0xff).toArray(), fraction,
                options.integer("split_seed"));
        float[] values = table(options, images, parts.kept());
        Map<String, Split> splits = new LinkedHashMap<>();
        splits.put(TRAIN, new IdxSplit(images, labels.values(), parts.kept(), values, augmentation));
        if (parts.heldOut().length > 0) {
            splits.put(VALIDATION,
                    new IdxSplit(images, labels.values(), parts.heldOut(), values, Augmentation.NONE));
        }
        int[] all = IntStream.range(0, testImages.shape()[0]).toArray();
        splits.put(TEST, new IdxSplit(testImages, testLabels.values(), all, values, Augmentation.NONE));
        Shape features = new Shape(1, images.shape()[1], images.shape()[2]);
        return new IdxDataset(SampleSpec.classification(features, classes), splits);
    }

    private static String size(IdxFile images) {
        return images.shape()[1] + "x" + images.shape()[2];
    }

    private static void checkCounts(IdxFile images, IdxFile labels) {
        if (images.declared() != labels.declared()) {
            throw new UserError("%s has %d images, but %s has %d labels; they do not belong together"
                    .formatted(images.path(), images.declared(), labels.path(), labels.declared()));
        }
    }

    private static List<String> classes(List<String> names, IdxFile training, IdxFile test) {
        int highest = 0;
        for (IdxFile labels : List.of(training, test)) {
            for (byte label : labels.values()) {
                if (!names.isEmpty() && (label & 0xff) >= names.size()) {
                    throw new UserError("%s has the label %d, but there are %d classes: %s"
                            .formatted(labels.path(), label & 0xff, names.size(), String.join(", ", names)));
                }
                highest = Math.max(highest, label & 0xff);
            }
        }
        return names.isEmpty() ? IntStream.rangeClosed(0, highest).mapToObj(Integer::toString).toList() : names;
    }

    /** The float of each of the 256 pixel values. */
    private static float[] table(Options options, IdxFile images, int[] training) {
        double mean = options.number("mean");
        double std = options.number("std", 0, Double.MAX_VALUE);
        if (std == 0) {
            long[] counts = new long[256];
            int pixels = images.shape()[1] * images.shape()[2];
            for (int sample : training) {
                for (int i = sample * pixels; i < (sample + 1) * pixels; i++) {
                    counts[images.values()[i] & 0xff]++;
                }
            }
            double total = Arrays.stream(counts).sum();
            mean = 0;
            double square = 0;
            for (int v = 0; v < 256; v++) {
                mean += v / 255.0 * counts[v] / total;
                square += v / 255.0 * (v / 255.0) * counts[v] / total;
            }
            double deviation = Math.sqrt(Math.max(square - mean * mean, 0));
            // Images that are all of one grey need no scale.
            std = deviation > 1e-6 ? deviation : 1;
        }
        float[] table = new float[256];
        for (int v = 0; v < 256; v++) {
            table[v] = (float) ((v / 255.0 - mean) / std);
        }
        return table;
    }
}
