// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * Lets contestants run in turn, A B A B, each on its own thread: a stretch of iterations each, while the others wait.
 * What disturbs the machine disturbs all of them alike, and the ratio is taken of neighbouring stretches.
 */
final class Turns {
    /** Does iterations until it is told to end. */
    interface Contestant {
        /**
         * Trains; calls {@link Seat#iterated} after each iteration and ends when that returns false.
         *
         * @param seat its place
         */
        void train(Seat seat) throws Exception;
    }

    /** A contestant's place in the ring. */
    final class Seat {
        private final String name;
        private final Semaphore go = new Semaphore(0);
        private final List<Double> milliseconds = new ArrayList<>();
        private int done;
        private long start;

        Seat(String name) {
            this.name = name;
        }

        /** {@return whether to go on; blocks while the others have their turn} */
        boolean iterated() throws InterruptedException {
            if (++done % stretch == 0) {
                milliseconds.add((System.nanoTime() - start) / 1e6 / stretch);
                if (milliseconds.size() > rounds) {
                    pass(this);
                    return false;
                }
                pass(this);
                go.acquire();
                start = System.nanoTime();
            }
            return true;
        }

        String name() {
            return name;
        }

        /** {@return milliseconds of an iteration, a value for each counted stretch} */
        List<Double> times() {
            return milliseconds.subList(1, milliseconds.size());
        }
    }

    private final int stretch;
    private final int rounds;
    private final List<Seat> seats = new ArrayList<>();
    private final List<Contestant> contestants = new ArrayList<>();

    /**
     * Makes a ring.
     *
     * @param stretch iterations of one turn
     * @param rounds counted turns of each; one more before them is for warming up
     */
    Turns(int stretch, int rounds) {
        this.stretch = stretch;
        this.rounds = rounds;
    }

    Seat add(String name, Contestant contestant) {
        Seat seat = new Seat(name);
        seats.add(seat);
        contestants.add(contestant);
        return seat;
    }

    private void pass(Seat seat) {
        seats.get((seats.indexOf(seat) + 1) % seats.size()).go.release();
    }

    /** Runs all of them to the end. */
    void run() throws Exception {
        List<Throwable> failures = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < seats.size(); i++) {
            Seat seat = seats.get(i);
            Contestant contestant = contestants.get(i);
            threads.add(Thread.ofPlatform().name(seat.name()).start(() -> {
                try {
                    seat.go.acquire();
                    seat.start = System.nanoTime();
                    contestant.train(seat);
                } catch (Throwable t) {
                    synchronized (failures) {
                        failures.add(t);
                    }
                    // Nobody can take the turn any more.
                    t.printStackTrace();
                    Runtime.getRuntime().halt(1);
                }
            }));
        }
        seats.getFirst().go.release();
        for (Thread t : threads) {
            t.join();
        }
    }
}
