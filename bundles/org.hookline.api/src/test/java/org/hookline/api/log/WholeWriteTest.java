// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeWriteTest {
    @TempDir
    Path folder;

    private Path path;
    private SmallDisk file;

    @BeforeEach
    void open() throws IOException {
        path = folder.resolve("log");
        file = new SmallDisk(FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
    }

    @AfterEach
    void close() throws IOException {
        file.close();
    }

    /** A file that takes three bytes at a time, on a disk that becomes full. */
    private static final class SmallDisk implements SeekableByteChannel {
        private final FileChannel file;
        private long room = Long.MAX_VALUE;
        private boolean readOnly;

        SmallDisk(FileChannel file) {
            this.file = file;
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            int n = (int) Math.min(room - file.size(), Math.min(3, bytes.remaining()));
            if (n == 0) {
                throw new IOException("No space left on device");
            }
            file.write(bytes.slice(bytes.position(), n));
            bytes.position(bytes.position() + n);
            return n;
        }

        @Override
        public SeekableByteChannel truncate(long size) throws IOException {
            if (readOnly) {
                throw new IOException("Read-only file system");
            }
            file.truncate(size);
            return this;
        }

        @Override
        public int read(ByteBuffer bytes) throws IOException {
            return file.read(bytes);
        }

        @Override
        public long position() throws IOException {
            return file.position();
        }

        @Override
        public SeekableByteChannel position(long position) throws IOException {
            file.position(position);
            return this;
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public boolean isOpen() {
            return file.isOpen();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    private void append(String text) throws IOException {
        WholeWrite.append(file, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aRecordIsWrittenWholeAlsoWhereTheFileTakesItInPieces() throws IOException {
        append("first line\n");
        append("second line\n");
        assertThat(path).hasContent("first line\nsecond line\n");
    }

    @Test
    void ofARecordForWhichThereIsNoRoomNothingStaysAndTheNextOneFollowsTheOneBefore() throws IOException {
        append("first line\n");
        file.room = 20;
        assertThatThrownBy(() -> append("second line\n")).hasMessage("No space left on device")
                .hasNoSuppressedExceptions();
        assertThat(path).hasContent("first line\n");
        append("third\n");
        assertThat(path).hasContent("first line\nthird\n");
    }

    @Test
    void theFirstFailureIsToldWhereCuttingBackFailsToo() {
        file.room = 4;
        file.readOnly = true;
        assertThatThrownBy(() -> append("first line\n")).hasMessage("No space left on device")
                .satisfies(e -> assertThat(e.getSuppressed()).singleElement().extracting(Throwable::getMessage)
                        .isEqualTo("Read-only file system"));
        assertThat(path).hasContent("firs");
    }
}
