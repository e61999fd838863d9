// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.idx.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.data.Split;
import org.hookline.api.options.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxProviderTest {
    private static final int PIXELS = IdxFiles.HEIGHT * IdxFiles.WIDTH;

    @TempDir
    Path folder;

    private Dataset open(Map<String, ?> options) throws IOException {
        return open(new IdxProvider(), "data set idx", options);
    }

    private Dataset open(DatasetProvider provider, String owner, Map<String, ?> options) throws IOException {
        Map<String, Object> all = new HashMap<>(Map.of("folder", folder.toString()));
        all.putAll(options);
        return provider.open(Options.of(owner, Path.of("."), provider.options(), all));
    }

    private static float[] features(Split split, int index, long random) {
        FloatBuffer out = FloatBuffer.allocate(PIXELS);
        split.readFeatures(index, out, random);
        assertThat(out.remaining()).isZero();
        return out.array();
    }

    private static int label(Split split, int index) {
        LongBuffer out = LongBuffer.allocate(1);
        split.readClass(index, out);
        return (int) out.get(0);
    }

    private static float[] expected(int sample) {
        float[] values = new float[PIXELS];
        for (int i = 0; i < PIXELS; i++) {
            values[i] = IdxFiles.pixel(sample, i / IdxFiles.WIDTH, i % IdxFiles.WIDTH) / 255f;
        }
        return values;
    }

    @Test
    void pixelsAndLabelsComeBackInOrder() throws IOException {
        IdxFiles.write(folder, 9, 4);
        try (Dataset data = open(Map.of("mean", 0, "std", 1))) {
            assertThat(data.spec().features()).isEqualTo(new Shape(1, 4, 3));
            assertThat(data.spec().classes()).containsExactly("0", "1", "2");
            assertThat(data.splits().keySet()).containsExactly("train", "test");
            Split train = data.splits().get("train");
            assertThat(train.size()).isEqualTo(9);
            assertThat(data.splits().get("test").size()).isEqualTo(4);
            for (int i = 0; i < 9; i++) {
                assertThat(features(train, i, 99)).containsExactly(expected(i), within(1e-6f));
                assertThat(label(train, i)).isEqualTo(i % 3);
            }
        }
    }

    @Test
    void aSampleIsWrittenAtTheBuffersPosition() throws IOException {
        IdxFiles.write(folder, 3, 1);
        try (Dataset data = open(Map.of("mean", 0, "std", 1))) {
            FloatBuffer direct = ByteBuffer.allocateDirect(4 * (5 + 2 * PIXELS)).order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
            direct.position(5);
            data.splits().get("train").readFeatures(2, direct, 1);
            data.splits().get("train").readFeatures(1, direct, 1);
            assertThat(direct.remaining()).isZero();
            assertThat(direct.get(4)).isZero();
            assertThat(direct.get(5)).isEqualTo(expected(2)[0]);
            assertThat(direct.get(5 + PIXELS)).isEqualTo(expected(1)[0]);
        }
    }

    @Test
    void compressedFilesAndOtherSpellingsAreFound() throws IOException {
        Files.write(folder.resolve("emnist-letters-train-images-idx3-ubyte.gz"),
                IdxFiles.gzip(IdxFiles.images(6)));
        Files.write(folder.resolve("emnist-letters-train-labels-idx1-ubyte.gz"),
                IdxFiles.gzip(IdxFiles.labels(6)));
        Files.write(folder.resolve("t10k-images.idx3-ubyte"), IdxFiles.images(3));
        Files.write(folder.resolve("t10k-labels.idx1-ubyte"), IdxFiles.labels(3));
        Files.writeString(folder.resolve("README"), "not data");
        try (Dataset data = open(Map.of("mean", 0, "std", 1))) {
            assertThat(features(data.splits().get("train"), 5, 1)).containsExactly(expected(5), within(1e-6f));
            assertThat(data.splits().get("test").size()).isEqualTo(3);
        }
    }

    @Test
    void theUnpackedFileIsTakenWhereBothAreThere() throws IOException {
        IdxFiles.write(folder, 6, 3);
        Files.write(folder.resolve("train-images-idx3-ubyte.gz"), new byte[] {1, 2, 3});
        try (Dataset data = open(Map.of())) {
            assertThat(data.splits().get("train").size()).isEqualTo(6);
        }
    }

    @Test
    void withoutNumbersTheTrainingImagesAreStandardised() throws IOException {
        IdxFiles.write(folder, 30, 3);
        try (Dataset data = open(Map.of())) {
            double sum = 0;
            double square = 0;
            for (int i = 0; i < 30; i++) {
                for (float v : features(data.splits().get("train"), i, 1)) {
                    sum += v;
                    square += v * v;
                }
            }
            assertThat(sum / (30 * PIXELS)).isCloseTo(0, within(1e-5));
            assertThat(square / (30 * PIXELS)).isCloseTo(1, within(1e-5));
        }
    }

    @Test
    void imagesOfOneGreyGiveNoInfinity() throws IOException {
        IdxFiles.write(folder, 3, 3);
        Files.write(folder.resolve("train-images-idx3-ubyte"), IdxFiles.idx(new int[] {3, 4, 3}, i -> 7));
        try (Dataset data = open(Map.of())) {
            assertThat(features(data.splits().get("train"), 0, 1)).containsOnly(0f);
            assertThat(features(data.splits().get("test"), 0, 1)).doesNotContain(Float.NaN, Float.POSITIVE_INFINITY);
        }
    }

    @Test
    void fashionMnistHasItsClassesAndItsNormalisation() throws IOException {
        IdxFiles.write(folder, 6, 3);
        try (Dataset data = open(new FashionMnistProvider(), "data set fashion-mnist", Map.of())) {
            assertThat(data.spec().classes()).hasSize(10).startsWith("T-shirt/top").endsWith("Ankle boot");
            assertThat(features(data.splits().get("train"), 0, 1)[0]).isCloseTo((1 / 255f - 0.286f) / 0.353f,
                    within(1e-5f));
        }
    }

    @Test
    void validationImagesAreHeldOutOfTrainingByClass() throws IOException {
        IdxFiles.write(folder, 60, 3);
        try (Dataset data = open(Map.of("validation", 0.2))) {
            Split validation = data.splits().get("validation");
            Split train = data.splits().get("train");
            assertThat(validation.size()).isEqualTo(12);
            assertThat(train.size()).isEqualTo(48);
            int[] counts = new int[3];
            Set<String> seen = new HashSet<>();
            for (int i = 0; i < 12; i++) {
                counts[label(validation, i)]++;
                seen.add(Arrays.toString(features(validation, i, 0)));
            }
            assertThat(counts).containsExactly(4, 4, 4);
            for (int i = 0; i < 48; i++) {
                seen.add(Arrays.toString(features(train, i, 0)));
            }
            assertThat(seen).hasSize(60);
        }
    }

    @Test
    void aLimitTakesTheFirstTrainingImages() throws IOException {
        IdxFiles.write(folder, 20, 7);
        try (Dataset data = open(Map.of("limit", 5, "mean", 0, "std", 1))) {
            assertThat(data.splits().get("train").size()).isEqualTo(5);
            assertThat(features(data.splits().get("train"), 4, 0)).containsExactly(expected(4), within(1e-6f));
            assertThat(data.splits().get("test").size()).isEqualTo(7);
        }
    }

    @Test
    void aLimitAboveAllImagesIsAllImages() throws IOException {
        IdxFiles.write(folder, 20, 7);
        try (Dataset data = open(Map.of("limit", 500))) {
            assertThat(data.splits().get("train").size()).isEqualTo(20);
        }
    }

    @Test
    void flipMirrorsHalfOfTheTrainingImages() throws IOException {
        IdxFiles.write(folder, 3, 3);
        try (Dataset data = open(Map.of("augment", "flip", "mean", 0, "std", 1))) {
            Split train = data.splits().get("train");
            float[] plain = expected(1);
            float[] mirrored = new float[PIXELS];
            for (int i = 0; i < PIXELS; i++) {
                mirrored[i] = plain[i / 3 * 3 + 2 - i % 3];
            }
            int flipped = 0;
            for (long random = 1; random <= 1000; random++) {
                float[] got = features(train, 1, random);
                assertThat(got).isEqualTo(features(train, 1, random));
                if (Arrays.equals(got, mirrored)) {
                    flipped++;
                } else {
                    assertThat(got).isEqualTo(plain);
                }
            }
            assertThat(flipped).isBetween(430, 570);
        }
    }

    @Test
    void shiftMovesTheImageAndFillsWithTheValueZero() throws IOException {
        IdxFiles.write(folder, 3, 3);
        try (Dataset data = open(Map.of("augment", List.of("shift"), "max_shift", 1, "mean", 0, "std", 1))) {
            Split train = data.splits().get("train");
            Set<List<Integer>> shifts = new HashSet<>();
            for (long random = 1; random <= 300; random++) {
                shifts.add(shiftOf(features(train, 2, random), expected(2)));
            }
            List<List<Integer>> all = new ArrayList<>();
            for (int dy = -1; dy <= 1; dy++) {
                for (int dx = -1; dx <= 1; dx++) {
                    all.add(List.of(dy, dx));
                }
            }
            assertThat(shifts).containsExactlyInAnyOrderElementsOf(all);
        }
    }

    /** Finds the one shift that explains an image. */
    private static List<Integer> shiftOf(float[] got, float[] plain) {
        for (int dy = -1; dy <= 1; dy++) {
            for (int dx = -1; dx <= 1; dx++) {
                boolean fits = true;
                for (int y = 0; y < 4; y++) {
                    for (int x = 0; x < 3; x++) {
                        boolean inside = y - dy >= 0 && y - dy < 4 && x - dx >= 0 && x - dx < 3;
                        fits &= got[y * 3 + x] == (inside ? plain[(y - dy) * 3 + x - dx] : 0);
                    }
                }
                if (fits) {
                    return List.of(dy, dx);
                }
            }
        }
        throw new AssertionError("not a shifted image: " + Arrays.toString(got));
    }

    @Test
    void evaluationAndTheTestSplitAreNotAugmented() throws IOException {
        IdxFiles.write(folder, 3, 3);
        try (Dataset data = open(Map.of("augment", List.of("flip", "shift"), "mean", 0, "std", 1))) {
            assertThat(features(data.splits().get("train"), 1, 0)).containsExactly(expected(1), within(1e-6f));
            for (long random = 1; random < 20; random++) {
                assertThat(features(data.splits().get("test"), 1, random)).containsExactly(expected(1), within(1e-6f));
            }
        }
    }

    @Test
    void aMissingFolderSaysHowToGetTheData() throws IOException {
        Path file = Files.createFile(folder.resolve("train-images-idx3-ubyte"));
        for (Path wrong : List.of(folder.resolve("nowhere"), file)) {
            assertThatThrownBy(() -> open(new FashionMnistProvider(), "data set fashion-mnist",
                    Map.of("folder", wrong.toString()))).isInstanceOf(UserError.class)
                    .message().startsWith("data set fashion-mnist: " + (wrong == file ? file + " is a file"
                            : "there is no folder " + wrong) + ", expected the folder of its IDX files ('apt-get "
                            + "install dataset-fashion-mnist' makes /usr/share/datasets/fashion-mnist)");
        }
        assertThatThrownBy(() -> new IdxFolder("data set fashion-mnist", folder.resolve("nowhere"), "install it"))
                .isInstanceOf(UserError.class)
                .hasMessage("data set fashion-mnist: there is no folder " + folder.resolve("nowhere")
                        + "; install it");
    }

    @Test
    void aMissingFileIsNamed() throws IOException {
        IdxFiles.write(folder, 3, 3);
        Files.delete(folder.resolve("t10k-labels-idx1-ubyte"));
        assertThatThrownBy(() -> open(Map.of())).isInstanceOf(UserError.class)
                .hasMessageContaining(folder + " has no file t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz")
                .hasMessageContaining("t10k-images-idx3-ubyte");
    }

    @Test
    void twoDataSetsInOneFolderAreRefused() throws IOException {
        IdxFiles.write(folder, 3, 3);
        Files.write(folder.resolve("other-train-images-idx3-ubyte"), IdxFiles.images(3));
        assertThatThrownBy(() -> open(Map.of())).isInstanceOf(UserError.class)
                .hasMessageContaining("several files for train-images-idx3-ubyte");
    }

    @Test
    void aTruncatedFileIsNamedWithWhatIsMissing() throws IOException {
        IdxFiles.write(folder, 3, 3);
        Path file = folder.resolve("train-images-idx3-ubyte");
        Files.write(file, Arrays.copyOf(IdxFiles.images(3), 30));
        assertThatThrownBy(() -> open(Map.of())).isInstanceOf(UserError.class).hasMessage(
                file + " is truncated: its header says 36 bytes for the shape [3, 4, 3], it has 14; copy it again");
        Files.write(file, new byte[] {0, 0, 8, 3, 0});
        assertThatThrownBy(() -> open(Map.of())).isInstanceOf(UserError.class).hasMessageContaining("truncated");
        Files.write(file, new byte[0]);
        assertThatThrownBy(() -> open(Map.of())).isInstanceOf(UserError.class).hasMessageContaining("truncated");
    }

    @Test
    void aTruncatedOrDamagedArchiveIsNamed() throws IOException {
        IdxFiles.write(folder, 300, 3);
        Path file = folder.resolve("train-images-idx3-ubyte.gz");
        Files.delete(folder.resolve("train-images-idx3-ubyte"));
        byte[] archive = IdxFiles.gzip(IdxFiles.images(300));
        for (int length : new int[] {5, 40, archive.length / 2, archive.length - 4}) {
            Files.write(file, Arrays.copyOf(archive, length));
            assertThatThrownBy(() -> open(Map.of())).as("%d bytes", length).isInstanceOf(UserError.class)
                    .hasMessageStartingWith(file + " is truncated");
        }
        byte[] damaged = archive.clone();
        damaged[archive.length - 6] ^= 0x55;
        Files.write(file, damaged);
        assertThatThrownBy(() -> open(Map.of())).isInstanceOf(UserError.class).hasMessageContaining("damaged");
    }

    @Test
    void aFileThatGoesOnIsDamaged() throws IOException {
        IdxFiles.write(folder, 3, 3);
        Path file = folder.resolve("train-labels-idx1-ubyte");
        Files.write(file, Arrays.copyOf(IdxFiles.labels(3), 12));
        assertThatThrownBy(() -> open(Map.of())).isInstanceOf(UserError.class)
                .hasMessageContaining(file + " is damaged: it goes on behind the 3 bytes");
    }

    @Test
    void labelsWhereImagesShouldBeAreNotRead() throws IOException {
        IdxFiles.write(folder, 3, 3);
        Path file = folder.resolve("train-images-idx3-ubyte");
        Files.write(file, IdxFiles.labels(3));
        assertThatThrownBy(() -> open(Map.of())).isInstanceOf(UserError.class)
                .hasMessage(file + " does not hold images: it starts with 0x00000801, expected 0x00000803"
                        + " (IDX, unsigned bytes, 3 dimensions)");
    }

    @Test
    void aSizeThatCannotBeIsDamage() throws IOException {
        IdxFiles.write(folder, 3, 3);
        byte[] bytes = IdxFiles.images(3);
        bytes[8] = (byte) 0x80;
        Files.write(folder.resolve("train-images-idx3-ubyte"), bytes);
        assertThatThrownBy(() -> open(Map.of())).isInstanceOf(UserError.class)
                .hasMessageContaining("damaged: dimension 2 has the size -2147483644");
        Arrays.fill(bytes, 4, 16, (byte) 0x7f);
        Files.write(folder.resolve("train-images-idx3-ubyte"), bytes);
        assertThatThrownBy(() -> open(Map.of())).isInstanceOf(UserError.class)
                .hasMessageContaining("larger than 2 GiB");
    }

    @Test
    void differentNumbersOfImagesAndLabelsAreNamed() throws IOException {
        IdxFiles.write(folder, 3, 3);
        Files.write(folder.resolve("train-labels-idx1-ubyte"), IdxFiles.labels(4));
        for (int limit : new int[] {0, 2}) {
            assertThatThrownBy(() -> open(Map.of("limit", limit))).isInstanceOf(UserError.class)
                    .hasMessage(folder.resolve("train-images-idx3-ubyte") + " has 3 images, but "
                            + folder.resolve("train-labels-idx1-ubyte") + " has 4 labels; they do not belong together");
        }
    }

    @Test
    void trainingAndTestImagesMustBeOfOneSize() throws IOException {
        IdxFiles.write(folder, 3, 3);
        Files.write(folder.resolve("t10k-images-idx3-ubyte"), IdxFiles.idx(new int[] {3, 2, 2}, i -> i));
        assertThatThrownBy(() -> open(Map.of())).isInstanceOf(UserError.class)
                .hasMessageContaining("has images of 4x3").hasMessageContaining("of 2x2");
    }

    @Test
    void aLabelBeyondTheClassesIsNamed() throws IOException {
        IdxFiles.write(folder, 3, 3);
        assertThatThrownBy(() -> open(Map.of("classes", List.of("cat", "dog")))).isInstanceOf(UserError.class)
                .hasMessage(folder.resolve("train-labels-idx1-ubyte")
                        + " has the label 2, but there are 2 classes: cat, dog");
    }

    @Test
    void anUnknownAugmentationIsTheUsersError() throws IOException {
        IdxFiles.write(folder, 3, 3);
        assertThatThrownBy(() -> open(Map.of("augment", "flop"))).isInstanceOf(UserError.class)
                .hasMessage("data set idx: option 'augment' has 'flop'; did you mean 'flip'?"
                        + " (there are: none, flip, shift)");
    }
}
