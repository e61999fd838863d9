// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.modelsummary.internal;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.hookline.api.facet.ModelInfo;
import org.hookline.api.facet.ModelInfo.Layer;

/** A model as a table of text. */
final class SummaryTable {
    private static final String[] HEAD = {"layer", "type", "output", "parameters", "trainable", "buffers", "MFLOP"};
    private static final int LEFT = 3;
    private static final double BYTES_PER_VALUE = 4;
    private static final double MIB = 1 << 20;

    private SummaryTable() {}

    /**
     * Makes the table.
     *
     * @param model the model
     * @param name what to call it
     * @param maxRows layers to show at most; of more, those in the middle are left out; 0 for all
     * @return the lines
     */
    static List<String> lines(ModelInfo model, String name, int maxRows) {
        List<Layer> layers = model.layers();
        List<String[]> rows = new ArrayList<>();
        rows.add(HEAD);
        layers.forEach(layer -> rows.add(cells(layer)));
        if (maxRows > 0 && layers.size() > maxRows) {
            int head = (maxRows + 1) / 2;
            int out = layers.size() - maxRows;
            rows.subList(1 + head, 1 + head + out).clear();
            rows.add(1 + head, new String[] {"... " + out + " more", "", "", "", "", "", ""});
        }
        List<String> lines = new ArrayList<>();
        lines.add(name + ", input " + shape(model.input()));
        lines.addAll(aligned(rows));
        lines.addAll(totals(model, layers));
        return lines;
    }

    private static String[] cells(Layer layer) {
        return new String[] {layer.name(), layer.type(), layer.output().map(SummaryTable::shape).orElse("?"),
            count(layer.parameters()), trainable(layer), layer.buffers() == 0 ? "" : count(layer.buffers()),
            layer.flops().isEmpty() ? "?" : layer.flops().getAsDouble() == 0 ? ""
                    : String.format(Locale.ROOT, "%,.3f", layer.flops().getAsDouble() * 1e-6)};
    }

    private static String trainable(Layer layer) {
        if (layer.parameters() == 0) {
            return "";
        }
        return layer.trainable() == layer.parameters() ? "yes" : layer.trainable() == 0 ? "no"
                : count(layer.trainable());
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String shape(Shape shape) {
        return shape.dimension() == 0 ? "()" : shape.toString().replace(" ", "").replace(",", ", ");
    }

    private static List<String> aligned(List<String[]> rows) {
        int[] width = new int[HEAD.length];
        for (String[] row : rows) {
            for (int i = 0; i < width.length; i++) {
                width[i] = Math.max(width[i], row[i].length());
            }
        }
        List<String> lines = new ArrayList<>();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < width.length; i++) {
                String room = " ".repeat(width[i] - row[i].length());
                line.append(i == 0 ? "" : "  ").append(i < LEFT ? row[i] + room : room + row[i]);
            }
            lines.add(line.toString().stripTrailing());
        }
        lines.add(1, "-".repeat(lines.stream().mapToInt(String::length).max().orElse(0)));
        return lines;
    }

    private static List<String> totals(ModelInfo model, List<Layer> layers) {
        long parameters = layers.stream().mapToLong(Layer::parameters).sum();
        long trainable = layers.stream().mapToLong(Layer::trainable).sum();
        long buffers = layers.stream().mapToLong(Layer::buffers).sum();
        List<String> lines = new ArrayList<>();
        lines.add(count(parameters) + " parameters, " + count(trainable) + " trainable, "
                + count(parameters - trainable) + " frozen; " + count(buffers) + " values in buffers; "
                + String.format(Locale.ROOT, "%.2f MiB", (parameters + buffers) * BYTES_PER_VALUE / MIB));
        lines.add(model.forwardFlops().isPresent()
                ? String.format(Locale.ROOT, "%,.3f MFLOP for the forward pass of one sample",
                        model.forwardFlops().getAsDouble() * 1e-6)
                : "not every layer tells its operations");
        return lines;
    }
}
