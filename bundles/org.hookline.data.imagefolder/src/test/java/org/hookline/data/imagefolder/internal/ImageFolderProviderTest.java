// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.imagefolder.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.options.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderProviderTest {
    @TempDir
    Path folder;

    private void picture(String file, int left, int right) throws IOException {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, left);
        image.setRGB(1, 0, right);
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        ImageIO.write(image, "png", path.toFile());
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
        FloatBuffer out = FloatBuffer.allocate(6);
        data.splits().get(split).readFeatures(index, out, random);
        return out.array();
    }

    @Test
    void aFolderIsAClassAndChannelsComeOneAfterAnother() throws IOException {
        picture("train/cat/1.png", 0xff0000, 0x00ff00);
        picture("train/dog/1.png", 0x0000ff, 0);
        picture("test/dog/9.png", 0, 0);
        Dataset data = open();
        assertThat(data.spec().classes()).containsExactly("cat", "dog");
        assertThat(data.spec().features()).isEqualTo(new Shape(3, 1, 2));
        assertThat(data.splits()).containsOnlyKeys("train", "test");
        assertThat(features(data, "train", 0, 0)).containsExactly(1, 0, 0, 1, 0, 0);
    }

    @Test
    void flipMirrorsTrainingPicturesAndNeverEvaluation() throws IOException {
        picture("train/cat/1.png", 0xff0000, 0);
        picture("train/dog/1.png", 0, 0);
        picture("test/cat/1.png", 0xff0000, 0);
        Dataset data = open("augment", "flip");
        assertThat(features(data, "train", 0, -1)).startsWith(0, 1);
        assertThat(features(data, "train", 0, 1)).startsWith(1, 0);
        assertThat(features(data, "test", 0, -1)).startsWith(1, 0);
    }

    @Test
    void withoutATrainFolderAPartIsHeldOut() throws IOException {
        for (int i = 0; i < 5; i++) {
            picture("a/" + i + ".png", 0, 0);
            picture("b/" + i + ".png", 0, 0);
        }
        Dataset data = open();
        assertThat(data.splits().get("train").size()).isEqualTo(8);
        assertThat(data.splits().get("validation").size()).isEqualTo(2);
    }

    @Test
    void mistakesNameTheFile() throws IOException {
        picture("train/cat/1.png", 0, 0);
        picture("train/dog/1.png", 0, 0);
        Files.writeString(folder.resolve("train/cat/2.png"), "no picture");
        assertThatThrownBy(() -> open()).isInstanceOf(UserError.class).hasMessageContaining("2.png cannot be read");
        assertThat(open("unreadable", "skip").splits().get("train").size()).isEqualTo(2);
        picture("test/bird/1.png", 0, 0);
        assertThatThrownBy(() -> open("unreadable", "skip")).hasMessageContaining("is a class that");
        assertThatThrownBy(() -> open("folder", "absent")).hasMessageContaining("there is no folder");
    }
}
