// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A division of samples into two parts: those to train on, and those held out for validation or test. It depends on its
 * arguments alone, on every JDK and machine. Indexes are ascending in both parts.
 *
 * @param kept indexes of the samples to train on
 * @param heldOut indexes of the others
 */
@SuppressWarnings("ArrayRecordComponent") // indexes of millions of samples; never compared
public record Partition(int[] kept, int[] heldOut) {

    /**
     * Divides at random.
     *
     * @param samples how many there are
     * @param fraction the part to hold out, in [0, 1); of two samples or more at least one is held out unless it is 0,
     *     and at least one is kept
     * @param seed of the choice
     * @return the parts
     */
    public static Partition random(int samples, double fraction, long seed) {
        return stratified(new int[samples], fraction, seed);
    }

    /**
     * Divides at random so that each class has the same part held out, to a sample. Every class keeps at least one
     * sample to train on.
     *
     * @param classes the class of each sample, from 0
     * @param fraction the part to hold out, in [0, 1)
     * @param seed of the choice
     * @return the parts
     */
    public static Partition stratified(int[] classes, double fraction, long seed) {
        if (!(fraction >= 0 && fraction < 1)) {
            throw new IllegalArgumentException("fraction is " + fraction + ", expected 0 or more and less than 1");
        }
        int[][] byClass = byClass(classes);
        int[] quota = quotas(byClass, fraction, classes.length);
        // java.util.Random: its sequence is part of its contract.
        Random random = new Random(seed);
        boolean[] out = new boolean[classes.length];
        for (int c = 0; c < byClass.length; c++) {
            int[] members = byClass[c];
            for (int i = 0; i < quota[c]; i++) {
                int j = i + random.nextInt(members.length - i);
                int chosen = members[j];
                members[j] = members[i];
                members[i] = chosen;
                out[chosen] = true;
            }
        }
        int held = Arrays.stream(quota).sum();
        int[] kept = new int[classes.length - held];
        int[] heldOut = new int[held];
        int k = 0;
        int h = 0;
        for (int i = 0; i < classes.length; i++) {
            if (out[i]) {
                heldOut[h++] = i;
            } else {
                kept[k++] = i;
            }
        }
        return new Partition(kept, heldOut);
    }

    private static int[][] byClass(int[] classes) {
        int[] counts = new int[Arrays.stream(classes).max().orElse(-1) + 1];
        for (int c : classes) {
            counts[c]++;
        }
        int[][] byClass = new int[counts.length][];
        for (int c = 0; c < counts.length; c++) {
            byClass[c] = new int[counts[c]];
        }
        int[] next = new int[counts.length];
        for (int i = 0; i < classes.length; i++) {
            byClass[classes[i]][next[classes[i]]++] = i;
        }
        return byClass;
    }

    /** The largest remainder method: whole numbers that add up to the rounded total. */
    private static int[] quotas(int[][] byClass, double fraction, int samples) {
        int[] quota = new int[byClass.length];
        if (fraction == 0) {
            return quota;
        }
        int left = (int) Math.max(Math.round(samples * fraction), samples > 1 ? 1 : 0);
        List<Integer> order = new ArrayList<>();
        for (int c = 0; c < byClass.length; c++) {
            quota[c] = (int) (byClass[c].length * fraction);
            left -= quota[c];
            order.add(c);
        }
        order.sort((a, b) -> Double.compare(remainder(byClass[b].length, fraction),
                remainder(byClass[a].length, fraction)));
        for (int c : order) {
            // One sample of each class stays to be trained on.
            if (left > 0 && quota[c] + 1 < byClass[c].length) {
                quota[c]++;
                left--;
            }
        }
        return quota;
    }

    private static double remainder(int count, double fraction) {
        double exact = count * fraction;
        return exact - Math.floor(exact);
    }
}
