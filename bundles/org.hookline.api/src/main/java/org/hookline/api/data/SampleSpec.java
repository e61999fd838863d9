// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.data;

import ai.djl.ndarray.types.Shape;
import java.util.List;

/**
 * The shape of one sample and the kind of its label.
 *
 * @param features the shape of one sample's features without the batch, for example (1, 28, 28); values are float32
 * @param label the shape of one label without the batch; () for a class index
 * @param classes names of the classes in the order of their indexes; empty for regression
 */
public record SampleSpec(Shape features, Shape label, List<String> classes) {

    /**
     * Describes samples of classes; a label is the index of a class.
     *
     * @param features the shape of one sample's features
     * @param classes the names of the classes
     * @return the description
     */
    public static SampleSpec classification(Shape features, List<String> classes) {
        return new SampleSpec(features, new Shape(), List.copyOf(classes));
    }

    /**
     * Describes samples with numbers as targets.
     *
     * @param features the shape of one sample's features
     * @param targets how many numbers a label has
     * @return the description
     */
    public static SampleSpec regression(Shape features, int targets) {
        return new SampleSpec(features, new Shape(targets), List.of());
    }

    /** {@return whether labels are class indexes (int64); otherwise they are float32 values} */
    public boolean isClassification() {
        return !classes.isEmpty();
    }

    /** {@return the number of values that a model must give for one sample} */
    public int outputs() {
        return isClassification() ? classes.size() : Math.toIntExact(label.size());
    }
}
