// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.csv.internal;

import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import org.hookline.api.data.Split;

/** Some rows of a table in memory. */
final class Rows implements Split {
    private final int[] rows;
    private final float[] features;
    private final int width;
    private final int[] classes;
    private final float[] targets;
    private final int targetWidth;

    /**
     * Makes a split.
     *
     * @param rows the rows that belong to it
     * @param features of all rows of the table
     * @param width features of a row
     * @param labels what the labels mean
     * @param table the rows' labels
     */
    Rows(int[] rows, float[] features, int width, Labels labels, Table table) {
        this.rows = rows;
        this.features = features;
        this.width = width;
        this.classes = labels.isClassification() ? labels.classes(table) : new int[0];
        this.targets = labels.isClassification() ? new float[0] : labels.targets(table);
        this.targetWidth = labels.columns().size();
    }

    @Override
    public int size() {
        return rows.length;
    }

    @Override
    public void readFeatures(int index, FloatBuffer out, long random) {
        out.put(features, rows[index] * width, width);
    }

    @Override
    public void readClass(int index, LongBuffer out) {
        out.put(classes[rows[index]]);
    }

    @Override
    public void readTarget(int index, FloatBuffer out) {
        out.put(targets, rows[index] * targetWidth, targetWidth);
    }
}
