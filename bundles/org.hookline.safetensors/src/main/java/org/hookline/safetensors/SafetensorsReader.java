// SPDX-License-Identifier: Apache-2.0
package org.hookline.safetensors;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Reads a file. Opening it reads and checks the whole header, and that the file is as long as the header says; values
 * are mapped when a tensor is asked for, so that a file may be larger than the memory.
 *
 * <p>For any thread. After {@link #close} no tensor's data may be used. A file that somebody shortens while it is
 * mapped makes its readers fail with {@link InternalError}; what replaces a file by renaming, as
 * {@link SafetensorsWriter} does, does no harm.
 */
public final class SafetensorsReader implements AutoCloseable {
    private final String file;
    private final FileChannel channel;
    private final Header header;
    private final long start;
    private final long length;
    private final Arena arena = Arena.ofShared();
    private MemorySegment data;

    private SafetensorsReader(String file, FileChannel channel, Header header, long start, long length) {
        this.file = file;
        this.channel = channel;
        this.header = header;
        this.start = start;
        this.length = length;
    }

    /**
     * Opens a file.
     *
     * @param file the file
     * @return a reader, to be closed
     * @throws SafetensorsException if it is no whole file of this format
     * @throws IOException if it cannot be read
     */
    public static SafetensorsReader open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            String name = file.toString();
            long size = channel.size();
            if (size < 8) {
                throw new SafetensorsException(name, "start", "the file has " + size + " bytes",
                        "8 bytes with the length of the header");
            }
            long headerBytes = read(channel, name, 0, 8).getLong();
            if (headerBytes < 0 || headerBytes > Header.MAX_BYTES) {
                throw new SafetensorsException(name, "start", "the header has a length of "
                        + Long.toUnsignedString(headerBytes) + " bytes", "at most " + Header.MAX_BYTES
                        + " (is this a safetensors file?)");
            }
            // Before memory is taken for it: a damaged length must not cost more than the file has.
            if (headerBytes > size - 8) {
                throw new SafetensorsException(name, "header", "it has " + headerBytes
                        + " bytes, but the file ends after " + (size - 8), "a file that is whole");
            }
            long start = 8 + headerBytes;
            Header header = Header.parse(name, read(channel, name, 8, (int) headerBytes).array(), size - start);
            return new SafetensorsReader(name, channel, header, start, size - start);
        } catch (Throwable t) {
            try {
                channel.close();
            } catch (IOException e) {
                t.addSuppressed(e);
            }
            throw t;
        }
    }

    private static ByteBuffer read(FileChannel channel, String file, long from, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, from + buffer.position()) < 0) {
                throw new SafetensorsException(file, "byte " + (from + buffer.position()), "the file ends",
                        bytes + " bytes from byte " + from);
            }
        }
        return buffer.flip();
    }

    /** {@return free text by key; empty where the file has none} */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    /** {@return the names of the tensors in the order of their data} */
    public List<String> names() {
        return List.copyOf(header.entries().keySet());
    }

    /**
     * Gives a tensor.
     *
     * @param name its name
     * @return the tensor; its data are mapped and read-only until this reader is closed
     * @throws SafetensorsException if there is no such tensor
     * @throws IOException if the file cannot be mapped
     */
    public Tensor tensor(String name) throws IOException {
        Header.Entry entry = header.entries().get(name);
        if (entry == null) {
            List<String> names = names();
            throw new SafetensorsException(file, "tensor '" + name + "'", "it is not there", "one of "
                    + (names.size() <= 12 ? names : names.subList(0, 12) + " and " + (names.size() - 12) + " more"));
        }
        return Tensor.of(name, entry.dtype(), entry.dimensions(),
                mapped().asSlice(entry.begin(), entry.end() - entry.begin()));
    }

    private synchronized MemorySegment mapped() throws IOException {
        if (data == null) {
            data = length == 0 ? MemorySegment.ofArray(new byte[0]).asReadOnly()
                    : channel.map(FileChannel.MapMode.READ_ONLY, start, length, arena);
        }
        return data;
    }

    @Override
    public synchronized void close() throws IOException {
        if (arena.scope().isAlive()) {
            arena.close();
        }
        channel.close();
    }
}
