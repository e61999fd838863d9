// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.periodiclogger.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Progress;
import org.hookline.api.RunInfo;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogRecord.Kind;
import org.hookline.api.log.LogWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A writer's class loader can be collected once the writer has gone, also in the middle of a run. */
@Timeout(30)
class WriterUnloadTest {
    /** Loads {@link MemoryWriter} itself, as a bundle does with its classes. */
    private static final class BundleLoader extends ClassLoader {
        BundleLoader() {
            super(WriterUnloadTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.equals(MemoryWriter.class.getName())) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            if (loaded != null) {
                return loaded;
            }
            try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] code = in.readAllBytes();
                return defineClass(name, code, 0, code.length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private final Writers writers = new Writers();

    private static LogRecord entry(long iteration) {
        return new LogRecord(Kind.TRAINING, Progress.Mode.BY_ITER, 0, 0, iteration, 10, 0, 10, 0, 0,
                Optional.empty(), Map.of(), Map.of(), Map.of());
    }

    /** In a method of its own, so that nothing of it stays on the stack. */
    private WeakReference<ClassLoader> useAndDrop(boolean quarantined) throws Exception {
        BundleLoader loader = new BundleLoader();
        var constructor = loader.loadClass(MemoryWriter.class.getName()).getDeclaredConstructor();
        constructor.setAccessible(true);
        LogWriter writer = (LogWriter) constructor.newInstance();
        assertThat(writer).isNotInstanceOf(MemoryWriter.class);
        if (quarantined) {
            writer = new Throwing(writer);
        }
        writers.put(7, new Writers.Bound("w", "", writer));
        writers.offer(entry(1));
        writers.remove(7);
        writers.offer(entry(2));
        return new WeakReference<>(loader);
    }

    private record Throwing(LogWriter inner) implements LogWriter {
        @Override
        public void open(RunInfo run) throws IOException {
            inner.open(run);
        }

        @Override
        public void write(LogRecord entry) throws IOException {
            throw new IOException("full");
        }

        @Override
        public void close() throws IOException {
            inner.close();
        }
    }

    @Test
    void nothingHoldsAWriterThatHasGoneWhileTheRunGoesOn() throws Exception {
        writers.start(new RunInfo("r", "r", Path.of("."), Instant.EPOCH, 1, "cpu", Map.of()), LoggerSettings.DEFAULT,
                Optional.empty());
        for (boolean quarantined : new boolean[] {false, true}) {
            WeakReference<ClassLoader> loader = useAndDrop(quarantined);
            for (int i = 0; i < 50 && loader.get() != null; i++) {
                System.gc();
                Thread.sleep(20);
            }
            assertThat(loader.get()).as("quarantined: %s", quarantined).isNull();
        }
        writers.takeProblems();
        writers.stop();
    }
}
