// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Arrays;

/**
 * A product of two matrices by a BLAS that computes on one thread, shared out among libtorch's own threads: each
 * computes a block of the result, none waits for another, and no second set of threads wants the same cores.
 *
 * <p>libtorch calls it by the address of {@link #function} as it would {@code sgemm_} (matrices by columns; <a
 * href="https://www.netlib.org/lapack/explore-html/dd/d09/group__gemm.html">netlib.org</a>). Where
 * libtorch's threads are at work already each computes its own.
 */
final class SharedProducts {
    /**
     * Multiplications, each with an addition, that are worth a thread: some 5 µs, where to start another one that waits
     * awake takes about one.
     */
    static final long LEAST_WORK = 1 << 19;
    /** Blocks of a result. */
    static final int MOST_PARTS = 128;

    /** Rows and columns that OpenBLAS's kernels for AVX-512 compute at once; other blocks waste some. */
    private static final int ROWS = 16;
    private static final int COLUMNS = 4;

    private static final int POINTERS = 13;
    /** Of a job: the pointers, rows and columns of a block, blocks in a column, all blocks; then the blocks' sizes. */
    private static final long BLOCK_ROWS = POINTERS * Long.BYTES;
    private static final long BLOCK_COLUMNS = BLOCK_ROWS + Integer.BYTES;
    private static final long IN_A_COLUMN = BLOCK_COLUMNS + Integer.BYTES;
    private static final long PARTS = IN_A_COLUMN + Integer.BYTES;
    private static final long SIZES = PARTS + Integer.BYTES;
    private static final long JOB = SIZES + 2L * Integer.BYTES * MOST_PARTS;

    private static final MethodHandle SGEMM = Linker.nativeLinker().downcallHandle(pointers());

    private final MemorySegment product;
    private final Team team;
    private final MemorySegment part;
    private final MemorySegment function;
    /** A thread has one product at a time. Freed when the thread is gone. */
    private final ThreadLocal<MemorySegment> job =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(JOB, Long.BYTES));

    /**
     * Shares out a function.
     *
     * @param product {@code sgemm_} that may be called by several threads at once
     * @param team who computes
     */
    SharedProducts(MemorySegment product, Team team) {
        this.product = product;
        this.team = team;
        // For ever: the code is called through libtorch's table, which outlives any bundle.
        part = Team.work(MethodHandles.lookup(), this, "part", Arena.global());
        try {
            function = Linker.nativeLinker().upcallStub(
                    MethodHandles.lookup().bind(this, "product", pointers().toMethodType()), pointers(),
                    Arena.global());
        } catch (ReflectiveOperationException e) {
            throw Call.impossible(e);
        }
    }

    /** {@return the address of a function that is called as {@code sgemm_}} */
    long function() {
        return function.address();
    }

    private static FunctionDescriptor pointers() {
        MemoryLayout[] arguments = new MemoryLayout[POINTERS];
        Arrays.fill(arguments, JAVA_LONG);
        return FunctionDescriptor.ofVoid(arguments);
    }

    /** Called by libtorch, on any of its threads. Nothing may be thrown here: it would end the process. */
    private void product(long transA, long transB, long m, long n, long k, long alpha, long a, long lda, long b,
            long ldb, long beta, long c, long ldc) {
        try {
            int rows = integer(m);
            int columns = integer(n);
            int parts = parts(rows, columns, integer(k));
            if (parts < 2) {
                SGEMM.invokeExact(product, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
                return;
            }
            int inAColumn = inAColumn(rows, columns, parts);
            long at = job.get().address();
            pointer(at, 0, transA);
            pointer(at, 1, transB);
            pointer(at, 2, m);
            pointer(at, 3, n);
            pointer(at, 4, k);
            pointer(at, 5, alpha);
            pointer(at, 6, a);
            pointer(at, 7, lda);
            pointer(at, 8, b);
            pointer(at, 9, ldb);
            pointer(at, 10, beta);
            pointer(at, 11, c);
            pointer(at, 12, ldc);
            Call.MEMORY.set(JAVA_INT, at + BLOCK_ROWS, share(rows, inAColumn, ROWS));
            Call.MEMORY.set(JAVA_INT, at + BLOCK_COLUMNS, share(columns, parts / inAColumn, COLUMNS));
            Call.MEMORY.set(JAVA_INT, at + IN_A_COLUMN, inAColumn);
            Call.MEMORY.set(JAVA_INT, at + PARTS, parts);
            team.run(part, at, parts);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** Called by OpenMP, on each thread of a team. */
    private void part(long at) {
        try {
            int parts = integer(at + PARTS);
            // A team may be smaller than was asked for.
            int step = team.size();
            for (int i = team.number(); i < parts; i += step) {
                block(at, i);
            }
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    private void block(long at, int index) throws Throwable {
        int blockRows = integer(at + BLOCK_ROWS);
        int blockColumns = integer(at + BLOCK_COLUMNS);
        int inAColumn = integer(at + IN_A_COLUMN);
        int row = index % inAColumn * blockRows;
        int column = index / inAColumn * blockColumns;
        int rows = Math.min(blockRows, integer(pointer(at, 2)) - row);
        int columns = Math.min(blockColumns, integer(pointer(at, 3)) - column);
        if (rows <= 0 || columns <= 0) {
            return;
        }
        long size = at + SIZES + 2L * Integer.BYTES * index;
        Call.MEMORY.set(JAVA_INT, size, rows);
        Call.MEMORY.set(JAVA_INT, size + Integer.BYTES, columns);
        long transA = pointer(at, 0);
        long transB = pointer(at, 1);
        long lda = pointer(at, 7);
        long ldb = pointer(at, 9);
        long ldc = pointer(at, 12);
        long a = pointer(at, 6) + Float.BYTES * (isTransposed(transA) ? (long) row * integer(lda) : row);
        long b = pointer(at, 8) + Float.BYTES * (isTransposed(transB) ? column : (long) column * integer(ldb));
        long c = pointer(at, 11) + Float.BYTES * (row + (long) column * integer(ldc));
        SGEMM.invokeExact(product, transA, transB, size, size + Integer.BYTES, pointer(at, 4), pointer(at, 5), a, lda,
                b, ldb, pointer(at, 10), c, ldc);
    }

    private int parts(int rows, int columns, int depth) {
        long work = (long) rows * columns * depth / LEAST_WORK;
        return work < 2 ? 1 : (int) Math.min(Math.min(work, MOST_PARTS), team.threads());
    }

    /**
     * Into how many blocks the rows are cut. Each block reads its rows of the one matrix and its columns of the other,
     * so that the best are those with the smallest sum of both.
     */
    static int inAColumn(int rows, int columns, int parts) {
        int best = 1;
        long least = Long.MAX_VALUE;
        for (int i = 1; i <= parts; i++) {
            if (parts % i == 0) {
                long sides = share(rows, i, ROWS) + (long) share(columns, parts / i, COLUMNS);
                if (sides < least) {
                    least = sides;
                    best = i;
                }
            }
        }
        return best;
    }

    /** {@return the size of each of the parts of a whole but the last ones, a multiple of what goes at once} */
    static int share(int whole, int parts, int atOnce) {
        int units = Math.ceilDiv(whole, atOnce);
        return Math.ceilDiv(units, parts) * atOnce;
    }

    private static boolean isTransposed(long letter) {
        return (Call.MEMORY.get(JAVA_BYTE, letter) | 0x20) != 'n';
    }

    private static int integer(long address) {
        return Call.MEMORY.get(JAVA_INT, address);
    }

    private static long pointer(long job, int index) {
        return Call.MEMORY.get(JAVA_LONG, job + (long) index * Long.BYTES);
    }

    private static void pointer(long job, int index, long value) {
        Call.MEMORY.set(JAVA_LONG, job + (long) index * Long.BYTES, value);
    }
}
