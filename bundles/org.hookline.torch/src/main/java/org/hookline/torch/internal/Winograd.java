// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Convolutions of 3x3 with stride 1 and padding 1 by Winograd's minimal filtering F(2x2, 3x3): an output of 2x2 pixels
 * takes 16 multiplications for each pair of channels where 36 are usual (Lavin and Gray, Fast Algorithms for
 * Convolutional Neural Networks, <a href="https://arxiv.org/abs/1509.09308">arXiv 1509.09308</a>, section 4.1). The
 * results are as exact as the usual ones, not the same to the bit; infinities and NaN reach the neighbours too.
 *
 * <p>Images lie in memory as (batch, height, width, channels), weights as (out, 3, 3, in), all float32 without gaps,
 * channels in multiples of 16. Everything, the transforms too, is a product of matrices: a transform is a product with
 * a small constant one, whose rows are whole pixels. Matrices are by columns in all comments here. Work is cut into
 * blocks of tiles that fit a core's cache and is shared out among libtorch's threads; a result does not depend on their
 * number.
 */
final class Winograd {
    /** Of the transform of images: B^T. */
    private static final float[][] BT = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
    /** Of the transform back: A^T. */
    private static final float[][] AT = {{1, 1, 1, 0}, {0, 1, -1, -1}};
    /** Of the transform of weights: G. */
    private static final float[][] G = {{1, 0, 0}, {.5f, .5f, .5f}, {.5f, -.5f, .5f}, {0, 0, 1}};

    /** Rows and columns of a transformed tile. */
    private static final int SIDE = 4;
    private static final int POINTS = SIDE * SIDE;
    /** Of the weights of a pair of channels. */
    private static final int TAPS = 9;
    /** Neighbouring tiles that are transformed by one product. */
    private static final int GROUP = 2;
    /** Pairs of channels whose weights are transformed at once: without copies of the matrices. */
    private static final int PAIRS = 4096;
    /** Channels of which a matrix of weights is turned at once, by a product with the unit matrix. */
    private static final int TURNED_AT_ONCE = 16;
    /** Pairs of channels whose weights are worth several threads: some 50 µs. */
    private static final int LEAST_SHARED = 1 << 14;

    private static final MethodHandle SGEMM = Linker.nativeLinker().downcallHandle(Call.SGEMM,
            Linker.Option.critical(false));

    private static final MemorySegment CONSTANTS = Arena.global().allocate(64, 16);
    private static final long PLAIN = CONSTANTS.address();
    private static final long TURNED = PLAIN + 1;
    private static final long ZERO = PLAIN + 4;
    private static final long ONE = PLAIN + 8;

    static {
        CONSTANTS.setString(0, "NT");
        CONSTANTS.set(JAVA_FLOAT, 8, 1);
    }

    private static final Transform IMAGES = Transform.of(1, (pixel, point) -> BT[point][pixel]);
    /** The transpose of the transform back. */
    private static final Transform GRADIENTS = Transform.of(0, (pixel, point) -> AT[pixel][point]);
    /** Columns: pixels; rows: points. */
    private static final long RESULT_ROWS = matrix(SIDE, 2, (point, pixel) -> AT[pixel][point]);
    private static final long RESULT_COLUMNS = matrix(SIDE * GROUP, 2 * GROUP,
            (point, pixel) -> point / SIDE == pixel / 2 ? AT[pixel % 2][point % SIDE] : 0);
    /** Columns: points; rows: taps, in the order of the weights or turned round. */
    private static final long WEIGHTS = matrix(TAPS, POINTS, Winograd::weight);
    private static final long TURNED_WEIGHTS = matrix(TAPS, POINTS, (tap, point) -> weight(TAPS - 1 - tap, point));

    private static final long UNIT = matrix(TURNED_AT_ONCE, TURNED_AT_ONCE, (row, column) -> row == column ? 1 : 0);

    private final MemorySegment product;
    /** Null where the calling thread is the only one. */
    private final Team team;
    private final MemorySegment function;
    private final Map<Long, Work> works = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

    /**
     * Computes by a BLAS.
     *
     * @param product {@code sgemm_} that may be called by several threads at once
     * @param team who computes; empty for the calling thread alone
     */
    Winograd(MemorySegment product, Optional<Team> team) {
        this.product = product;
        this.team = team.orElse(null);
        function = Team.work(MethodHandles.lookup(), this, "part", Arena.global());
    }

    /**
     * A convolution's sizes.
     *
     * @param batch images
     * @param height of an image and of its result, in pixels
     * @param width of an image and of its result, in pixels
     * @param in channels
     * @param out channels
     */
    record Sizes(int batch, int height, int width, int in, int out) {
        Sizes turned() {
            return new Sizes(batch, height, width, out, in);
        }

        int tilesInARow() {
            return (width + 1) / 2;
        }

        int rowsOfTiles() {
            return (height + 1) / 2;
        }

        int allRows() {
            return batch * rowsOfTiles();
        }
    }

    /** A part of a whole, which begins there. */
    private interface Part {
        void run(int first) throws Throwable;
    }

    /** What threads share: each takes the next part when it is done with one, as some cores are slower for a time. */
    private record Work(AtomicInteger next, int whole, int atOnce, Part part) {
        void run() throws Throwable {
            for (int first = next.getAndAdd(atOnce); first < whole; first = next.getAndAdd(atOnce)) {
                part.run(first);
            }
        }
    }

    private interface Entry {
        float at(int row, int column);
    }

    /**
     * From pixels to points.
     *
     * @param margin pixels that a tile has round its own two by two
     * @param rows matrix for the rows of pixels of a row of tiles; columns: points, rows: pixels
     * @param columns the same for the columns of {@link #GROUP} tiles
     */
    private record Transform(int margin, long rows, long columns) {
        static Transform of(int margin, Entry entry) {
            int pixels = 2 + 2 * margin;
            return new Transform(margin, matrix(pixels, SIDE, entry),
                    matrix(2 * GROUP + 2 * margin, SIDE * GROUP, (pixel, point) -> {
                        int at = pixel - 2 * (point / SIDE);
                        return at < 0 || at >= pixels ? 0 : entry.at(at, point % SIDE);
                    }));
        }

        /** {@return the pixels of a row or column of so many tiles} */
        int pixels(int tiles) {
            return 2 * tiles + 2 * margin;
        }
    }

    /** Memory of a thread: numbers that go to a product by address, and places that grow. Freed when it is gone. */
    private static final class Scratch {
        private final MemorySegment sizes = Arena.ofAuto().allocate(64, 64);
        final long numbers = sizes.address();
        /** What all threads of a convolution read. */
        final Place weights = new Place();
        final Place blocks = new Place();
    }

    private static final class Place {
        private MemorySegment memory = MemorySegment.NULL;

        /** {@return the address of so many floats, whatever is in them} */
        long floats(long count) {
            if (memory.byteSize() < count * Float.BYTES) {
                memory = Arena.ofAuto().allocate(count * Float.BYTES, 64);
            }
            return memory.address();
        }
    }

    private static float weight(int tap, int point) {
        return G[point / SIDE][tap / 3] * G[point % SIDE][tap % 3];
    }

    private static long matrix(int rows, int columns, Entry entry) {
        MemorySegment memory = Arena.global().allocate((long) rows * columns * Float.BYTES, 64);
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                memory.setAtIndex(JAVA_FLOAT, (long) column * rows + row, entry.at(row, column));
            }
        }
        return memory.address();
    }

    /**
     * Takes the memory for transformed weights, the most that there is, so that a lack of it shows here. The calling
     * thread keeps it.
     *
     * @param in channels
     * @param out channels
     */
    void reserve(long in, long out) {
        scratch.get().weights.floats((TAPS + POINTS) * in * out);
    }

    /**
     * Convolves.
     *
     * @param sizes of it
     * @param images address of {@code batch x height x width x in}
     * @param weights address of {@code out x 3 x 3 x in}
     * @param results address for {@code batch x height x width x out}
     */
    void forward(Sizes sizes, long images, long weights, long results) {
        run(() -> {
            int in = sizes.in();
            int out = sizes.out();
            int pairs = in * out;
            // Tap by tap a matrix of out x in: the transpose of what is there.
            long turned = scratch.get().weights.floats((long) (TAPS + POINTS) * pairs);
            long points = address(turned, (long) TAPS * pairs);
            share(weightThreads(pairs), in, TURNED_AT_ONCE, first -> {
                long numbers = scratch.get().numbers;
                for (int tap = 0; tap < TAPS; tap++) {
                    int channel = tap * in + first;
                    product(numbers, true, false, out, TURNED_AT_ONCE, TURNED_AT_ONCE, address(weights, channel),
                            TAPS * in, UNIT, TURNED_AT_ONCE, false, address(turned, (long) channel * out), out);
                }
                int end = (first + TURNED_AT_ONCE) * out;
                for (int pair = first * out; pair < end; pair += PAIRS) {
                    product(numbers, false, false, Math.min(PAIRS, end - pair), POINTS, TAPS, address(turned, pair),
                            pairs, WEIGHTS, TAPS, false, address(points, pair), pairs);
                }
            });
            convolve(sizes, images, points, results);
        });
    }

    /**
     * The gradient of the images: a convolution with the weights turned round.
     *
     * @param sizes of the convolution
     * @param gradients address of {@code batch x height x width x out}: of the results
     * @param weights address of {@code out x 3 x 3 x in}
     * @param results address for {@code batch x height x width x in}
     */
    void backwardImages(Sizes sizes, long gradients, long weights, long results) {
        run(() -> {
            int in = sizes.in();
            int pairs = in * sizes.out();
            // Point by point a matrix of in x out.
            long points = scratch.get().weights.floats((long) POINTS * pairs);
            share(weightThreads(pairs), sizes.out(), 1, channel -> product(scratch.get().numbers, false, false, in,
                    POINTS, TAPS, address(weights, (long) TAPS * in * channel), in, TURNED_WEIGHTS, TAPS, false,
                    address(points, (long) in * channel), pairs));
            convolve(sizes.turned(), gradients, points, results);
        });
    }

    private void convolve(Sizes sizes, long images, long points, long results) throws Throwable {
        int rows = sizes.allRows();
        int threads = team == null ? 1 : Math.min(team.threads(), rows);
        int tiles = sizes.tilesInARow();
        int atOnce = Math.clamp(Math.ceilDiv(Math.max(32, sizes.in() / 4), tiles), 1, Math.ceilDiv(rows, threads));
        share(threads, rows, atOnce,
                row -> block(sizes, images, points, results, row, Math.min(atOnce, rows - row), atOnce));
    }

    /** Some rows of tiles. */
    private void block(Sizes sizes, long images, long points, long results, int first, int rows, int atOnce)
            throws Throwable {
        Scratch mine = scratch.get();
        int in = sizes.in();
        int out = sizes.out();
        int inARow = sizes.tilesInARow();
        int tiles = rows * inARow;
        long most = (long) atOnce * inARow;
        long line = (long) IMAGES.pixels(inARow) * in;
        long lines = mine.blocks.floats(SIDE * line + POINTS * most * in + (POINTS + 2 * SIDE) * most * out);
        long transformed = address(lines, SIDE * line);
        long products = address(transformed, POINTS * most * in);
        long halves = address(products, POINTS * most * out);
        Call.MEMORY.asSlice(lines, SIDE * line * Float.BYTES).fill((byte) 0);
        for (int row = 0; row < rows; row++) {
            row(mine.numbers, IMAGES, sizes, in, images, first + row, 0, SIDE, lines,
                    address(transformed, (long) row * inARow * SIDE * in), tiles);
        }
        for (int point = 0; point < POINTS; point++) {
            long at = (long) point / SIDE * tiles * SIDE + point % SIDE;
            product(mine.numbers, false, false, out, tiles, in, address(points, (long) point * in * out), out,
                    address(transformed, at * in), SIDE * in, false, address(products, at * out), SIDE * out);
        }
        int row = SIDE * inARow * out;
        for (int i = 0; i < rows; i++) {
            product(mine.numbers, false, false, row, 2, SIDE, address(products, (long) i * row), rows * row,
                    RESULT_ROWS, SIDE, false, address(halves, (long) i * row), rows * row);
            int image = (first + i) / sizes.rowsOfTiles();
            int top = (first + i) % sizes.rowsOfTiles() * 2;
            for (int y = top; y < Math.min(top + 2, sizes.height()); y++) {
                long from = address(halves, ((long) (y - top) * rows + i) * row);
                long to = address(results, ((long) image * sizes.height() + y) * sizes.width() * out);
                for (int tile = 0; tile < inARow; tile += GROUP) {
                    int group = Math.min(GROUP, inARow - tile);
                    product(mine.numbers, false, false, out, Math.min(2 * group, sizes.width() - 2 * tile),
                            SIDE * group, address(from, (long) tile * SIDE * out), out, RESULT_COLUMNS, SIDE * GROUP,
                            false, address(to, 2L * tile * out), out);
                }
            }
        }
    }

    /**
     * Transforms the rows of pixels of a row of tiles.
     *
     * @param transform which one
     * @param channels of the pixels
     * @param row the row of tiles, of all images
     * @param firstPoint the first of the four rows of points to compute
     * @param pointRows how many of them
     * @param lines for so many lines of pixels; those that are outside are zero
     * @param to where the first row's first tile goes: tile by tile, four points each
     * @param tiles from one row of points to the next
     */
    private void row(long numbers, Transform transform, Sizes sizes, int channels, long images, int row, int firstPoint,
            int pointRows, long lines, long to, int tiles) throws Throwable {
        int margin = transform.margin();
        int inARow = sizes.tilesInARow();
        int line = transform.pixels(inARow) * channels;
        int pixels = sizes.width() * channels;
        int side = transform.pixels(1);
        int top = row % sizes.rowsOfTiles() * 2 - margin;
        int start = Math.max(0, top);
        int end = Math.min(sizes.height(), top + side);
        long image = (long) row / sizes.rowsOfTiles() * sizes.height();
        product(numbers, false, false, pixels, pointRows, end - start, address(images, (image + start) * pixels),
                pixels, address(transform.rows(), (long) side * firstPoint + start - top), side, false,
                address(lines, (long) margin * channels), line);
        for (int i = 0; i < pointRows; i++) {
            for (int tile = 0; tile < inARow; tile += GROUP) {
                int group = Math.min(GROUP, inARow - tile);
                product(numbers, false, false, channels, SIDE * group, transform.pixels(group),
                        address(lines, (long) i * line + 2L * tile * channels), channels, transform.columns(),
                        transform.pixels(GROUP), false, address(to, ((long) i * tiles + tile) * SIDE * channels),
                        channels);
            }
        }
    }

    /**
     * The gradient of the weights.
     *
     * @param sizes of the convolution
     * @param images address of {@code batch x height x width x in}
     * @param gradients address of {@code batch x height x width x out}: of the results
     * @param results address for {@code out x 3 x 3 x in}
     */
    void backwardWeights(Sizes sizes, long images, long gradients, long results) {
        run(() -> {
            int pairs = sizes.in() * sizes.out();
            int available = team == null ? 1 : team.threads();
            int pointRows = available >= SIDE ? 1 : available >= 2 ? 2 : SIDE;
            long points = scratch.get().weights.floats((long) POINTS * pairs);
            share(SIDE / pointRows, SIDE, pointRows,
                    first -> weightPoints(sizes, images, gradients, first, pointRows, points));
            int in = sizes.in();
            share(weightThreads(pairs), sizes.out(), 1, channel -> product(scratch.get().numbers, false, true, in,
                    TAPS, POINTS, address(points, (long) in * channel), pairs, WEIGHTS, TAPS, false,
                    address(results, (long) TAPS * in * channel), in));
        });
    }

    /** Some rows of points of the gradient, each point a matrix of in x out. */
    private void weightPoints(Sizes sizes, long images, long gradients, int firstPoint, int pointRows, long points)
            throws Throwable {
        Scratch mine = scratch.get();
        int in = sizes.in();
        int out = sizes.out();
        int inARow = sizes.tilesInARow();
        int rows = sizes.allRows();
        int atOnce = Math.clamp(Math.ceilDiv(Math.max(64, in / 2), inARow), 1, rows);
        long most = (long) atOnce * inARow;
        long line = (long) IMAGES.pixels(inARow) * in;
        long gradientLine = (long) GRADIENTS.pixels(inARow) * out;
        long lines = mine.blocks.floats(pointRows * (line + gradientLine + SIDE * most * (in + out)));
        long gradientLines = address(lines, pointRows * line);
        long transformed = address(gradientLines, pointRows * gradientLine);
        long transformedGradients = address(transformed, pointRows * SIDE * most * in);
        Call.MEMORY.asSlice(lines, pointRows * (line + gradientLine) * Float.BYTES).fill((byte) 0);
        for (int first = 0; first < rows; first += atOnce) {
            int some = Math.min(atOnce, rows - first);
            int tiles = some * inARow;
            for (int row = 0; row < some; row++) {
                long before = (long) row * inARow * SIDE;
                row(mine.numbers, IMAGES, sizes, in, images, first + row, firstPoint, pointRows, lines,
                        address(transformed, before * in), tiles);
                row(mine.numbers, GRADIENTS, sizes, out, gradients, first + row, firstPoint, pointRows, gradientLines,
                        address(transformedGradients, before * out), tiles);
            }
            for (int point = 0; point < pointRows * SIDE; point++) {
                long at = (long) point / SIDE * tiles * SIDE + point % SIDE;
                product(mine.numbers, false, true, in, out, tiles, address(transformed, at * in), SIDE * in,
                        address(transformedGradients, at * out), SIDE * out, first > 0,
                        address(points, (long) (firstPoint * SIDE + point) * in * out), in);
            }
        }
    }

    private static long address(long base, long floats) {
        return base + floats * Float.BYTES;
    }

    /** {@code c = op(a) op(b)}, or added to it. */
    private void product(long numbers, boolean turnsA, boolean turnsB, int rows, int columns, int depth, long a,
            int lda, long b, int ldb, boolean adds, long c, int ldc) throws Throwable {
        Call.MEMORY.set(JAVA_INT, numbers, rows);
        Call.MEMORY.set(JAVA_INT, numbers + 4, columns);
        Call.MEMORY.set(JAVA_INT, numbers + 8, depth);
        Call.MEMORY.set(JAVA_INT, numbers + 12, lda);
        Call.MEMORY.set(JAVA_INT, numbers + 16, ldb);
        Call.MEMORY.set(JAVA_INT, numbers + 20, ldc);
        SGEMM.invokeExact(product, turnsA ? TURNED : PLAIN, turnsB ? TURNED : PLAIN, numbers, numbers + 4, numbers + 8,
                ONE, a, numbers + 12, b, numbers + 16, adds ? ONE : ZERO, c, numbers + 20);
    }

    private interface Steps {
        void run() throws Throwable;
    }

    private static void run(Steps steps) {
        try {
            steps.run();
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** {@return how many threads transform the weights of so many pairs of channels} */
    private int weightThreads(int pairs) {
        return team == null || pairs < LEAST_SHARED ? 1 : team.threads();
    }

    private void share(int threads, int whole, int atOnce, Part part) throws Throwable {
        Work work = new Work(new AtomicInteger(), whole, atOnce, part);
        if (threads < 2) {
            work.run();
            return;
        }
        long number = numbers.incrementAndGet();
        works.put(number, work);
        try {
            team.run(function, number, threads);
        } finally {
            works.remove(number);
        }
    }

    /** Called by OpenMP, on each thread of a team. */
    private void part(long number) {
        try {
            works.get(number).run();
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }
}
