// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.idx.internal;

import java.util.List;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/**
 * What is varied in training images. Every choice is a function of the sample's random number alone.
 *
 * @param flip whether half of the images are mirrored left to right
 * @param maxShift the most pixels by which an image is moved along each axis; what comes in has the value 0
 */
record Augmentation(boolean flip, int maxShift) {
    static final Augmentation NONE = new Augmentation(false, 0);
    private static final List<String> KINDS = List.of("none", "flip", "shift");

    /**
     * Reads the option.
     *
     * @param owner for messages
     * @param kinds names of variations
     * @param maxShift used where {@code shift} is among them
     * @return the augmentation
     * @throws UserError if there is no such variation
     */
    static Augmentation of(String owner, List<String> kinds, int maxShift) {
        for (String kind : kinds) {
            if (!KINDS.contains(kind)) {
                throw new UserError(owner + ": option 'augment' has '" + kind + "'" + Nearest.suggest(kind, KINDS));
            }
        }
        return new Augmentation(kinds.contains("flip"), kinds.contains("shift") ? maxShift : 0);
    }

    boolean isNone() {
        return !flip && maxShift == 0;
    }

    boolean flips(long random) {
        return flip && (mix(random, 1) & 1) == 1;
    }

    int shiftX(long random) {
        return shift(mix(random, 2));
    }

    int shiftY(long random) {
        return shift(mix(random, 3));
    }

    private int shift(long bits) {
        return (int) Long.remainderUnsigned(bits, 2L * maxShift + 1) - maxShift;
    }

    /** One of several independent numbers from one seed: the finaliser of SplitMix64 (Steele et al., 2014). */
    private static long mix(long seed, long stream) {
        long z = seed + stream * 0x9e3779b97f4a7c15L;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }
}
