// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hookline.api.UserError;

/**
 * The parameters of a model: all trainable values in one flat array, of which each parameter is a leaf view, and the
 * buffers apart. Training thread only.
 */
final class FlatParameters {
    /** A trainable parameter: its place in the flat array and the leaf that the block computes with. */
    static final class Segment {
        private final String name;
        private final Shape shape;
        private final long start;
        private final long end;
        private final NDArray leaf;
        private final boolean channelsLast;
        private boolean frozen;

        Segment(String name, Shape shape, long start, long end, NDArray leaf, boolean channelsLast) {
            this.name = name;
            this.shape = shape;
            this.start = start;
            this.end = end;
            this.leaf = leaf;
            this.channelsLast = channelsLast;
        }

        String name() {
            return name;
        }

        Shape shape() {
            return shape;
        }

        long start() {
            return start;
        }

        long end() {
            return end;
        }

        NDArray leaf() {
            return leaf;
        }

        boolean frozen() {
            return frozen;
        }

        /**
         * Gives the values of this parameter in an array that is laid out as the flat one.
         *
         * @param array one-dimensional
         * @param owner of the view
         * @return of the parameter's shape, shares the array's memory
         */
        NDArray view(NDArray array, NDManager owner) {
            return view(array, owner, shape, start, end, channelsLast);
        }

        private static NDArray view(NDArray array, NDManager owner, Shape shape, long start, long end,
                boolean channelsLast) {
            try (NDArray part = Flat.view(array, owner, start, end)) {
                if (!channelsLast) {
                    return part.reshape(shape);
                }
                try (NDArray pixels = part.reshape(shape.get(0), shape.get(2), shape.get(3), shape.get(1))) {
                    return pixels.transpose(0, 3, 1, 2);
                }
            }
        }

        /**
         * Puts values of this parameter into an array that is laid out as the flat one.
         *
         * @param values of the parameter's shape, in any order of memory
         * @param array one-dimensional
         */
        void put(NDArray values, NDArray array) {
            put(values, array, start, end, channelsLast);
        }

        private static void put(NDArray values, NDArray array, long start, long end, boolean channelsLast) {
            Shape one = new Shape(end - start);
            if (!channelsLast) {
                try (NDArray line = values.reshape(one)) {
                    Flat.copy(line, array, start, end);
                }
                return;
            }
            try (NDArray pixels = values.transpose(0, 2, 3, 1); NDArray line = pixels.reshape(one)) {
                Flat.copy(line, array, start, end);
            }
        }

        void freeze(boolean value) {
            frozen = value;
            leaf.setRequiresGradient(!value);
        }
    }

    /** Hands the leaves to the blocks: the parameters hold them themselves. */
    private static final class LeafStore extends ParameterStore {
        LeafStore(NDManager manager) {
            super(manager, false);
        }

        @Override
        public NDArray getValue(Parameter parameter, Device device, boolean training) {
            return parameter == null ? null : parameter.getArray();
        }
    }

    private final NDManager owner;
    private final NDManager leaves;
    private final NDArray flat;
    private final List<Segment> segments;
    private final Map<String, NDArray> buffers;
    private final ParameterStore store;
    private final Set<NDArray> own = Collections.newSetFromMap(new IdentityHashMap<>());

    private FlatParameters(NDManager leaves, NDArray flat, List<Segment> segments, Map<String, Parameter> buffers,
            NDManager owner) {
        this.owner = owner;
        this.leaves = leaves;
        this.flat = flat;
        this.segments = List.copyOf(segments);
        this.store = new LeafStore(leaves);
        this.buffers = new LinkedHashMap<>();
        segments.forEach(s -> own.add(s.leaf()));
        buffers.forEach((name, parameter) -> {
            NDArray array = parameter.getArray();
            own.add(array);
            // An alias with another owner: what a hook derives from it is not mistaken for a left-over of a block.
            NDArray alias = array.reshape(array.getShape());
            alias.attach(owner);
            this.buffers.put(name, alias);
        });
    }

    /**
     * Initialises a block and takes its parameters over.
     *
     * @param block not initialised
     * @param input the shape of a batch
     * @param seed of the initial values; the random numbers of the whole process start from it
     * @param owner of all arrays, on the device
     * @return the parameters
     */
    static FlatParameters create(Block block, Shape input, long seed, NDManager owner) {
        return create(block, input, seed, owner, false);
    }

    /**
     * Initialises a block and takes its parameters over.
     *
     * @param block not initialised
     * @param input the shape of a batch
     * @param seed of the initial values; the random numbers of the whole process start from it
     * @param owner of all arrays, on the device
     * @param channelsLast whether parameters of four dimensions, (out, in, height, width), lie in the flat array in the
     *     memory format channels last: in the order (out, height, width, in)
     * @return the parameters
     */
    static FlatParameters create(Block block, Shape input, long seed, NDManager owner, boolean channelsLast) {
        Engine engine = DjlRuntime.engine();
        NDManager leaves = owner.newSubManager();
        synchronized (TorchRandomNumbers.GENERATORS) {
            engine.setRandomSeed((int) (seed ^ (seed >>> 32)));
            block.initialize(leaves, DataType.FLOAT32, input);
        }
        Map<String, Parameter> all = collect(block);
        Map<String, Parameter> buffers = new LinkedHashMap<>();
        long size = 0;
        for (Map.Entry<String, Parameter> e : all.entrySet()) {
            Parameter parameter = e.getValue();
            if (!parameter.requiresGradient()) {
                buffers.put(e.getKey(), parameter);
            } else if (parameter.getArray().getDataType() != DataType.FLOAT32) {
                throw new UserError("model: parameter " + e.getKey() + " is " + parameter.getArray().getDataType()
                        + ", expected float32");
            } else {
                size += parameter.getArray().size();
            }
        }
        if (size == 0) {
            throw new UserError("model: it has no trainable parameters");
        }
        buffers.keySet().forEach(all::remove);
        NDArray flat = owner.create(new Shape(size), DataType.FLOAT32);
        List<Segment> segments = new ArrayList<>();
        long start = 0;
        for (Map.Entry<String, Parameter> e : all.entrySet()) {
            Segment segment = move(e.getKey(), e.getValue().getArray(), flat, start, leaves, channelsLast);
            segments.add(segment);
            start = segment.end();
        }
        return new FlatParameters(leaves, flat, segments, buffers, owner);
    }

    /** Children in their order, each parameter once; the names of children begin with their number. */
    static Map<String, Parameter> collect(Block block) {
        Map<String, Parameter> found = new LinkedHashMap<>();
        collect(block, "", found, Collections.newSetFromMap(new IdentityHashMap<>()));
        return found;
    }

    private static void collect(Block block, String path, Map<String, Parameter> found, Set<Parameter> seen) {
        for (Pair<String, Parameter> direct : block.getDirectParameters()) {
            if (seen.add(direct.getValue())) {
                String name = path + direct.getKey();
                for (int i = 2; found.containsKey(name); i++) {
                    name = path + direct.getKey() + "#" + i;
                }
                found.put(name, direct.getValue());
            }
        }
        for (Pair<String, Block> child : block.getChildren()) {
            collect(child.getValue(), path + child.getKey() + ".", found, seen);
        }
    }

    /**
     * Copies a parameter's values into the flat array and puts a leaf view of them in the place of its own memory. The
     * Java object stays: the block keeps it, and believes itself initialised.
     */
    private static Segment move(String name, NDArray array, NDArray flat, long start, NDManager leaves,
            boolean channelsLast) {
        Shape shape = array.getShape();
        long end = start + array.size();
        boolean last = channelsLast && shape.dimension() == 4;
        Segment.put(array, flat, start, end, last);
        NDArray leaf = Segment.view(flat, leaves, shape, start, end, last);
        leaf.setRequiresGradient(true);
        array.intern(leaf);
        return new Segment(name, shape, start, end, array, last);
    }

    /**
     * {@return all trainable values, of shape (number of values); the place of a value within a parameter is told by
     * {@link Segment#view}}
     */
    NDArray flat() {
        return flat;
    }

    /** {@return whether the order of values within any parameter is that of channels last} */
    boolean channelsLast() {
        return segments.stream().anyMatch(s -> s.channelsLast);
    }

    /**
     * Copies an array that is laid out as the flat one into one in which each parameter lies in the order of its
     * indexes.
     *
     * @param from one-dimensional
     * @param to of the same size, overwritten
     */
    void copyInOrder(NDArray from, NDArray to) {
        if (!channelsLast()) {
            Flat.copy(from, to);
            return;
        }
        for (Segment segment : segments) {
            try (NDArray values = segment.view(from, owner); NDArray line = values.reshape(new Shape(values.size()))) {
                Flat.copy(line, to, segment.start, segment.end);
            }
        }
    }

    /** {@return the trainable parameters in the order of the flat array} */
    List<Segment> segments() {
        return segments;
    }

    /** {@return the parameters by name} */
    Map<String, Segment> byName() {
        Map<String, Segment> map = new HashMap<>();
        segments.forEach(s -> map.put(s.name(), s));
        return map;
    }

    /** {@return what is not trained, by name; live} */
    Map<String, NDArray> buffers() {
        return Collections.unmodifiableMap(buffers);
    }

    /** {@return what blocks get their parameters from} */
    ParameterStore store() {
        return store;
    }

    /**
     * Closes arrays that a forward pass left with the owner of the parameters: the result of an operation belongs to
     * the owner of its first operand, and some blocks have a parameter there.
     *
     * @return how many there were
     */
    int sweep() {
        int swept = 0;
        for (NDArray array : leaves.getManagedArrays()) {
            if (!own.contains(array)) {
                array.close();
                swept++;
            }
        }
        return swept;
    }
}
