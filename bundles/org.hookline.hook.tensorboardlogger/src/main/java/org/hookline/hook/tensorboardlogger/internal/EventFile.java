// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.tensorboardlogger.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.hookline.api.log.WholeWrite;

/**
 * A new event file. Each event is a TFRecord (length, masked CRC of the length, the event, its masked CRC; all little
 * endian) and one write to the file, so that somebody who follows it sees whole events.
 *
 * <p>Files that are there already are never opened for writing. TensorBoard reads the files of a folder in the order of
 * their names, so the name of a new one sorts behind them all.
 *
 * <p>Source: TensorFlow 2.18, {@code tensorflow/core/lib/io/record_writer.h},
 * {@code tensorflow/core/util/events_writer.cc}.
 */
final class EventFile implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("events\\.out\\.tfevents\\.(\\d{10})\\..*");
    private static final int MASK = 0xa282ead8;

    private final FileChannel channel;
    private final CRC32C crc = new CRC32C();
    private final OptionalLong before;

    private EventFile(FileChannel channel, OptionalLong before) {
        this.channel = channel;
        this.before = before;
    }

    /**
     * Makes a file.
     *
     * @param folder where; it is made
     * @param seconds the time since 1970
     * @return the file
     * @throws IOException if it cannot be made
     */
    static EventFile create(Path folder, long seconds) throws IOException {
        Files.createDirectories(folder);
        OptionalLong newest = newest(folder);
        long time = newest.isPresent() ? Math.max(seconds, newest.getAsLong() + 1) : seconds;
        String owner = host() + "." + ProcessHandle.current().pid();
        for (int n = 0;; n++) {
            Path file = folder.resolve("events.out.tfevents.%010d.%s.%d".formatted(time, owner, n));
            try {
                return new EventFile(FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        newest);
            } catch (FileAlreadyExistsException taken) {
                if (n == 1000) {
                    throw taken;
                }
            }
        }
    }

    private static OptionalLong newest(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> NAME.matcher(f.getFileName().toString()))
                    .filter(Matcher::matches)
                    .mapToLong(m -> Long.parseLong(m.group(1)))
                    .max();
        }
    }

    /** The name of this machine, without asking the network for it. */
    private static String host() {
        String name = System.getenv().getOrDefault("HOSTNAME", System.getenv().getOrDefault("COMPUTERNAME", ""));
        try {
            name = Files.readString(Path.of("/proc/sys/kernel/hostname"));
        } catch (IOException notLinux) {
            // The environment has to do.
        }
        String plain = name.strip().replaceAll("[^A-Za-z0-9_-]", "-");
        return plain.isEmpty() ? "localhost" : plain;
    }

    /** {@return whether the folder had no event file before this one} */
    boolean first() {
        return before.isEmpty();
    }

    /** {@return the time since 1970 of the newest event file before this one, in seconds} */
    OptionalLong before() {
        return before;
    }

    /**
     * Adds an event.
     *
     * @param event a message behind {@link Events#RESERVED} bytes; the head and the end of the record are put round it
     * @throws IOException if it cannot be written; the file then ends with the event before it
     */
    void append(ProtoBuffer event) throws IOException {
        int length = event.size() - Events.RESERVED;
        event.fixed32(masked(event.array(), Events.RESERVED, length));
        ByteBuffer record = ByteBuffer.wrap(event.array(), 0, event.size()).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(0, length);
        record.putInt(8, masked(event.array(), 0, 8));
        WholeWrite.append(channel, record);
    }

    private int masked(byte[] bytes, int from, int length) {
        crc.reset();
        crc.update(bytes, from, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            channel.force(true);
        }
    }
}
