// SPDX-License-Identifier: Apache-2.0
package org.hookline.checkpoint;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.hookline.safetensors.SafetensorsWriter;
import org.hookline.safetensors.Tensor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes checkpoints. For any thread. */
public final class CheckpointWriter {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointWriter.class);

    static final String MANIFEST = "manifest.json";
    static final String STATE = "state.json";
    static final String RUN_FILE = "run.yaml";
    static final String TENSORS = ".safetensors";

    /** The tensors of {@link CheckpointContent#state}. */
    static final String STATE_TENSORS = "state";

    static final String FORMAT = "hookline-checkpoint";
    static final int VERSION = 1;
    private static final String TEMPORARY = ".tmp";
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().serializeNulls().create();

    private CheckpointWriter() {}

    /**
     * Writes a checkpoint. Each file is flushed to the disk, then the folder gets its name.
     *
     * @param folder the new folder; the one above it is made
     * @param content what it holds; its arrays are read on this thread
     * @return the size of all files, in bytes
     * @throws FileAlreadyExistsException if the folder is there; it is left as it is
     * @throws IOException if it cannot be written; nothing is left behind
     */
    public static long write(Path folder, CheckpointContent content) throws IOException {
        Path target = folder.toAbsolutePath();
        if (Files.exists(target)) {
            throw new FileAlreadyExistsException(target.toString());
        }
        Files.createDirectories(target.getParent());
        Path beside = target.resolveSibling("." + target.getFileName() + "."
                + Long.toHexString(ThreadLocalRandom.current().nextLong()) + TEMPORARY);
        try {
            Files.createDirectory(beside);
            long bytes = fill(beside, content);
            Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
            SafetensorsWriter.flushFolder(target.getParent());
            return bytes;
        } catch (Throwable t) {
            try {
                delete(beside);
            } catch (IOException e) {
                t.addSuppressed(e);
            }
            throw t;
        }
    }

    private static long fill(Path folder, CheckpointContent content) throws IOException {
        for (Map.Entry<String, List<Tensor>> file : content.tensors().entrySet()) {
            SafetensorsWriter.writeNew(folder.resolve(file.getKey() + TENSORS), file.getValue(),
                    Map.of("format", "pt"));
        }
        List<Tensor> arrays = new ArrayList<>();
        JsonElement state = StateCodec.encode(STATE_TENSORS, content.state(), arrays);
        SafetensorsWriter.writeNew(folder.resolve(STATE_TENSORS + TENSORS), arrays, Map.of());
        write(folder.resolve(STATE), GSON.toJson(state));
        write(folder.resolve(RUN_FILE), content.runFile());
        JsonObject files = new JsonObject();
        long bytes = 0;
        for (Path file : files(folder)) {
            JsonObject facts = new JsonObject();
            long size = Files.size(file);
            bytes += size;
            facts.addProperty("bytes", size);
            facts.addProperty("sha256", digest(file));
            files.add(file.getFileName().toString(), facts);
        }
        JsonObject manifest = new JsonObject();
        manifest.addProperty("format", FORMAT);
        manifest.addProperty("version", VERSION);
        manifest.addProperty("run", content.run());
        manifest.addProperty("reason", content.reason());
        manifest.addProperty("epoch", content.epoch());
        manifest.addProperty("iteration", content.iteration());
        manifest.addProperty("created", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
        manifest.add("files", files);
        write(folder.resolve(MANIFEST), GSON.toJson(manifest));
        SafetensorsWriter.flushFolder(folder);
        return bytes;
    }

    static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private static void write(Path file, String text) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    static String digest(Path file) throws IOException {
        MessageDigest sha;
        try {
            sha = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sha.update(buffer, 0, n);
            }
        }
        return HexFormat.of().formatHex(sha.digest());
    }

    /**
     * Deletes a checkpoint. What a crash leaves of it is no checkpoint any more: the manifest goes first.
     *
     * @param folder the folder; nothing happens if it is not there
     * @throws IOException if a file stays
     */
    public static void delete(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        Files.deleteIfExists(folder.resolve(MANIFEST));
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) all.sorted(Comparator.reverseOrder())::iterator) {
                Files.deleteIfExists(path);
            }
        }
    }

    /**
     * Points a link at a folder beside it: at a checkpoint, or at a run. A new link is moved over the old one, so that
     * at each moment there is one.
     *
     * @param folder the folder above both
     * @param link the name of the link
     * @param name the name of what it points at
     * @return whether there is such a link now; false where the file system refuses links
     * @throws IOException if the link cannot be put into its place
     */
    public static boolean link(Path folder, String link, String name) throws IOException {
        Path beside = folder.resolve("." + link + "-" + Long.toHexString(ThreadLocalRandom.current().nextLong()));
        try {
            Files.createSymbolicLink(beside, Path.of(name));
        } catch (UnsupportedOperationException e) {
            return false;
        } catch (FileSystemException e) {
            // What has a class of its own (no such folder, no access) is another matter; FAT on Linux says "Operation
            // not permitted".
            if (!e.getClass().equals(FileSystemException.class)) {
                throw e;
            }
            LOG.debug("{} cannot be made", folder.resolve(link), e);
            return false;
        }
        try {
            Files.move(beside, folder.resolve(link), StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            return true;
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    /**
     * Deletes what writers that were killed left in a folder.
     *
     * @param folder the folder above the checkpoints; nothing happens if it is not there
     * @throws IOException if something stays
     */
    public static void clean(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        for (Path path : files(folder)) {
            String name = path.getFileName().toString();
            if (name.startsWith(".") && name.endsWith(TEMPORARY) && Files.isDirectory(path)) {
                delete(path);
            }
        }
    }
}
