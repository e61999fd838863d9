// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.facet;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The parameters and buffers of the model. All trainable parameters lie in one flat array; each has a view of it.
 * Buffers (running statistics and the like) are not trained and lie apart. Training thread only.
 */
@ProviderType
public interface Weights {
    /**
     * {@return all trainable parameters as one array of shape (number of parameters); owned by the trainer, live.
     * Within a parameter the values lie in the order of memory, which with the memory format channels last is not that
     * of {@link #parameter}}
     */
    NDArray flat();

    /** {@return the number of trainable values} */
    long size();

    /** {@return the names of the trainable parameters in the order of the flat array} */
    List<String> names();

    /**
     * Gives a parameter.
     *
     * @param name its name
     * @return its live view, in the parameter's shape; owned by the trainer
     * @throws IllegalArgumentException if there is no such parameter; the message names the nearest
     */
    NDArray parameter(String name);

    /** {@return the buffers by name, live; owned by the trainer} */
    Map<String, NDArray> buffers();

    /**
     * Exchanges the parameters with the values of an array of the same shape: afterwards the model has those values and
     * the array has the model's. Calling it twice restores both.
     *
     * @param other of the shape of {@link #flat()}
     */
    void swap(NDArray other);

    /**
     * Switches the training of parameters on or off. A frozen parameter has a gradient of zero and is left alone by the
     * optimizer, weight decay included.
     *
     * @param names names of parameters
     * @param frozen true to freeze
     * @throws IllegalArgumentException if there is no such parameter
     */
    void setFrozen(List<String> names, boolean frozen);
}
