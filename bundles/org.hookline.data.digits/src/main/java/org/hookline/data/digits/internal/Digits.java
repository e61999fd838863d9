// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.digits.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;

/** All samples of the data set in memory, in the order of the file. */
final class Digits {
    static final int SAMPLES = 1797;
    static final int SIDE = 8;
    static final int PIXELS = SIDE * SIDE;
    static final int CLASSES = 10;
    /** The largest pixel value. */
    static final int INK = 16;

    private static final String FILE = "digits.csv.gz";

    private final byte[] pixels = new byte[SAMPLES * PIXELS];
    private final int[] classes = new int[SAMPLES];

    private Digits() {}

    /** Reads the file that the bundle holds. */
    static Digits load() throws IOException {
        try (InputStream in = Digits.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IllegalStateException(FILE + " is not in the bundle");
            }
            return read(in);
        }
    }

    private static Digits read(InputStream compressed) throws IOException {
        Digits digits = new Digits();
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(compressed), StandardCharsets.US_ASCII))) {
            int sample = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                digits.parse(line, sample++);
            }
            if (sample != SAMPLES) {
                throw new IllegalStateException(FILE + " has " + sample + " samples, expected " + SAMPLES);
            }
        }
        return digits;
    }

    private void parse(String line, int sample) {
        String[] values = line.split(",", -1);
        if (values.length != PIXELS + 1 || sample >= SAMPLES) {
            throw new IllegalStateException(FILE + ": line " + (sample + 1) + " is not a sample");
        }
        for (int i = 0; i < PIXELS; i++) {
            pixels[sample * PIXELS + i] = Byte.parseByte(values[i]);
        }
        classes[sample] = Integer.parseInt(values[PIXELS]);
    }

    /** The class of each sample; not to be changed. */
    int[] classes() {
        return classes;
    }

    /** A pixel from 0 (paper) to {@link #INK}, rows from the top. */
    int pixel(int sample, int index) {
        return pixels[sample * PIXELS + index];
    }
}
