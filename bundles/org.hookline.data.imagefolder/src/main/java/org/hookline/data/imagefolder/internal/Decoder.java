// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.imagefolder.internal;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads picture files with the JDK's own readers, from memory: nothing is written to temporary files.
 *
 * @param height of the result
 * @param width of the result
 * @param grey whether one channel; otherwise three
 * @param crop whether the middle is taken; otherwise all is stretched
 */
record Decoder(int height, int width, boolean grey, boolean crop) {

    int channels() {
        return grey ? 1 : 3;
    }

    /**
     * Reads a picture in the wanted size.
     *
     * @param file the file
     * @return its bytes, channel after channel
     * @throws IOException if it is no whole picture; the message says why, without the file's name
     */
    byte[] read(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        List<String> warnings = new ArrayList<>();
        BufferedImage image = with(content, reader -> {
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            return reader.read(0);
        });
        for (String warning : warnings) {
            // The JPEG reader fills the rest of a truncated picture with grey and says so here only.
            if (warning.toLowerCase(Locale.ROOT).contains("premature end")) {
                throw new IOException("the file is truncated");
            }
        }
        return Planes.of(image, grey).scaled(height, width, crop);
    }

    /**
     * Looks whether a file starts like a picture.
     *
     * @throws IOException if not
     */
    void check(Path file) throws IOException {
        with(Files.readAllBytes(file), reader -> reader.getWidth(0) * reader.getHeight(0));
    }

    private interface Use<T> {
        T of(ImageReader reader) throws IOException;
    }

    private static <T> T with(byte[] content, Use<T> use) throws IOException {
        if (content.length == 0) {
            throw new IOException("the file is empty");
        }
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(content))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw new IOException("it is no PNG, JPEG, GIF, BMP or TIFF file");
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(in, true, true);
                return use.of(reader);
            } catch (RuntimeException e) {
                // The readers throw these, too, for what is damaged.
                throw new IOException(String.valueOf(e.getMessage()), e);
            } finally {
                reader.dispose();
            }
        }
    }
}
