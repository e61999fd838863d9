// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The scalars of a run. Values that lie on the device are kept there and are read back, all in one transfer, when
 * somebody asks for a series: between logging periods nothing waits for the device. To be used on the training thread.
 */
@ProviderType
public interface Metrics {
    /**
     * Adds a value for the current iteration; it is smoothed by loggers.
     *
     * @param name for example {@code loss}
     * @param value the value
     */
    void put(String name, double value);

    /**
     * Adds a value for the current iteration.
     *
     * @param name for example {@code lr}
     * @param value the value
     * @param smooth false for a value that loggers must show as it is, such as a learning rate or a score
     */
    void put(String name, double value, boolean smooth);

    /**
     * Adds a value that lies on the device, without waiting for it.
     *
     * @param name for example {@code loss}
     * @param scalar an array with one element, detached from the graph; the metrics own it from now on
     */
    void put(String name, NDArray scalar);

    /**
     * Adds a picture for the current iteration, for writers that can show one.
     *
     * @param name its name
     * @param png the bytes of a PNG file
     */
    void putImage(String name, byte[] png);

    /**
     * Adds a histogram for the current iteration, for writers that can show one.
     *
     * @param name its name
     * @param values the values to be counted
     */
    void putHistogram(String name, float[] values);

    /** {@return the names of all scalars so far, in the order of their first value} */
    List<String> names();

    /**
     * Gives the history of a scalar; reads what still lies on the device.
     *
     * @param name its name
     * @return the history, or empty if there was no such value yet
     */
    Optional<Series> series(String name);

    /** {@return the newest value of each scalar by name; reads what still lies on the device} */
    Map<String, Double> latest();

    /**
     * {@return the pictures added in this iteration and in the one before it, the newest of each name: hooks behind the
     * one that asks may have added some after its turn}
     */
    Map<String, byte[]> images();

    /** {@return the histograms' values, as {@link #images}} */
    Map<String, float[]> histograms();

    /** The history of one scalar. A window is a number of newest values; the history keeps the newest 65,536. */
    @ProviderType
    interface Series {
        /** {@return the newest value} */
        double latest();

        /** {@return the iteration of the newest value} */
        long latestIteration();

        /**
         * Gives the median of the newest values.
         *
         * @param window how many values
         * @return the median; of an even number of values, the mean of the middle two
         */
        double median(int window);

        /**
         * Gives the mean of the newest values.
         *
         * @param window how many values
         * @return the mean
         */
        double mean(int window);

        /** {@return the mean of all values since the start of the run} */
        double globalMean();

        /** {@return the number of values since the start of the run} */
        long count();

        /** {@return whether loggers smooth this scalar} */
        boolean smooth();
    }
}
