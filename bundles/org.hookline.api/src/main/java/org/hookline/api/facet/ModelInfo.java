// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.facet;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.osgi.annotation.versioning.ProviderType;

/** What the model is made of. Training thread only. Nothing here waits for the device. */
@ProviderType
public interface ModelInfo {
    /** {@return the shape of one sample, without the batch} */
    Shape input();

    /**
     * {@return the layers in the order of the model, as they are now: freezing parameters changes what is trainable}
     */
    List<Layer> layers();

    /**
     * Gives the floating-point operations of the forward pass of one sample: the sum over the layers. A backward pass
     * needs about twice as many.
     *
     * @return the number; empty where a layer does not tell
     */
    default OptionalDouble forwardFlops() {
        double sum = 0;
        for (Layer layer : layers()) {
            if (layer.flops().isEmpty()) {
                return OptionalDouble.empty();
            }
            sum += layer.flops().getAsDouble();
        }
        return OptionalDouble.of(sum);
    }

    /**
     * A layer: a block with parameters of its own, one without children, or one that multiplies what its children give
     * it.
     *
     * @param name where it stands; the names of its parameters begin with it
     * @param type its kind, for example {@code Linear}
     * @param output the shape of its output for one sample, without the batch; empty where it does not tell
     * @param parameters the number of its parameters' values; those that another layer has too count there
     * @param trainable how many of these are trained now: not those of frozen parameters
     * @param buffers the number of values that are not trained, such as running statistics
     * @param flops floating-point operations of one sample's forward pass: two for each multiplication and addition of
     *     a matrix product or convolution, also of those in recurrent layers and in attention; biases, activations,
     *     gates, pooling, normalisation and embeddings, which are looked up, count as none; empty where the kind of
     *     layer is not known
     */
    record Layer(
            String name, String type, Optional<Shape> output, long parameters, long trainable, long buffers,
            OptionalDouble flops) {}
}
