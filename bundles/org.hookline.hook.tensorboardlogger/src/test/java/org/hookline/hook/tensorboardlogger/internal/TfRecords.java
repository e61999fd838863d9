// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.tensorboardlogger.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.tensorflow.proto.Event;

/**
 * Reads TFRecord files as TensorFlow does: checks both sums of each record, stops at a record that is not whole.
 *
 * @param messages the bytes of the records
 * @param torn whether something follows the last whole one
 */
record TfRecords(List<byte[]> messages, boolean torn) {
    static TfRecords of(byte[] file) throws IOException {
        List<byte[]> messages = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            int start = in.position();
            if (in.remaining() < 12) {
                return new TfRecords(messages, true);
            }
            long length = in.getLong();
            if (in.getInt() != masked(file, start, 8)) {
                throw new IOException("the length at byte " + start + " is corrupt");
            }
            if (length > in.remaining() - 4) {
                return new TfRecords(messages, true);
            }
            byte[] message = new byte[(int) length];
            in.get(message);
            if (in.getInt() != masked(message, 0, message.length)) {
                throw new IOException("the record at byte " + start + " is corrupt");
            }
            messages.add(message);
        }
        return new TfRecords(messages, false);
    }

    /** As TensorFlow's crc32c.h writes it. */
    private static int masked(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        int value = (int) crc.getValue();
        return ((value >>> 15) | (value << 17)) + 0xa282ead8;
    }

    /** The events of a file, which must be whole. */
    static List<Event> events(Path file) throws IOException {
        TfRecords records = of(Files.readAllBytes(file));
        if (records.torn()) {
            throw new IOException(file + " is torn");
        }
        List<Event> events = new ArrayList<>();
        for (byte[] message : records.messages()) {
            events.add(Event.parseFrom(message));
        }
        return events;
    }

    static byte[] message(ProtoBuffer buffer) {
        return Arrays.copyOfRange(buffer.array(), Events.RESERVED, buffer.size());
    }
}
