// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.hookline.api.UserError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a run's folder for one process: two that went on with the same run would write the same logs and take away each
 * other's checkpoints. The operating system gives the lock back when the process is gone, however it ended. Where the
 * file system has no locks nothing is kept. One thread.
 */
final class RunLock implements AutoCloseable {
    static final String FILE = "run.lock";
    private static final Logger LOG = LoggerFactory.getLogger(RunLock.class);

    /** Of this process. The system gives a lock back as soon as its process closes the file, anywhere. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private Path file;
    private FileChannel channel;

    /**
     * Takes a folder, the only one of this object.
     *
     * @param folder of a run, there and writable
     * @throws UserError if another run has it
     */
    void take(Path folder) {
        Path wanted = folder.toAbsolutePath().normalize().resolve(FILE);
        if (!HELD.add(wanted)) {
            throw taken(folder, Long.toString(ProcessHandle.current().pid()));
        }
        file = wanted;
        try {
            do {
                if (channel != null) {
                    channel.close();
                }
                channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                if (channel.tryLock() == null) {
                    letGo();
                    throw taken(folder, read(wanted));
                }
                // The run before takes the file away when it ends: then this lock is on what nobody can find.
            } while (!Files.exists(file));
            channel.truncate(0).write(ByteBuffer.wrap(
                    Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            LOG.debug("{} cannot be locked; nothing keeps another process from going on with the run", file, e);
        }
    }

    private static UserError taken(Path folder, String process) {
        String where = process.isEmpty() ? "" : ", in process " + process;
        return new UserError("the run in " + folder + " still goes on" + where + ": stop it first, or start another "
                + "run from its checkpoint with resume_from in a run file");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.US_ASCII);
        } catch (IOException e) {
            return "";
        }
    }

    private void letGo() throws IOException {
        try {
            if (channel != null) {
                channel.close();
            }
        } finally {
            HELD.remove(file);
            file = null;
        }
    }

    @Override
    public void close() {
        if (file == null) {
            return;
        }
        try {
            // While it is still locked, so that it is the own one.
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.debug("{} stays", file, e);
        }
        try {
            letGo();
        } catch (IOException e) {
            LOG.debug("the lock of a run is not closed", e);
        }
    }
}
