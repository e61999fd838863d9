// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.pytorch.jni.LibUtils;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SquareSumTest {
    private static final int NUMBERS = 1_000_003;

    private final Torch torch = TorchLoader.load();
    private final Optional<Team> team = Team.of(Symbols.in(Path.of(LibUtils.getLibtorchPath())));
    private final int threadsBefore = torch.threads();

    @AfterEach
    void threadsAsBefore() {
        torch.setThreads(threadsBefore);
    }

    private static MemorySegment numbers(Arena arena) {
        MemorySegment numbers = arena.allocate(JAVA_FLOAT, NUMBERS);
        Random random = new Random(11);
        for (int i = 0; i < NUMBERS; i++) {
            numbers.setAtIndex(JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        return numbers;
    }

    /** In pieces of many sizes, some left out. */
    private static double inPieces(SquareSum squares, MemorySegment numbers) {
        squares.clear();
        Random random = new Random(3);
        for (int at = 0; at < NUMBERS;) {
            int some = Math.min(NUMBERS - at, 1 + random.nextInt(random.nextBoolean() ? 50 : 60_000));
            if (random.nextInt(8) == 0) {
                numbers.asSlice(4L * at, 4L * some).fill((byte) 0);
                squares.skip(some);
            } else {
                squares.add(numbers.address() + 4L * at, some);
            }
            at += some;
        }
        return squares.sum();
    }

    private static double whole(SquareSum squares, MemorySegment numbers) {
        squares.clear();
        squares.add(numbers.address(), NUMBERS);
        return squares.sum();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void theSumIsTheSameToTheBitWithAnyThreadsAndPieces(int threads) {
        assumeTrue(team.isPresent(), "libtorch's OpenMP is not known");
        torch.setThreads(threads);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment numbers = numbers(arena);
            double pieces = inPieces(new SquareSum(team), numbers);
            double expected = 0;
            for (int i = 0; i < NUMBERS; i++) {
                double value = numbers.getAtIndex(JAVA_FLOAT, i);
                expected += value * value;
            }
            assertThat(pieces).isEqualTo(whole(new SquareSum(team), numbers))
                    .isEqualTo(whole(new SquareSum(Optional.empty()), numbers))
                    .isEqualTo(inPieces(new SquareSum(Optional.empty()), numbers))
                    .isCloseTo(expected, within(1e-6 * expected));
        }
    }

    @Test
    void eachSumStartsFromNothing() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment numbers = numbers(arena);
            SquareSum squares = new SquareSum(team);
            double first = whole(squares, numbers);
            assertThat(whole(squares, numbers)).isEqualTo(first);
            squares.clear();
            squares.skip(7);
            assertThat(squares.sum()).isZero();
        }
    }
}
