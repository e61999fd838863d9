// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/** Adds to a file that somebody may follow, and that a run may go on with: a record is in it whole or not at all. */
public final class WholeWrite {
    private WholeWrite() {}

    /**
     * Writes a record at the end of a file.
     *
     * @param file its position is its end
     * @param entry the bytes from the buffer's position to its limit
     * @throws IOException if it cannot be written; the file is then cut back to what it was, or where that fails too,
     *     the failure is suppressed in this one
     */
    public static void append(SeekableByteChannel file, ByteBuffer entry) throws IOException {
        long before = file.position();
        try {
            while (entry.hasRemaining()) {
                file.write(entry);
            }
        } catch (IOException e) {
            // Half a record would spoil the next one.
            try {
                file.truncate(before);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }
}
