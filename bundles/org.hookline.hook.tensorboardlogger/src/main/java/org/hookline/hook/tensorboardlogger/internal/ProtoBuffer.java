// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.tensorboardlogger.internal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Encodes a protocol buffer message into memory that is used again for the next one. Fields are to be given in the
 * order of their numbers; then the bytes are those of Google's own library. A field that has its default value is left
 * out, as in proto3, except by the methods whose names say otherwise.
 *
 * <p>Source: protobuf.dev, "Encoding".
 */
final class ProtoBuffer {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH = 2;
    private static final int FIXED32 = 5;

    /** What a buffer that once held something large, such as a picture, is cut down to. */
    private static final int KEPT = 4 << 20;

    private byte[] bytes = new byte[1024];
    private int size;
    private int[] starts = new int[8];
    private int depth;

    /**
     * Starts a message.
     *
     * @param reserved the number of bytes to leave free before it
     */
    void reset(int reserved) {
        if (bytes.length > KEPT) {
            bytes = new byte[KEPT];
        }
        size = reserved;
        depth = 0;
    }

    /** {@return the memory, reserved bytes first; valid until the next change} */
    byte[] array() {
        return bytes;
    }

    /** {@return the number of bytes, with the reserved ones} */
    int size() {
        return size;
    }

    /** Makes room for more bytes. */
    void ensure(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), (int) Math.min(2L * size, 1 << 30)));
        }
    }

    /**
     * Adds bytes that are no field, behind the message.
     *
     * @param value the lowest 32 bits first
     */
    void fixed32(int value) {
        ensure(4);
        for (int i = 0; i < 32; i += 8) {
            bytes[size++] = (byte) (value >>> i);
        }
    }

    private void fixed64(long value) {
        fixed32((int) value);
        fixed32((int) (value >>> 32));
    }

    private void varint(long value) {
        ensure(10);
        size = putVarint(size, value);
    }

    private int putVarint(int at, long value) {
        int to = at;
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[to++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[to++] = (byte) rest;
        return to;
    }

    private void tag(int field, int type) {
        varint((long) field << 3 | type);
    }

    /** Adds an int32, int64 or enum. */
    void integer(int field, long value) {
        if (value != 0) {
            tag(field, VARINT);
            varint(value);
        }
    }

    /** Adds a double. */
    void real(int field, double value) {
        if (Double.doubleToRawLongBits(value) != 0) {
            tag(field, FIXED64);
            fixed64(Double.doubleToRawLongBits(value));
        }
    }

    /** Adds a float that belongs to a oneof, where the default value counts as well. */
    void realEvenZero(int field, float value) {
        tag(field, FIXED32);
        fixed32(Float.floatToRawIntBits(value));
    }

    /** Adds a double to an open packed field. */
    void packed(double value) {
        fixed64(Double.doubleToRawLongBits(value));
    }

    /** Adds text. */
    void text(int field, String value) {
        if (!value.isEmpty()) {
            bytesEvenEmpty(field, value.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Adds bytes that belong to a oneof or a repeated field, where empty ones count as well. */
    void bytesEvenEmpty(int field, byte[] value) {
        tag(field, LENGTH);
        varint(value.length);
        ensure(value.length);
        System.arraycopy(value, 0, bytes, size, value.length);
        size += value.length;
    }

    /** Begins a message, or a packed field, inside this one. */
    void begin(int field) {
        tag(field, LENGTH);
        if (depth == starts.length) {
            starts = Arrays.copyOf(starts, depth * 2);
        }
        starts[depth++] = size;
    }

    /** Ends what was begun last: its length, which is known only now, goes before it. */
    void end() {
        int start = starts[--depth];
        int length = size - start;
        ensure(5);
        int shift = 1 + (31 - Integer.numberOfLeadingZeros(length | 1)) / 7;
        System.arraycopy(bytes, start, bytes, start + shift, length);
        putVarint(start, length);
        size += shift;
    }
}
