// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.ndarray.types.Shape;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.options.Options;

/**
 * The shape of images that a model takes.
 *
 * @param channels one for grey, three for colour
 * @param height in pixels
 * @param width in pixels
 */
record ImageShape(int channels, int height, int width) {

    /**
     * Takes samples as images.
     *
     * @param options of the model, for messages
     * @param samples what is to be trained on
     * @param least the least height and width that the model can take
     * @return their shape
     * @throws UserError if they are no images, or too small ones
     */
    static ImageShape of(Options options, SampleSpec samples, int least) {
        Shape shape = samples.features();
        if (shape.dimension() != 3) {
            throw new UserError(options.owner() + ": the samples have the shape " + shape
                    + ", expected (channels, height, width); the model mlp takes any shape");
        }
        ImageShape image = new ImageShape((int) shape.get(0), (int) shape.get(1), (int) shape.get(2));
        if (image.height < least || image.width < least) {
            throw new UserError("%s: the samples have the shape %s, expected (channels, %d, %d) or larger; %s"
                    .formatted(options.owner(), shape, least, least,
                            "the models lenet and resnet take smaller images, mlp any shape"));
        }
        return image;
    }

    /**
     * Refuses samples without classes.
     *
     * @param options of the model, for messages
     * @param samples what is to be trained on
     * @throws UserError if their labels are numbers
     */
    void forClasses(Options options, SampleSpec samples) {
        if (!samples.isClassification()) {
            throw new UserError(options.owner() + ": the labels are " + samples.outputs()
                    + " numbers of any sign, but this model gives none below 0; the model resnet takes them");
        }
    }
}
