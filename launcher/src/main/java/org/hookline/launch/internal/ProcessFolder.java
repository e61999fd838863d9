// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder {@code <pid>} of one process's own in {@code data/cache}: the framework's cache and temporary files. Its
 * owner holds a lock on a file in it, so that a folder whose lock is free is known to be left over (the number alone
 * does not tell: it is used again, and two containers on one disk have the same ones). Left-over folders are deleted
 * when the next process starts.
 */
final class ProcessFolder implements AutoCloseable {
    private static final String LOCK = "lock";

    private final Path folder;
    private final FileChannel channel;

    private ProcessFolder(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    static ProcessFolder open(Path cache, long pid) throws IOException {
        Files.createDirectories(cache);
        // One process at a time: nobody may take a folder for left over that is not locked yet.
        try (FileChannel gate = channel(cache.resolve("." + LOCK))) {
            // Until the channel is closed.
            gate.lock();
            deleteLeftOver(cache);
            Path folder = cache.resolve(Long.toString(pid));
            for (int i = 2; Files.exists(folder); i++) {
                folder = cache.resolve(pid + "-" + i);
            }
            Files.createDirectory(folder);
            FileChannel channel = channel(folder.resolve(LOCK));
            channel.lock();
            Files.createDirectory(folder.resolve("tmp"));
            return new ProcessFolder(folder, channel);
        }
    }

    Path framework() {
        return folder.resolve("framework");
    }

    Path temporary() {
        return folder.resolve("tmp");
    }

    @Override
    public void close() throws IOException {
        channel.close();
        delete(folder);
    }

    private static void deleteLeftOver(Path cache) throws IOException {
        List<Path> folders = new ArrayList<>();
        try (Stream<Path> all = Files.list(cache)) {
            all.filter(Files::isDirectory).forEach(folders::add);
        }
        for (Path folder : folders) {
            boolean left;
            try (FileChannel channel = channel(folder.resolve(LOCK));
                    FileLock lock = channel.tryLock()) {
                left = lock != null;
            } catch (OverlappingFileLockException e) {
                // This process's own.
                left = false;
            }
            if (left) {
                delete(folder);
            }
        }
    }

    private static FileChannel channel(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private static void delete(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, IOException failure) throws IOException {
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
