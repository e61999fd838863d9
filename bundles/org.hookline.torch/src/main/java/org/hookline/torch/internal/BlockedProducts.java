// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Optional;

/**
 * A product of two matrices by a BLAS that computes on one thread, in blocks of the result: in such as it computes the
 * fastest ({@link Unpacked}), and shared out among libtorch's own threads, of which none waits for another and no
 * second set wants the same cores.
 *
 * <p>libtorch calls it by the address of {@link #function} as it would {@code sgemm_} (matrices by columns; <a
 * href="https://www.netlib.org/lapack/explore-html/dd/d09/group__gemm.html">netlib.org</a>). Where
 * libtorch's threads are at work already each computes its own.
 */
final class BlockedProducts {
    /**
     * Multiplications, each with an addition, that are worth a thread: some 5 µs, where to start another one that waits
     * awake takes about one.
     */
    static final long LEAST_WORK = 1 << 19;
    /** Threads that share a product. */
    static final int MOST_THREADS = 128;

    /** What OpenBLAS's kernels for AVX-512 compute at once; blocks that are no multiple of it waste some. */
    private static final int ROWS = 16;
    private static final int COLUMNS = 4;
    private static final int DEPTH = 4;

    /**
     * Of a job: the pointers; a block's rows, columns and depth; how many blocks are in a column; how many in a row are
     * computed one after another; how many such runs there are.
     */
    private static final long BLOCK_ROWS = Call.SGEMM.argumentLayouts().size() * Long.BYTES;
    private static final long BLOCK_COLUMNS = BLOCK_ROWS + Integer.BYTES;
    private static final long BLOCK_DEPTH = BLOCK_COLUMNS + Integer.BYTES;
    private static final long IN_A_COLUMN = BLOCK_DEPTH + Integer.BYTES;
    private static final long IN_A_RUN = IN_A_COLUMN + Integer.BYTES;
    private static final long RUNS = IN_A_RUN + Integer.BYTES;
    private static final long ONE = RUNS + Integer.BYTES;
    /** Then the sizes of the block that a thread is at; each thread has a line of the cache to itself. */
    private static final long LINE = 64;
    private static final long SIZES = Math.ceilDiv(ONE + Float.BYTES, LINE) * LINE;
    private static final long JOB = SIZES + LINE * MOST_THREADS;

    private static final MethodHandle SGEMM = Linker.nativeLinker().downcallHandle(Call.SGEMM);

    private final MemorySegment product;
    private final boolean unpacked;
    /** Null where the calling thread is the only one. */
    private final Team team;
    private final MemorySegment part;
    private final MemorySegment function;
    /** A thread has one product at a time. Freed when the thread is gone. */
    private final ThreadLocal<MemorySegment> job = ThreadLocal.withInitial(() -> {
        MemorySegment memory = Arena.ofAuto().allocate(JOB, LINE);
        memory.set(JAVA_FLOAT, ONE, 1);
        return memory;
    });

    /**
     * Computes a function in blocks.
     *
     * @param product {@code sgemm_} that may be called by several threads at once
     * @param unpacked whether it computes small blocks without copies, as {@link Unpacked} says
     * @param team who computes; empty for the calling thread alone
     */
    BlockedProducts(MemorySegment product, boolean unpacked, Optional<Team> team) {
        this.product = product;
        this.unpacked = unpacked;
        this.team = team.orElse(null);
        // For ever: the code is called through libtorch's table, which outlives any bundle.
        part = Team.work(MethodHandles.lookup(), this, "part", Arena.global());
        try {
            function = Linker.nativeLinker().upcallStub(
                    MethodHandles.lookup().bind(this, "product", Call.SGEMM.toMethodType()), Call.SGEMM,
                    Arena.global());
        } catch (ReflectiveOperationException e) {
            throw Call.impossible(e);
        }
    }

    /** {@return the address of a function that is called as {@code sgemm_}} */
    long function() {
        return function.address();
    }

    /** Called by libtorch, on any of its threads. Nothing may be thrown here: it would end the process. */
    private void product(long transA, long transB, long m, long n, long k, long alpha, long a, long lda, long b,
            long ldb, long beta, long c, long ldc) {
        try {
            int rows = integer(m);
            int columns = integer(n);
            int depth = integer(k);
            Unpacked size = unpacked ? Unpacked.of(isTransposed(transA), isTransposed(transB), rows, columns, depth)
                    : null;
            int threads = threads(rows, columns, depth);
            if (size == null && threads < 2) {
                SGEMM.invokeExact(product, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
                return;
            }
            int inAColumn = size == null ? inAColumn(rows, columns, threads) : Math.ceilDiv(rows, size.rows());
            int runs = size == null ? threads / inAColumn : runs(inAColumn, threads);
            int inARun = size == null ? 1 : Math.ceilDiv(Math.ceilDiv(columns, size.columns()), runs);
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
            Call.MEMORY.set(JAVA_INT, at + BLOCK_COLUMNS, share(columns, runs * inARun, COLUMNS));
            Call.MEMORY.set(JAVA_INT, at + BLOCK_DEPTH,
                    size == null ? depth : share(depth, Math.ceilDiv(depth, size.depth()), DEPTH));
            Call.MEMORY.set(JAVA_INT, at + IN_A_COLUMN, inAColumn);
            Call.MEMORY.set(JAVA_INT, at + IN_A_RUN, inARun);
            Call.MEMORY.set(JAVA_INT, at + RUNS, inAColumn * runs);
            if (threads < 2) {
                runs(at, 0, 1);
            } else {
                team.run(part, at, threads);
            }
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** Called by OpenMP, on each thread of a team, which may be smaller than was asked for. */
    private void part(long at) {
        try {
            runs(at, team.number(), team.size());
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** Each so many-th run. */
    private void runs(long at, int thread, int threads) throws Throwable {
        int count = integer(at + RUNS);
        for (int i = thread; i < count; i += threads) {
            run(at, i, at + SIZES + LINE * thread);
        }
    }

    /**
     * Blocks side by side. They have the rows of the first matrix in common, a layer's weights often: a piece of those
     * is used for all while it is in the core's cache.
     */
    private void run(long at, int index, long sizes) throws Throwable {
        int blockRows = integer(at + BLOCK_ROWS);
        int blockColumns = integer(at + BLOCK_COLUMNS);
        int blockDepth = integer(at + BLOCK_DEPTH);
        int inAColumn = integer(at + IN_A_COLUMN);
        int inARun = integer(at + IN_A_RUN);
        int row = index % inAColumn * blockRows;
        int rows = Math.min(blockRows, integer(pointer(at, 2)) - row);
        int start = index / inAColumn * inARun * blockColumns;
        int end = Math.min(start + inARun * blockColumns, integer(pointer(at, 3)));
        if (rows <= 0) {
            return;
        }
        int depth = integer(pointer(at, 4));
        long columnsSize = sizes + Integer.BYTES;
        long depthSize = columnsSize + Integer.BYTES;
        Call.MEMORY.set(JAVA_INT, sizes, rows);
        long transA = pointer(at, 0);
        long transB = pointer(at, 1);
        long alpha = pointer(at, 5);
        long lda = pointer(at, 7);
        long ldb = pointer(at, 9);
        long ldc = pointer(at, 12);
        boolean turnsA = isTransposed(transA);
        boolean turnsB = isTransposed(transB);
        long beta = pointer(at, 10);
        for (int from = 0; from < depth; from += blockDepth) {
            Call.MEMORY.set(JAVA_INT, depthSize, Math.min(blockDepth, depth - from));
            long a = pointer(at, 6) + Float.BYTES
                    * (turnsA ? (long) row * integer(lda) + from : row + (long) from * integer(lda));
            for (int column = start; column < end; column += blockColumns) {
                Call.MEMORY.set(JAVA_INT, columnsSize, Math.min(blockColumns, end - column));
                long b = pointer(at, 8) + Float.BYTES
                        * (turnsB ? column + (long) from * integer(ldb) : (long) column * integer(ldb) + from);
                long c = pointer(at, 11) + Float.BYTES * (row + (long) column * integer(ldc));
                SGEMM.invokeExact(product, transA, transB, sizes, columnsSize, depthSize, alpha, a, lda, b, ldb, beta,
                        c, ldc);
            }
            beta = at + ONE;
        }
    }

    private int threads(int rows, int columns, int depth) {
        long work = (long) rows * columns * depth / LEAST_WORK;
        return work < 2 || team == null ? 1 : (int) Math.min(Math.min(work, MOST_THREADS), team.threads());
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

    /** {@return into how many runs to cut a row of blocks, so that each thread has about as many of the few} */
    static int runs(int inAColumn, int threads) {
        return inAColumn >= 8 * threads || inAColumn % threads == 0 ? 1 : threads;
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
