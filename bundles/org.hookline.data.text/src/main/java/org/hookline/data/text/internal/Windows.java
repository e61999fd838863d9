// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.text.internal;

import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import org.hookline.api.data.Split;

/** Windows over a stretch of an encoded text, each with the character behind it as its class. */
final class Windows implements Split {
    private final float[] codes;
    private final int start;
    private final int context;
    private final int stride;
    private final int size;

    /**
     * Makes a split.
     *
     * @param codes the whole text
     * @param start of the stretch
     * @param end of the stretch, exclusive; more than {@code context} behind the start
     * @param context characters of a window
     * @param stride from the beginning of one window to that of the next, from 1
     */
    @SuppressWarnings("ArrayIsStoredDirectly") // shared by all splits; nobody writes it
    Windows(float[] codes, int start, int end, int context, int stride) {
        this.codes = codes;
        this.start = start;
        this.context = context;
        this.stride = stride;
        this.size = (end - start - context - 1) / stride + 1;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public void readFeatures(int index, FloatBuffer out, long random) {
        out.put(codes, start + index * stride, context);
    }

    @Override
    public void readClass(int index, LongBuffer out) {
        out.put((long) codes[start + index * stride + context]);
    }
}
