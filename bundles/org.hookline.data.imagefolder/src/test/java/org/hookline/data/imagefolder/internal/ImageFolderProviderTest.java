// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.imagefolder.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.Shape;
import java.awt.image.BufferedImage;
import java.io.IOException;
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
import java.util.Random;
import java.util.Set;
import javax.imageio.ImageIO;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.Split;
import org.hookline.api.options.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderProviderTest {
    @TempDir
    Path folder;

    /** Writes a picture of one row. */
    private void picture(String file, int... row) throws IOException {
        BufferedImage image = new BufferedImage(row.length, 1, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, row.length, 1, row, 0, row.length);
        write(file, image);
    }

    private Path write(String file, BufferedImage image) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        String format = file.substring(file.lastIndexOf('.') + 1);
        assertThat(ImageIO.write(image, format, path.toFile())).as(format).isTrue();
        return path;
    }

    private Dataset open(Object... options) throws IOException {
        Map<String, Object> given = new HashMap<>(Map.of("folder", folder.toString(), "size", List.of(1, 2),
                "mean", 0, "std", 1));
        for (int i = 0; i < options.length; i += 2) {
            given.put((String) options[i], options[i + 1]);
        }
        ImageFolderProvider provider = new ImageFolderProvider();
        return provider.open(Options.of("data set image-folder", folder, provider.options(), given));
    }

    private static float[] features(Dataset data, String split, int index, long random) {
        FloatBuffer out = FloatBuffer.allocate((int) data.spec().features().size());
        data.splits().get(split).readFeatures(index, out, random);
        assertThat(out.remaining()).isZero();
        return out.array();
    }

    private static int label(Split split, int index) {
        LongBuffer out = LongBuffer.allocate(1);
        split.readClass(index, out);
        return (int) out.get(0);
    }

    @Test
    void aFolderIsAClassAndChannelsComeOneAfterAnother() throws IOException {
        picture("train/cat/1.png", 0xff0000, 0x00ff00);
        picture("train/dog/1.png", 0x0000ff, 0);
        picture("test/dog/9.png", 0, 0);
        Dataset data = open();
        assertThat(data.spec().classes()).containsExactly("cat", "dog");
        assertThat(data.spec().features()).isEqualTo(new Shape(3, 1, 2));
        assertThat(data.splits().keySet()).containsExactly("train", "test");
        assertThat(features(data, "train", 0, 0)).containsExactly(1, 0, 0, 1, 0, 0);
        assertThat(label(data.splits().get("train"), 1)).isEqualTo(1);
        assertThat(label(data.splits().get("test"), 0)).isEqualTo(1);
    }

    @Test
    void picturesComeInTheOrderOfTheirNames() throws IOException {
        picture("b/2.png", 0x020202, 0);
        picture("b/10.PNG", 0x101010, 0);
        picture("b/below/1.png", 0x303030, 0);
        picture("a/z.png", 0x999999, 0);
        Files.writeString(folder.resolve("b/notes.txt"), "no picture");
        Files.writeString(folder.resolve("b/._2.png"), "another system's note");
        Files.createDirectory(folder.resolve(".thumbnails"));
        Dataset data = open("validation", 0);
        List<Integer> values = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            values.add(Math.round(features(data, "train", i, 0)[0] * 255));
        }
        assertThat(values).containsExactly(0x99, 0x10, 0x02, 0x30);
    }

    @Test
    void everyKindOfFileIsRead() throws IOException {
        for (String kind : List.of("png", "gif", "bmp", "jpg", "tif")) {
            picture("a/1." + kind, 0xc83264, 0xc83264);
        }
        picture("b/1.png", 0, 0);
        Dataset data = open("validation", 0);
        assertThat(data.splits().get("train").size()).isEqualTo(6);
        for (int i = 0; i < 5; i++) {
            float[] got = features(data, "train", i, 0);
            assertThat(got[0]).isCloseTo(200 / 255f, within(0.03f));
            assertThat(got[2]).isCloseTo(50 / 255f, within(0.03f));
            assertThat(got[4]).isCloseTo(100 / 255f, within(0.03f));
        }
    }

    @Test
    void greyFilesKeepTheirValues() throws IOException {
        // Java's own conversion would make 128 of them 188.
        for (int type : new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY}) {
            BufferedImage image = new BufferedImage(2, 1, type);
            int full = type == BufferedImage.TYPE_BYTE_GRAY ? 255 : 65535;
            image.getRaster().setSample(0, 0, 0, full * 128 / 255);
            image.getRaster().setSample(1, 0, 0, full);
            write("a/" + type + ".png", image);
        }
        picture("b/1.png", 0, 0);
        Dataset data = open("validation", 0);
        for (int i = 0; i < 2; i++) {
            assertThat(features(data, "train", i, 0)).containsExactly(
                    new float[] {128 / 255f, 1, 128 / 255f, 1, 128 / 255f, 1}, within(1e-6f));
        }
        assertThat(features(open("validation", 0, "color", "gray"), "train", 0, 0)).containsExactly(
                new float[] {128 / 255f, 1}, within(1e-6f));
    }

    @Test
    void coloursBecomeGreyByTheirBrightness() throws IOException {
        picture("a/1.png", 0xff0000, 0x0000ff);
        picture("b/1.png", 0x00ff00, 0xffffff);
        Dataset data = open("validation", 0, "color", "gray");
        assertThat(data.spec().features()).isEqualTo(new Shape(1, 1, 2));
        assertThat(features(data, "train", 0, 0)).containsExactly(new float[] {0.299f, 0.114f}, within(0.003f));
        assertThat(features(data, "train", 1, 0)).containsExactly(new float[] {0.587f, 1}, within(0.003f));
    }

    @Test
    void whatIsTransparentLiesOnWhite() throws IOException {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0x00ff0000);
        image.setRGB(1, 0, 0x80000000);
        write("a/1.png", image);
        picture("b/1.png", 0, 0);
        assertThat(features(open("validation", 0), "train", 0, 0)).containsExactly(
                new float[] {1, 127 / 255f, 1, 127 / 255f, 1, 127 / 255f}, within(1e-6f));
    }

    @Test
    void aSmallerSizeIsTheMeanOfAllPixels() throws IOException {
        // Stripes that skipping would see as all black or all white.
        int[] stripes = new int[64];
        for (int i = 0; i < 64; i += 2) {
            stripes[i] = 0xffffff;
        }
        picture("a/1.png", stripes);
        picture("b/1.png", stripes);
        float[] got = features(open("validation", 0, "fit", "stretch"), "train", 0, 0);
        for (float v : got) {
            assertThat(v).isCloseTo(0.5f, within(0.02f));
        }
    }

    @Test
    void otherProportionsAreCroppedOrStretched() throws IOException {
        // Red, then 2 of green in the middle, then blue.
        picture("a/1.png", 0xff0000, 0x00ff00, 0x00ff00, 0x0000ff);
        picture("b/1.png", 0, 0);
        assertThat(features(open("validation", 0), "train", 0, 0)).containsExactly(0, 0, 1, 1, 0, 0);
        assertThat(features(open("validation", 0, "size", List.of(1, 1)), "train", 0, 0)).containsExactly(0, 1, 0);
        float[] stretched = features(open("validation", 0, "size", 1, "fit", "stretch"), "train", 0, 0);
        // All four take part, with a triangle's weights 5, 7, 7, 5.
        assertThat(stretched).containsExactly(new float[] {5 / 24f, 14 / 24f, 5 / 24f}, within(0.003f));
    }

    @Test
    void aLargerSizeIsInterpolated() throws IOException {
        picture("a/1.png", 0, 0xffffff);
        picture("b/1.png", 0, 0);
        float[] got = features(open("validation", 0, "size", List.of(2, 4), "fit", "stretch", "color", "gray"),
                "train", 0, 0);
        assertThat(got).containsExactly(new float[] {0, 0.25f, 0.75f, 1, 0, 0.25f, 0.75f, 1}, within(0.003f));
    }

    @Test
    void aSampleOfItsOwnSizeIsUnchanged() throws IOException {
        BufferedImage image = new BufferedImage(5, 7, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 7; y++) {
            for (int x = 0; x < 5; x++) {
                image.setRGB(x, y, (y * 35 + x * 9) * 0x010101);
            }
        }
        write("a/1.png", image);
        picture("b/1.png", 0, 0);
        float[] got = features(open("validation", 0, "size", List.of(7, 5)), "train", 0, 0);
        for (int i = 0; i < got.length; i++) {
            assertThat(got[i]).isEqualTo((i % 35 / 5 * 35 + i % 5 * 9) / 255f);
        }
    }

    @Test
    void channelsAreNormalisedEachWithItsOwnNumbers() throws IOException {
        picture("a/1.png", 0xffffff, 0);
        picture("b/1.png", 0, 0);
        Dataset data = open("validation", 0, "mean", List.of(0, 0.5, 1), "std", List.of(1, 0.5, 2));
        assertThat(features(data, "train", 0, 0)).containsExactly(1, 0, 1, -1, 0, -0.5f);
        assertThat(features(open("validation", 0, "mean", 0.5, "std", List.of(0.25)), "train", 0, 0))
                .containsExactly(2, -2, 2, -2, 2, -2);
        assertThatThrownBy(() -> open("mean", List.of(1, 2))).isInstanceOf(UserError.class)
                .hasMessageContaining("option 'mean' has 2 numbers, expected 1 or 3");
        assertThatThrownBy(() -> open("std", 0)).isInstanceOf(UserError.class)
                .hasMessageContaining("option 'std' has 0.0, expected a number above 0");
    }

    @Test
    void flipMirrorsHalfOfTheTrainingPicturesAndNeverEvaluation() throws IOException {
        picture("train/cat/1.png", 0xff0000, 0);
        picture("train/dog/1.png", 0, 0);
        picture("test/cat/1.png", 0xff0000, 0);
        Dataset data = open("augment", "flip");
        int mirrored = 0;
        for (long random = 1; random <= 1000; random++) {
            float[] got = features(data, "train", 0, random);
            assertThat(got).isEqualTo(features(data, "train", 0, random));
            mirrored += got[1] == 1 ? 1 : 0;
            assertThat(features(data, "test", 0, random)).startsWith(1, 0);
        }
        assertThat(mirrored).isBetween(430, 570);
        assertThat(features(data, "train", 0, 0)).startsWith(1, 0);
    }

    @Test
    void cropTakesPartsAtEveryPlaceAndTheMiddleForEvaluation() throws IOException {
        int[] ramp = {0x000000, 0x202020, 0x404040, 0x606060, 0x808080, 0xa0a0a0, 0xc0c0c0, 0xe0e0e0, 0xf0f0f0};
        BufferedImage image = new BufferedImage(9, 9, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 9; y++) {
            image.setRGB(0, y, 9, 1, ramp, 0, 9);
        }
        write("a/1.png", image);
        write("b/1.png", image);
        Dataset data = open("validation", 0.5, "augment", List.of("crop"), "size", List.of(8, 8), "color", "gray");
        Set<Float> firsts = new HashSet<>();
        for (long random = 1; random < 100; random++) {
            firsts.add(features(data, "train", 0, random)[0]);
        }
        assertThat(firsts).containsExactlyInAnyOrder(0f, 0x20 / 255f);
        assertThat(features(data, "train", 0, 0)[0]).isZero();
    }

    @Test
    void withoutATrainFolderAPartIsHeldOut() throws IOException {
        for (int i = 0; i < 5; i++) {
            picture("a/" + i + ".png", i, 0);
            picture("b/" + i + ".png", i + 5, 0);
        }
        Dataset data = open();
        Split validation = data.splits().get("validation");
        assertThat(data.splits().get("train").size()).isEqualTo(8);
        assertThat(validation.size()).isEqualTo(2);
        assertThat(label(validation, 0)).isZero();
        assertThat(label(validation, 1)).isEqualTo(1);
        Set<Float> seen = new HashSet<>();
        for (String split : data.splits().keySet()) {
            for (int i = 0; i < data.splits().get(split).size(); i++) {
                seen.add(features(data, split, i, 0)[4]);
            }
        }
        assertThat(seen).hasSize(10);
    }

    @Test
    void foldersForValidationAndTestAreSplits() throws IOException {
        picture("train/a/1.png", 0, 0);
        picture("train/b/1.png", 0, 0);
        picture("val/b/1.png", 0, 0);
        Dataset data = open();
        assertThat(data.splits().keySet()).containsExactly("train", "validation");
        assertThat(data.splits().get("train").size()).isEqualTo(2);
        picture("test/a/1.png", 0, 0);
        assertThat(open().splits().keySet()).containsExactly("train", "validation", "test");
    }

    @Test
    void withoutACacheFilesAreReadAgain() throws IOException {
        picture("a/1.png", 0xff0000, 0);
        picture("b/1.png", 0, 0);
        Dataset data = open("validation", 0, "cache", false);
        assertThat(features(data, "train", 0, 0)).startsWith(1, 0);
        picture("a/1.png", 0, 0xff0000);
        assertThat(features(data, "train", 0, 0)).startsWith(0, 1);
        Files.delete(folder.resolve("a/1.png"));
        assertThatThrownBy(() -> features(data, "train", 0, 0)).isInstanceOf(UserError.class)
                .hasMessageContaining(folder.resolve("a/1.png") + " cannot be read");
    }

    @Test
    void damagedFilesAreNamedOrLeftOut() throws IOException {
        picture("b/1.png", 0, 0);
        BufferedImage noise = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(3);
        for (int i = 0; i < 64 * 64; i++) {
            noise.setRGB(i % 64, i / 64, random.nextInt());
        }
        for (String kind : List.of("png", "jpg", "gif", "bmp")) {
            byte[] whole = Files.readAllBytes(write("a/1." + kind, noise));
            for (int length : new int[] {0, 10, whole.length / 2, whole.length * 9 / 10}) {
                Files.write(folder.resolve("a/1." + kind), Arrays.copyOf(whole, length));
                assertThatThrownBy(() -> open("validation", 0)).as("%s of %d bytes", kind, length)
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining(folder.resolve("a/1." + kind) + " cannot be read (")
                        .hasMessageEndingWith("); remove it, or set the option 'unreadable' to skip");
            }
            Files.delete(folder.resolve("a/1." + kind));
        }
        picture("a/0.png", 0, 0);
        Files.writeString(folder.resolve("a/1.png"), "<html>404</html>");
        assertThatThrownBy(() -> open()).isInstanceOf(UserError.class)
                .hasMessageContaining("it is no PNG, JPEG, GIF, BMP or TIFF file");
        assertThat(open("validation", 0, "unreadable", "skip").splits().get("train").size()).isEqualTo(2);
        assertThat(open("validation", 0, "unreadable", "skip", "cache", false).splits().get("train").size())
                .isEqualTo(2);
    }

    @Test
    void foldersThatAreNoDataSetAreRefused() throws IOException {
        assertThatThrownBy(() -> open("folder", "absent")).isInstanceOf(UserError.class)
                .hasMessage("data set image-folder: there is no folder " + folder.resolve("absent")
                        + ", expected a folder of class folders; " + folder + " has no folder");
        assertThatThrownBy(() -> open()).isInstanceOf(UserError.class)
                .hasMessageContaining("has no folder, expected one for each of two or more classes");
        picture("cat/1.png", 0, 0);
        assertThatThrownBy(() -> open()).isInstanceOf(UserError.class)
                .hasMessageContaining("has the folder cat only");
        Files.createDirectory(folder.resolve("dog"));
        assertThatThrownBy(() -> open()).isInstanceOf(UserError.class)
                .hasMessageContaining("the class folder " + folder.resolve("dog") + " has no picture");
    }

    @Test
    void aClassThatTrainingDoesNotHaveIsRefused() throws IOException {
        picture("train/cat/1.png", 0, 0);
        picture("train/dog/1.png", 0, 0);
        picture("test/dogs/1.png", 0, 0);
        assertThatThrownBy(() -> open()).isInstanceOf(UserError.class)
                .hasMessageContaining(folder.resolve("test/dogs") + " is a class that the training pictures do not have"
                        + "; did you mean 'dog'?");
    }

    @Test
    void optionsThatDoNotFitAreTheUsersError() throws IOException {
        picture("a/1.png", 0, 0);
        picture("b/1.png", 0, 0);
        assertThatThrownBy(() -> open("size", List.of(1, 2, 3))).isInstanceOf(UserError.class)
                .hasMessageContaining("option 'size' is [1, 2, 3], expected height and width");
        assertThatThrownBy(() -> open("size", List.of(0))).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> open("augment", "flop")).isInstanceOf(UserError.class)
                .hasMessageContaining("did you mean 'flip'?");
        assertThatThrownBy(() -> open("color", "grey")).isInstanceOf(UserError.class)
                .hasMessageContaining("did you mean 'gray'?");
    }
}
