// SPDX-License-Identifier: Apache-2.0
package org.hookline.safetensors;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Writes a file: beside its place, flushed to the disk, then renamed. After a failure or a crash at any moment the file
 * is the old one or the new one, whole. For any thread.
 */
public final class SafetensorsWriter {
    private static final int CHUNK = 1 << 20;

    private SafetensorsWriter() {}

    /**
     * Writes a file, in place of an older one.
     *
     * @param file the file; its folder must exist
     * @param tensors what it has, each name once; sorted by the size of their values, largest first, and by name, as
     *     the format's own library does, so that each is aligned
     * @param metadata free text by key
     * @throws SafetensorsException if a name is there twice or is reserved, or the header gets too long; nothing was
     *     written
     * @throws IOException if the disk refuses; the old file is as it was
     */
    public static void write(Path file, Collection<Tensor> tensors, Map<String, String> metadata) throws IOException {
        Layout layout = Layout.of(file, tensors, metadata);
        Path absolute = file.toAbsolutePath();
        Path beside = absolute.resolveSibling("." + absolute.getFileName() + "."
                + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".tmp");
        try {
            layout.writeTo(beside);
            Files.move(beside, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (Throwable t) {
            try {
                Files.deleteIfExists(beside);
            } catch (IOException e) {
                t.addSuppressed(e);
            }
            throw t;
        }
        flushFolder(absolute.getParent());
    }

    /**
     * Writes a new file in its place, flushed to the disk, where somebody else sees to it that it is not taken for
     * whole too early: in a folder that gets its name later. Its folder is not flushed ({@link #flushFolder}).
     *
     * @param file the file, which must not exist; its folder must
     * @param tensors as for {@link #write}
     * @param metadata free text by key
     * @throws SafetensorsException as for {@link #write}
     * @throws IOException if the disk refuses; a part may be there
     */
    public static void writeNew(Path file, Collection<Tensor> tensors, Map<String, String> metadata)
            throws IOException {
        Layout.of(file, tensors, metadata).writeTo(file);
    }

    /** A header and the tensors in the order of their data. */
    private record Layout(ByteBuffer header, List<Tensor> tensors) {
        static Layout of(Path file, Collection<Tensor> tensors, Map<String, String> metadata)
                throws SafetensorsException {
            String name = file.toString();
            List<Tensor> sorted = new ArrayList<>(tensors);
            sorted.sort(Comparator.comparingInt((Tensor t) -> -t.dtype().bits()).thenComparing(Tensor::name));
            return new Layout(new Header(new LinkedHashMap<>(metadata), layOut(name, sorted)).encode(name), sorted);
        }

        void writeTo(Path file) throws IOException {
            try (FileChannel channel =
                    FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                drain(header, channel);
                for (Tensor tensor : tensors) {
                    SafetensorsWriter.write(tensor.data(), channel);
                }
                channel.force(true);
            }
        }
    }

    private static Map<String, Header.Entry> layOut(String file, List<Tensor> tensors) throws SafetensorsException {
        Map<String, Header.Entry> entries = new LinkedHashMap<>();
        long at = 0;
        for (Tensor t : tensors) {
            if (t.name().equals("__metadata__")) {
                throw new SafetensorsException(file, "tensor '__metadata__'", "the format uses this name itself",
                        "another name");
            }
            long end = Math.addExact(at, t.byteSize());
            List<Long> shape = Arrays.stream(t.shape()).boxed().toList();
            if (entries.put(t.name(), new Header.Entry(t.name(), t.dtype(), shape, at, end)) != null) {
                throw new SafetensorsException(file, "tensor '" + t.name() + "'", "it is there twice",
                        "each name once");
            }
            at = end;
        }
        return entries;
    }

    private static void write(MemorySegment data, FileChannel channel) throws IOException {
        // A buffer can look at native memory and at byte arrays only; other arrays go through a copy.
        boolean direct = data.heapBase().isEmpty() ? data.isNative() : data.heapBase().get() instanceof byte[];
        ByteBuffer copy = direct ? null : ByteBuffer.allocate((int) Math.min(CHUNK, data.byteSize()));
        for (long at = 0; at < data.byteSize(); at += CHUNK) {
            MemorySegment part = data.asSlice(at, Math.min(CHUNK, data.byteSize() - at));
            if (direct) {
                drain(part.asByteBuffer(), channel);
            } else {
                copy.clear();
                MemorySegment.copy(part, ValueLayout.JAVA_BYTE, 0, copy.array(), 0, (int) part.byteSize());
                drain(copy.limit((int) part.byteSize()), channel);
            }
        }
    }

    private static void drain(ByteBuffer buffer, FileChannel channel) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /**
     * Flushes a folder to the disk: after a crash the names of its files would otherwise be gone, flushed as the files
     * themselves are. Where folders cannot be opened (Windows) there is nothing to do.
     *
     * @param folder the folder
     * @throws IOException if the disk refuses
     */
    public static void flushFolder(Path folder) throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(folder, StandardOpenOption.READ);
        } catch (IOException e) {
            return;
        }
        try (channel) {
            channel.force(true);
        }
    }
}
