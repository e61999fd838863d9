// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.DoubleSupplier;

/**
 * Lets contestants run in turn, A B A B, in one process, each on its own thread: a stretch of iterations each, while
 * the others wait. What disturbs the machine disturbs all of them alike, and the ratio is taken of neighbouring
 * stretches.
 */
final class Turns {
    private final class Place implements Seat {
        private final Result result;
        private final Contestant contestant;
        private final Semaphore ready = new Semaphore(0);
        private final Semaphore go = new Semaphore(0);
        private DoubleSupplier norm;
        private int done;
        private long start;

        Place(String name, Contestant contestant) {
            this.result = new Result(name);
            this.contestant = contestant;
        }

        @Override
        public void starts(DoubleSupplier norm) throws InterruptedException {
            this.norm = norm;
            result.starts(norm.getAsDouble());
            ready.release();
            begin();
        }

        private void begin() throws InterruptedException {
            go.acquire();
            contestant.turnBegins();
            start = System.nanoTime();
        }

        @Override
        public boolean iterated() throws InterruptedException {
            if (++done == Result.COMPARED_AFTER) {
                result.compared(norm.getAsDouble());
            }
            if (done % stretch != 0) {
                return true;
            }
            result.add((System.nanoTime() - start) / 1e6 / stretch);
            boolean more = done < stretch * (warmUps + rounds);
            places.get((places.indexOf(this) + 1) % places.size()).go.release();
            if (more) {
                begin();
            }
            return more;
        }
    }

    private final int stretch;
    private final int warmUps;
    private final int rounds;
    private final List<Place> places = new ArrayList<>();

    /**
     * Makes a ring.
     *
     * @param stretch iterations of one turn
     * @param warmUps turns of each that do not count
     * @param rounds turns of each that count
     */
    Turns(int stretch, int warmUps, int rounds) {
        this.stretch = stretch;
        this.warmUps = warmUps;
        this.rounds = rounds;
    }

    void add(String name, Seat.Contestant contestant) {
        places.add(new Place(name, contestant));
    }

    /**
     * Runs all of them to the end.
     *
     * @return their times, without the turns for warming up
     */
    List<Result> run() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (Place place : places) {
            threads.add(Thread.ofPlatform().name(place.result.name()).start(() -> {
                try {
                    place.contestant.train(place);
                } catch (Throwable t) {
                    // Nobody can take the turn any more.
                    t.printStackTrace();
                    Runtime.getRuntime().halt(1);
                }
            }));
            // One after another: the random numbers of initial weights come from one source for the whole process.
            place.ready.acquire();
        }
        places.getFirst().go.release();
        for (Thread t : threads) {
            t.join();
        }
        return places.stream().map(p -> p.result.without(warmUps)).toList();
    }
}
