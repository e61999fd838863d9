// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;

/**
 * The way of one batch to the device, used again and again: {@link #fill} and {@link #send} on a data thread,
 * {@link #receive} and {@link #release} on the thread that computes, which hands the lane over to the other. In between
 * the memory belongs to the thread whose turn it is.
 */
interface Lane {
    /** The arrays of a batch. */
    record Arrays(NDArray features, NDArray labels) {}

    /** {@return the host's memory of the features, for as many samples as the lane was made for} */
    ByteBuffer features();

    /** {@return the host's memory of the labels} */
    ByteBuffer labels();

    /** Waits until the host's memory may be changed. */
    void fill();

    /**
     * Sends the first samples in the host's memory on their way.
     *
     * @param count how many
     * @param scope owner of the arrays, on the device
     * @return their arrays, which may be used after {@link #receive} only
     */
    Arrays send(int count, NDManager scope);

    /**
     * Makes what the calling thread does from now on come after the arrival.
     *
     * @param sent what {@link #send} gave
     * @return the same, or features in another memory format
     */
    Arrays receive(Arrays sent);

    /** Says that all operations with the arrays were given to the device: what comes later may change their memory. */
    void release();
}
