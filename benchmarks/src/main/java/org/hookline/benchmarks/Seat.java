// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.util.function.DoubleSupplier;

/** A contestant's place: it asks for the norm of the parameters, and is held while the others have their turn. */
interface Seat {
    /** Does iterations until it is told to end. */
    interface Contestant {
        /**
         * Trains; calls {@link #starts}, and {@link #iterated} after each iteration until that returns false.
         *
         * @param seat its place
         */
        void train(Seat seat) throws Exception;

        /** Called before each turn where the others are in the same process, on the thread that trains. */
        default void turnBegins() {}
    }

    /**
     * Waits for the first turn.
     *
     * @param norm gives the L2 norm of all parameters as they are; the seat asks within {@link #starts} and
     *     {@link #iterated}, so on the thread that trains
     */
    void starts(DoubleSupplier norm) throws InterruptedException;

    /** {@return whether the iteration that was given to the device is the last of a turn, and is to be waited for} */
    default boolean turnEnds() {
        return false;
    }

    /** {@return whether to go on; blocks while the others have their turn} */
    boolean iterated() throws InterruptedException;
}
