// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.facet.Weights;
import org.hookline.api.options.Nearest;

/** The parameters and buffers, for hooks. Training thread only. */
final class FlatWeights implements Weights {
    private final FlatParameters parameters;
    private final FlatGradients gradients;
    private final FlatOptimizer optimizer;
    private final NDManager owner;
    private final Map<String, FlatParameters.Segment> byName;
    private final List<String> names;
    private final Map<String, NDArray> views = new HashMap<>();

    /**
     * Offers parameters.
     *
     * @param parameters the parameters
     * @param gradients loses those of frozen parameters
     * @param optimizer is told what is frozen
     * @param owner of views
     */
    FlatWeights(FlatParameters parameters, FlatGradients gradients, FlatOptimizer optimizer, NDManager owner) {
        this.parameters = parameters;
        this.gradients = gradients;
        this.optimizer = optimizer;
        this.owner = owner;
        byName = parameters.byName();
        names = parameters.segments().stream().map(FlatParameters.Segment::name).toList();
    }

    @Override
    public NDArray flat() {
        return parameters.flat();
    }

    @Override
    public long size() {
        return parameters.segments().getLast().end();
    }

    @Override
    public List<String> names() {
        return names;
    }

    private FlatParameters.Segment segment(String name) {
        FlatParameters.Segment segment = byName.get(name);
        if (segment == null) {
            throw new IllegalArgumentException("there is no trainable parameter '" + name + "'"
                    + Nearest.suggest(name, names));
        }
        return segment;
    }

    @Override
    public NDArray parameter(String name) {
        // Not the leaf itself: what is computed from a view belongs to the view's owner and has no graph.
        return views.computeIfAbsent(name, n -> segment(n).view(parameters.flat(), owner));
    }

    @Override
    public Map<String, NDArray> buffers() {
        return parameters.buffers();
    }

    @Override
    public void swap(NDArray other) {
        NDArray flat = parameters.flat();
        if (!other.getShape().equals(flat.getShape()) || other.getDataType() != flat.getDataType()) {
            throw new IllegalArgumentException("the array to swap with is " + other.getDataType() + " of shape "
                    + other.getShape() + ", expected " + flat.getDataType() + " of shape " + flat.getShape());
        }
        try (NDArray mine = flat.duplicate()) {
            Flat.copy(other, flat);
            Flat.copy(mine, other);
        }
    }

    @Override
    public void setFrozen(List<String> frozenNames, boolean frozen) {
        List<FlatParameters.Segment> changed =
                frozenNames.stream().map(this::segment).filter(s -> s.frozen() != frozen).toList();
        if (changed.isEmpty()) {
            return;
        }
        for (FlatParameters.Segment segment : changed) {
            segment.freeze(frozen);
            if (frozen) {
                gradients.froze(segment);
            }
        }
        optimizer.rangesChanged();
    }
}
