// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Optional;

/**
 * The sum of the squares of float32 in memory, which may lie in several pieces. The compiler makes vector instructions
 * of its loop, and the sums of many lanes are independent of one another, so that it is bound by memory: libtorch's own
 * norm adds to one vector, each time waiting for the addition before, and takes twice as long. Several threads take
 * some lanes each: the result depends on the numbers alone, neither on how they are cut into pieces nor on the threads.
 * Used by one thread at a time.
 */
final class SquareSum {
    /** Two arrays of this many fit into the innermost cache; each adds up few numbers, so that little is rounded. */
    private static final int LANES = 2048;
    /** Each has at least a few cache lines of lanes for itself. */
    private static final int MOST_THREADS = 16;

    /** So many numbers are worth a thread: some microseconds. */
    private static final long LEAST_WORK = 1 << 16;

    private final Optional<Team> team;
    private final MemorySegment part;
    /** For each thread, of the numbers that it copies. */
    private float[][] values = {new float[LANES]};
    private final float[] sums = new float[LANES];
    /** Three for each piece: where it lies, how many numbers it has and the lane of its first. */
    private long[] pieces = new long[3 * 8];
    private int count;
    /** Numbers in all pieces, and with the zeros between them. */
    private long work;
    private long length;

    /**
     * Makes a sum of nothing.
     *
     * @param team who adds up, where there is one
     */
    SquareSum(Optional<Team> team) {
        this.team = team;
        part = team.isPresent() ? Team.work(MethodHandles.lookup(), this, "part", Arena.ofAuto()) : null;
    }

    /** Starts from nothing. */
    void clear() {
        count = 0;
        work = 0;
        length = 0;
    }

    /**
     * Adds numbers; they are read by {@link #sum}.
     *
     * @param address of the first
     * @param some how many
     */
    void add(long address, long some) {
        if (3 * count == pieces.length) {
            pieces = Arrays.copyOf(pieces, 2 * pieces.length);
        }
        pieces[3 * count] = address;
        pieces[3 * count + 1] = some;
        pieces[3 * count + 2] = length % LANES;
        count++;
        work += some;
        length += some;
    }

    /**
     * Adds zeros.
     *
     * @param some how many
     */
    void skip(long some) {
        length += some;
    }

    /** {@return the sum of all squares; each lane was added up in float32, which overflows to infinity} */
    double sum() {
        Arrays.fill(sums, 0);
        int threads = work < 2 * LEAST_WORK || team.isEmpty() ? 1
                : (int) Math.min(Math.min(work / LEAST_WORK, MOST_THREADS), team.get().threads());
        if (threads == 1) {
            addLanes(0, LANES, values[0]);
        } else {
            while (values.length < threads) {
                values = Arrays.copyOf(values, values.length + 1);
                values[values.length - 1] = new float[LANES];
            }
            team.get().run(part, threads, threads);
            Reference.reachabilityFence(this);
        }
        double sum = 0;
        for (float lane : sums) {
            sum += lane;
        }
        return sum;
    }

    /** Called by OpenMP, on each thread of a team. */
    private void part(long parts) {
        int step = team.get().size();
        for (int i = team.get().number(); i < parts; i += step) {
            addLanes((int) (LANES * i / parts), (int) (LANES * (i + 1) / parts), values[i]);
        }
    }

    /** Adds those numbers that belong to some of the lanes. */
    private void addLanes(int from, int to, float[] copies) {
        for (int i = 0; i < count; i++) {
            long address = pieces[3 * i];
            long numbers = pieces[3 * i + 1];
            int lane = (int) pieces[3 * i + 2];
            for (long at = 0; at < numbers;) {
                if (lane >= to) {
                    at += LANES - lane + from;
                    lane = from;
                } else if (lane < from) {
                    at += from - lane;
                    lane = from;
                } else {
                    int some = (int) Math.min(numbers - at, to - lane);
                    MemorySegment.copy(Call.MEMORY, JAVA_FLOAT, address + 4 * at, copies, lane, some);
                    addSquares(copies, sums, lane, lane + some);
                    at += some;
                    lane += some;
                }
            }
        }
    }

    /** One index for both arrays: with an offset between them the compiler makes no vector instructions. */
    private static void addSquares(float[] values, float[] sums, int from, int to) {
        for (int i = from; i < to; i++) {
            float value = values[i];
            sums[i] += value * value;
        }
    }
}
