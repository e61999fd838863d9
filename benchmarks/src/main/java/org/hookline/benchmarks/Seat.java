// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

/** A contestant's place: it tells what it starts from and ends with, and is held while the others have their turn. */
interface Seat {
    /** Does iterations until it is told to end. */
    interface Contestant {
        /**
         * Trains; calls {@link #starts}, {@link #iterated} after each iteration until that returns false, and
         * {@link #ends}.
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
     * @param norm the L2 norm of all parameters: contestants must start from the same ones
     */
    void starts(double norm) throws InterruptedException;

    /** {@return whether the iteration that was given to the device is the last of a turn, and is to be waited for} */
    default boolean turnEnds() {
        return false;
    }

    /** {@return whether to go on; blocks while the others have their turn} */
    boolean iterated() throws InterruptedException;

    /**
     * All iterations are done.
     *
     * @param norm the L2 norm of all parameters: after the same work it is nearly the same
     */
    void ends(double norm);
}
