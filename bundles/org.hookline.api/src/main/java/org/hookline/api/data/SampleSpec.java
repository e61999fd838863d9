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
 * @param vocabulary how many different indexes there are where features are such, whole numbers from 0, as of
 *     characters; 0 where they are numbers of any kind
 */
public record SampleSpec(Shape features, Shape label, List<String> classes, int vocabulary) {

    /**
     * Describes samples whose features are numbers of any kind.
     *
     * @param features the shape of one sample's features
     * @param label the shape of one label
     * @param classes names of the classes; empty for regression
     */
    public SampleSpec(Shape features, Shape label, List<String> classes) {
        this(features, label, classes, 0);
    }

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

    /**
     * Describes the same samples, with features that are indexes.
     *
     * @param indexes how many different ones there are, at least 1
     * @return the description
     */
    public SampleSpec withVocabulary(int indexes) {
        return new SampleSpec(features, label, classes, indexes);
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
