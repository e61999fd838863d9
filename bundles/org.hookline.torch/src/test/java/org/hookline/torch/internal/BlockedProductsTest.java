// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.pytorch.jni.LibUtils;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With a product in Java in OpenBLAS's place: what each thread is given is seen. */
class BlockedProductsTest {
    private static final MethodHandle CALL = Linker.nativeLinker().downcallHandle(Call.SGEMM);

    private record Block(int rows, int columns, int depth, long thread) {
        long work() {
            return (long) rows * columns * depth;
        }
    }

    private final Queue<Block> blocks = new ConcurrentLinkedQueue<>();
    private final Torch torch = TorchLoader.load();
    private Team team;
    private MemorySegment plain;
    private BlockedProducts products;
    private int threadsBefore;

    @BeforeEach
    void share() throws ReflectiveOperationException {
        threadsBefore = torch.threads();
        Symbols symbols = Symbols.in(Path.of(LibUtils.getLibtorchPath()));
        plain = Linker.nativeLinker().upcallStub(
                MethodHandles.lookup().bind(this, "multiply", Call.SGEMM.toMethodType()), Call.SGEMM, Arena.global());
        Optional<Team> found = Team.of(symbols);
        assumeTrue(found.isPresent(), "libtorch's OpenMP is not known");
        team = found.orElseThrow();
        products = new BlockedProducts(plain, false, found);
    }

    @AfterEach
    void threadsAsBefore() {
        torch.setThreads(threadsBefore);
    }

    /** {@code sgemm_} in its plainest form. */
    private void multiply(long transA, long transB, long m, long n, long k, long alpha, long a, long lda, long b,
            long ldb, long beta, long c, long ldc) {
        int rows = integer(m);
        int columns = integer(n);
        blocks.add(new Block(rows, columns, integer(k), Thread.currentThread().threadId()));
        boolean turnA = Call.MEMORY.get(JAVA_BYTE, transA) != 'n';
        boolean turnB = Call.MEMORY.get(JAVA_BYTE, transB) != 'n';
        for (int j = 0; j < columns; j++) {
            for (int i = 0; i < rows; i++) {
                float sum = 0;
                for (int l = 0; l < integer(k); l++) {
                    sum += number(a, turnA ? l : i, turnA ? i : l, integer(lda))
                            * number(b, turnB ? j : l, turnB ? l : j, integer(ldb));
                }
                long at = c + 4 * (i + (long) j * integer(ldc));
                Call.MEMORY.set(JAVA_FLOAT, at, Call.MEMORY.get(JAVA_FLOAT, alpha) * sum
                        + Call.MEMORY.get(JAVA_FLOAT, beta) * Call.MEMORY.get(JAVA_FLOAT, at));
            }
        }
    }

    private static float number(long matrix, int row, int column, int stride) {
        return Call.MEMORY.get(JAVA_FLOAT, matrix + 4 * (row + (long) column * stride));
    }

    private static int integer(long address) {
        return Call.MEMORY.get(JAVA_INT, address);
    }

    /** One product, columns of the matrices two longer than they have rows. */
    private static float[] product(long function, String transA, String transB, int m, int n, int k) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            int lda = (transA.equals("n") ? m : k) + 2;
            int ldb = (transB.equals("n") ? k : n) + 2;
            int ldc = m + 2;
            Random random = new Random(7);
            MemorySegment a = matrix(arena, lda * (transA.equals("n") ? k : m), random);
            MemorySegment b = matrix(arena, ldb * (transB.equals("n") ? n : k), random);
            MemorySegment c = matrix(arena, ldc * n, random);
            MemorySegment sizes = arena.allocateFrom(JAVA_INT, m, n, k, lda, ldb, ldc);
            MemorySegment factors = arena.allocateFrom(JAVA_FLOAT, 0.5f, 2f);
            long s = sizes.address();
            CALL.invokeExact(MemorySegment.ofAddress(function), arena.allocateFrom(transA).address(),
                    arena.allocateFrom(transB).address(), s, s + 4, s + 8, factors.address(), a.address(), s + 12,
                    b.address(), s + 16, factors.address() + 4, c.address(), s + 20);
            return c.toArray(JAVA_FLOAT);
        }
    }

    private static MemorySegment matrix(Arena arena, int numbers, Random random) {
        MemorySegment matrix = arena.allocate(JAVA_FLOAT, numbers);
        for (int i = 0; i < numbers; i++) {
            matrix.setAtIndex(JAVA_FLOAT, i, random.nextFloat() - 0.5f);
        }
        return matrix;
    }

    @ParameterizedTest
    @CsvSource({
        // a layer's forward pass, the gradient of its input and of its weights
        "2, t, n, 256, 64, 784", "2, n, n, 784, 64, 256", "2, n, t, 784, 256, 64",
        // sizes that no kernel likes, and both matrices turned
        "3, n, n, 131, 257, 101", "3, t, t, 517, 67, 211", "5, n, t, 17, 1031, 300", "4, c, n, 1, 2100, 2049"
    })
    void theBlocksMakeUpTheWholeProduct(int threads, String transA, String transB, int m, int n, int k)
            throws Throwable {
        torch.setThreads(threads);
        float[] expected = product(plain.address(), transA, transB, m, n, k);
        blocks.clear();
        assertThat(product(products.function(), transA, transB, m, n, k)).isEqualTo(expected);
        assertThat(blocks).hasSize(threads);
        assertThat(blocks.stream().mapToLong(b -> (long) b.rows() * b.columns()).sum()).isEqualTo((long) m * n);
        assertThat(blocks.stream().mapToLong(Block::thread).distinct().count()).isEqualTo(threads);
    }

    @ParameterizedTest
    @CsvSource({
        "1, t, n, 256, 64, 784, 16", "1, t, n, 256, 64, 1024, 32", "1, n, n, 256, 64, 256, 8",
        "1, n, n, 128, 1024, 128, 32", "1, n, t, 784, 256, 64, 26", "2, t, n, 256, 64, 784, 16",
        "2, n, t, 130, 129, 200, 24", "3, n, n, 70, 65, 500, 18", "1, t, n, 10, 1000, 300, 125",
        "8, n, t, 128, 128, 1024, 256"
    })
    void blocksThatAreNotCopiedMakeUpTheWholeProduct(int threads, String transA, String transB, int m, int n, int k,
            int count) throws Throwable {
        torch.setThreads(threads);
        float[] expected = product(plain.address(), transA, transB, m, n, k);
        blocks.clear();
        BlockedProducts unpacked = new BlockedProducts(plain, true, Optional.of(team));
        float[] actual = product(unpacked.function(), transA, transB, m, n, k);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within(1e-4f));
        }
        assertThat(blocks).hasSize(count);
        assertThat(blocks.stream().mapToLong(Block::work).sum()).isEqualTo((long) m * n * k);
        assertThat(blocks).allMatch(b -> b.work() <= 1_000_000);
        if (transA.equals("t")) {
            assertThat(blocks).allMatch(b -> b.rows() * b.columns() <= 1_200 && b.depth() >= 32);
        }
        assertThat(blocks.stream().mapToLong(Block::thread).distinct().count()).isEqualTo(threads);
    }

    /** As OpenBLAS is used where libtorch's OpenMP is not known. */
    @Test
    void withoutATeamTheCallingThreadComputesAllBlocks() throws Throwable {
        BlockedProducts alone = new BlockedProducts(plain, true, Optional.empty());
        product(alone.function(), "n", "t", 256, 256, 128);
        long here = Thread.currentThread().threadId();
        assertThat(blocks).hasSize(16).containsOnly(new Block(64, 128, 64, here));
    }

    @Test
    void whatIsSmallOrHasOneThreadIsComputedWhereItIsAsked() throws Throwable {
        torch.setThreads(2);
        product(products.function(), "n", "n", 64, 64, 64);
        torch.setThreads(1);
        product(products.function(), "n", "n", 256, 256, 256);
        long here = Thread.currentThread().threadId();
        assertThat(blocks).containsExactly(new Block(64, 64, 64, here), new Block(256, 256, 256, here));
    }

    @Test
    void noMoreBlocksThanTheWorkIsWorth() throws Throwable {
        torch.setThreads(64);
        product(products.function(), "n", "n", 192, 192, 128);
        assertThat(blocks).hasSize((int) (192L * 192 * 128 / BlockedProducts.LEAST_WORK));
    }

    /** As libtorch does it: within a loop that its threads share, each computes products of its own. */
    @Test
    void whereTheThreadsAreAtWorkAlreadyEachComputesItsOwn() throws Throwable {
        torch.setThreads(2);
        team.run(Team.work(MethodHandles.lookup(), this, "nested", Arena.global()), 0, 2);
        assertThat(blocks).extracting(Block::rows).containsExactly(128, 128);
        assertThat(blocks.stream().mapToLong(Block::thread).distinct().count()).isEqualTo(2);
    }

    private void nested(long ignored) {
        try {
            product(products.function(), "n", "n", 128, 128, 256);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void twoThreadsOfAProgramShareOutAtTheSameTime() throws Exception {
        torch.setThreads(2);
        Queue<Boolean> same = new ConcurrentLinkedQueue<>();
        Runnable many = () -> {
            try {
                torch.setThreads(2);
                float[] expected = product(plain.address(), "n", "t", 130, 129, 128);
                for (int i = 0; i < 10; i++) {
                    same.add(Arrays.equals(expected,
                            product(products.function(), "n", "t", 130, 129, 128)));
                }
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        };
        Thread first = Thread.ofPlatform().start(many);
        Thread second = Thread.ofPlatform().start(many);
        first.join();
        second.join();
        assertThat(same).hasSize(20).containsOnly(true);
    }

    @ParameterizedTest
    @CsvSource({"100, 1, 16, 112", "100, 2, 16, 64", "784, 2, 16, 400", "1, 4, 16, 16", "10, 2, 4, 8"})
    void sharesAreMultiplesOfWhatAKernelComputesAtOnce(int whole, int parts, int atOnce, int expected) {
        assertThat(BlockedProducts.share(whole, parts, atOnce)).isEqualTo(expected);
        assertThat(expected * parts).isGreaterThanOrEqualTo(whole);
    }

    @ParameterizedTest
    @CsvSource({"7, 2, 2", "2, 8, 8", "4, 2, 1", "13, 2, 2", "16, 2, 1", "3, 1, 1"})
    void fewRowsOfBlocksAreSharedOutEvenly(int inAColumn, int threads, int expected) {
        assertThat(BlockedProducts.runs(inAColumn, threads)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"784, 64, 2, 2", "64, 784, 2, 1", "512, 512, 4, 2", "4096, 64, 4, 4", "300, 200, 7, 7"})
    void blocksAreAsSquareAsCanBe(int rows, int columns, int parts, int expected) {
        assertThat(BlockedProducts.inAColumn(rows, columns, parts)).isEqualTo(expected);
    }
}
