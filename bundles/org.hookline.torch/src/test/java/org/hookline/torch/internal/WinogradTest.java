// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.pytorch.jni.LibUtils;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The three passes; against their definitions, worked out in double, at places drawn by lot. */
class WinogradTest {
    private static final int PLACES = 200;

    private final Random random = new Random(1);
    private final Torch torch = TorchLoader.load();

    @ParameterizedTest
    @CsvSource({"2, 8, 8, 64, 64", "3, 7, 9, 64, 96", "1, 2, 33, 80, 16", "9, 4, 5, 16, 144", "2, 3, 2, 256, 64"})
    void passesAreThoseOfTheDefinition(int batch, int height, int width, int in, int out) {
        Winograd winograd = new Winograd(openBlas().find("sgemm_").orElseThrow(), Optional.empty());
        Winograd.Sizes sizes = new Winograd.Sizes(batch, height, width, in, out);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment images = numbers(arena, batch * height * width * in);
            MemorySegment weights = numbers(arena, out * 9 * in);
            MemorySegment gradients = numbers(arena, batch * height * width * out);
            List<MemorySegment> passes = passes(winograd, sizes, images, weights, gradients, arena);
            MemorySegment results = passes.get(0);
            MemorySegment imageGradients = passes.get(1);
            MemorySegment weightGradients = passes.get(2);

            for (int i = 0; i < PLACES; i++) {
                int image = random.nextInt(batch);
                int y = random.nextInt(height);
                int x = random.nextInt(width);
                int c = random.nextInt(in);
                int k = random.nextInt(out);
                int tap = random.nextInt(9);
                double result = 0;
                double imageGradient = 0;
                for (int t = 0; t < 9; t++) {
                    int dy = t / 3 - 1;
                    int dx = t % 3 - 1;
                    for (int j = 0; j < in; j++) {
                        result += pixel(images, sizes, image, y + dy, x + dx, j, in)
                                * at(weights, (k * 9 + t) * in + j);
                    }
                    for (int j = 0; j < out; j++) {
                        imageGradient += pixel(gradients, sizes, image, y - dy, x - dx, j, out)
                                * at(weights, (j * 9 + t) * in + c);
                    }
                }
                double weightGradient = 0;
                for (int p = 0; p < batch * height * width; p++) {
                    weightGradient += at(gradients, p * out + k) * pixel(images, sizes, p / (height * width),
                            p / width % height + tap / 3 - 1, p % width + tap % 3 - 1, c, in);
                }
                int pixel = (image * height + y) * width + x;
                assertThat(at(results, pixel * out + k)).isCloseTo(result, within(1e-4));
                assertThat(at(imageGradients, pixel * in + c)).isCloseTo(imageGradient, within(1e-4));
                assertThat(at(weightGradients, (k * 9 + tap) * in + c)).isCloseTo(weightGradient, within(1e-4));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 8, 8, 64, 64", "3, 7, 9, 64, 96", "1, 2, 33, 80, 16", "9, 4, 5, 16, 144"})
    void resultsAreTheSameWithAnyNumberOfThreads(int batch, int height, int width, int in, int out) {
        Optional<Team> team = Team.of(Symbols.in(Path.of(LibUtils.getLibtorchPath())));
        assumeTrue(team.isPresent(), "libtorch's OpenMP is not known");
        SymbolLookup openBlas = openBlas();
        String kernels = OpenBlas.text(openBlas, "openblas_get_corename");
        assumeTrue(OpenBlas.isUnpacked(kernels), () -> "these kernels sum otherwise at edges: " + kernels);
        Winograd winograd = new Winograd(openBlas.find("sgemm_").orElseThrow(), team);
        int threadsBefore = torch.threads();
        Winograd.Sizes sizes = new Winograd.Sizes(batch, height, width, in, out);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment images = numbers(arena, batch * height * width * in);
            MemorySegment weights = numbers(arena, out * 9 * in);
            MemorySegment gradients = numbers(arena, batch * height * width * out);
            List<float[]> expected = null;
            for (int threads = 1; threads <= 5; threads++) {
                torch.setThreads(threads);
                List<float[]> all = passes(winograd, sizes, images, weights, gradients, arena).stream()
                        .map(pass -> pass.toArray(JAVA_FLOAT)).toList();
                if (expected == null) {
                    expected = all;
                }
                for (int i = 0; i < all.size(); i++) {
                    assertThat(all.get(i)).as("pass %d with %d threads", i, threads).isEqualTo(expected.get(i));
                }
            }
        } finally {
            torch.setThreads(threadsBefore);
        }
    }

    /** The results, the gradients of the images and those of the weights, written over whatever was there. */
    private List<MemorySegment> passes(Winograd winograd, Winograd.Sizes sizes, MemorySegment images,
            MemorySegment weights, MemorySegment gradients, Arena arena) {
        MemorySegment results = numbers(arena, (int) (gradients.byteSize() / 4));
        MemorySegment imageGradients = numbers(arena, (int) (images.byteSize() / 4));
        MemorySegment weightGradients = numbers(arena, (int) (weights.byteSize() / 4));
        winograd.forward(sizes, images.address(), weights.address(), results.address());
        winograd.backwardImages(sizes, gradients.address(), weights.address(), imageGradients.address());
        winograd.backwardWeights(sizes, images.address(), gradients.address(), weightGradients.address());
        return List.of(results, imageGradients, weightGradients);
    }

    private static SymbolLookup openBlas() {
        Path library = Path.of(System.getenv("PYTORCH_LIBRARY_PATH")).resolveSibling("openblas/libopenblas.so.0");
        assumeTrue(Files.isRegularFile(library), () -> library + " is not there");
        return SymbolLookup.libraryLookup(library, Arena.global());
    }

    private MemorySegment numbers(Arena arena, int count) {
        MemorySegment numbers = arena.allocate(4L * count, 64);
        for (int i = 0; i < count; i++) {
            numbers.setAtIndex(JAVA_FLOAT, i, random.nextFloat() - 0.5f);
        }
        return numbers;
    }

    private static double at(MemorySegment numbers, int index) {
        return numbers.getAtIndex(JAVA_FLOAT, index);
    }

    /** Zero outside of the image. */
    private static double pixel(MemorySegment images, Winograd.Sizes sizes, int image, int y, int x, int channel,
            int channels) {
        return y < 0 || x < 0 || y >= sizes.height() || x >= sizes.width() ? 0
                : at(images, ((image * sizes.height() + y) * sizes.width() + x) * channels + channel);
    }
}
