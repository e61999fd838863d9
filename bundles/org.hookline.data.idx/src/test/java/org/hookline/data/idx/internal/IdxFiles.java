// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.idx.internal;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Writes small data sets whose pixels can be told by their place: sample s, row y, column x. */
final class IdxFiles {
    static final int HEIGHT = 4;
    static final int WIDTH = 3;

    private IdxFiles() {}

    /** The pixel of sample s at row y and column x. */
    static int pixel(int s, int y, int x) {
        return (s * 31 + y * 40 + x * 7 + 1) % 256;
    }

    static byte[] images(int samples) throws IOException {
        return idx(new int[] {samples, HEIGHT, WIDTH}, i -> {
            int s = i / (HEIGHT * WIDTH);
            return pixel(s, i / WIDTH % HEIGHT, i % WIDTH);
        });
    }

    /** Labels 0, 1, 2, 0, 1, 2 and so on. */
    static byte[] labels(int samples) throws IOException {
        return idx(new int[] {samples}, i -> i % 3);
    }

    static byte[] idx(int[] shape, java.util.function.IntUnaryOperator value) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(0x0800 | shape.length);
        int all = 1;
        for (int size : shape) {
            out.writeInt(size);
            all *= size;
        }
        for (int i = 0; i < all; i++) {
            out.writeByte(value.applyAsInt(i));
        }
        return bytes.toByteArray();
    }

    static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    /** Four files with the usual names, unpacked. */
    static void write(Path folder, int training, int test) throws IOException {
        Files.write(folder.resolve("train-images-idx3-ubyte"), images(training));
        Files.write(folder.resolve("train-labels-idx1-ubyte"), labels(training));
        Files.write(folder.resolve("t10k-images-idx3-ubyte"), images(test));
        Files.write(folder.resolve("t10k-labels-idx1-ubyte"), labels(test));
    }
}
