// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.tensorboardlogger.internal;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * What the first chunk of a PNG file says.
 *
 * @param width in pixels
 * @param height in pixels
 * @param channels 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
 */
record Png(int width, int height, int channels) {
    private static final long SIGNATURE = 0x89504E470D0A1A0AL;
    private static final int IHDR = 0x49484452;

    /**
     * Reads the head of a file.
     *
     * @param file its bytes
     * @return empty if this is no PNG file
     */
    static Optional<Png> of(byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file);
        if (file.length < 33 || in.getLong() != SIGNATURE || in.getInt() != 13 || in.getInt() != IHDR) {
            return Optional.empty();
        }
        int width = in.getInt();
        int height = in.getInt();
        in.get();
        int channels = switch (in.get()) {
            case 0 -> 1;
            case 2, 3 -> 3;
            case 4 -> 2;
            case 6 -> 4;
            default -> 0;
        };
        return width > 0 && height > 0 && channels > 0 ? Optional.of(new Png(width, height, channels))
                : Optional.empty();
    }
}
