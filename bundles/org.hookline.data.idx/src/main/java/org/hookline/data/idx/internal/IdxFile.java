// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.idx.internal;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.hookline.api.UserError;

/**
 * An IDX file of unsigned bytes in memory, the format of MNIST: two zero bytes, the type, the number of dimensions, the
 * size of each as a 32-bit big-endian number, then the values.
 *
 * @param path where it came from
 * @param shape the size of each dimension, the number of samples read first
 * @param declared the number of samples in the file
 * @param values one byte each, unsigned
 */
@SuppressWarnings("ArrayRecordComponent") // tens of megabytes; never compared
record IdxFile(Path path, int[] shape, int declared, byte[] values) {
    private static final int UNSIGNED_BYTE = 0x08;
    private static final int GZIP_MAGIC = 0x1f8b;

    /**
     * Reads a file, gzip or not.
     *
     * @param path the file
     * @param dimensions how many it must have
     * @param most the number of leading samples to keep; 0 for all
     * @param what it holds, for messages
     * @return its contents
     * @throws UserError if it is not such a file, or not whole
     */
    static IdxFile read(Path path, int dimensions, int most, String what) throws IOException {
        try (InputStream in = open(path)) {
            return read(path, in, dimensions, most, what);
        } catch (EOFException | ZipException e) {
            throw new UserError(path + " is truncated or damaged (" + e.getMessage() + "); copy it again", e);
        }
    }

    private static InputStream open(Path path) throws IOException {
        BufferedInputStream in = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
        try {
            in.mark(2);
            byte[] start = in.readNBytes(2);
            in.reset();
            boolean compressed = start.length == 2 && (((start[0] & 0xff) << 8) | (start[1] & 0xff)) == GZIP_MAGIC;
            return compressed ? new GZIPInputStream(in, 1 << 16) : in;
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    private static IdxFile read(Path path, InputStream in, int dimensions, int most, String what) throws IOException {
        byte[] header = in.readNBytes(4 + 4 * dimensions);
        int expectedMagic = UNSIGNED_BYTE << 8 | dimensions;
        if (header.length >= 4 && ByteBuffer.wrap(header).getInt() != expectedMagic) {
            throw new UserError("%s does not hold %s: it starts with 0x%08x, expected 0x%08x (IDX, unsigned bytes, %d"
                    .formatted(path, what, ByteBuffer.wrap(header).getInt(), expectedMagic, dimensions)
                    + (dimensions == 1 ? " dimension)" : " dimensions)"));
        }
        if (header.length < 4 + 4 * dimensions) {
            throw new UserError(path + " is truncated: it has " + header.length + " bytes, not even an IDX header;"
                    + " copy it again");
        }
        ByteBuffer sizes = ByteBuffer.wrap(header, 4, 4 * dimensions);
        int[] shape = new int[dimensions];
        long sample = 1;
        for (int d = 0; d < dimensions; d++) {
            shape[d] = sizes.getInt();
            if (shape[d] <= 0) {
                throw new UserError(path + " is damaged: dimension " + (d + 1) + " has the size " + shape[d]);
            }
            sample *= d == 0 ? 1 : shape[d];
            if (sample > Integer.MAX_VALUE) {
                throw new UserError(path + " is damaged: one sample of the shape " + Arrays.toString(shape)
                        + " would be larger than 2 GiB");
            }
        }
        long all = sample * shape[0];
        long wanted = most > 0 ? Math.min(most, shape[0]) * sample : all;
        if (wanted > Integer.MAX_VALUE - 8) {
            throw new UserError(path + " holds " + wanted + " bytes, more than the 2 GiB that fit; set the option"
                    + " 'limit'");
        }
        byte[] values = in.readNBytes((int) wanted);
        if (values.length < wanted) {
            throw new UserError("%s is truncated: its header says %s bytes for the shape %s, it has %d; copy it again"
                    .formatted(path, all, Arrays.toString(shape), values.length));
        }
        if (wanted == all && in.read() >= 0) {
            throw new UserError("%s is damaged: it goes on behind the %d bytes that its header says for the shape %s"
                    .formatted(path, all, Arrays.toString(shape)));
        }
        int declared = shape[0];
        shape[0] = (int) (wanted / sample);
        return new IdxFile(path, shape, declared, values);
    }
}
