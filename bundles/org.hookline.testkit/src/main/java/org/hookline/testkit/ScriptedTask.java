// SPDX-License-Identifier: Apache-2.0
package org.hookline.testkit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;
import org.hookline.api.facet.Evaluation;
import org.hookline.api.facet.Stepper;
import org.hookline.api.facet.Weights;
import org.hookline.engine.TaskLink;
import org.hookline.engine.TrainingTask;

/**
 * A model whose weights after each optimizer step are given by the test, so that what a hook makes of them can be
 * worked out by hand. The arrays are real ones, of the engine of the manager that the test gives. An evaluation finds
 * the first weight as {@code loss}: it tells which weights are in the model.
 */
public final class ScriptedTask implements TrainingTask {
    private final NDManager owner;
    private final int iterationsPerEpoch;
    private final Map<String, Shape> shapes;
    private final LongFunction<float[]> script;
    private final NDArray flat;
    private final Map<String, NDArray> buffers = new LinkedHashMap<>();
    private final Set<String> frozen = new LinkedHashSet<>();
    private final Map<String, Evaluation.Result> results = new LinkedHashMap<>();
    private final ScriptedStepper stepper = new ScriptedStepper();
    private final Evaluation evaluation = new FirstWeight();
    private final Weights weights = new ArrayWeights();
    private TaskLink link;
    private boolean evaluationFails;

    /**
     * Makes a task.
     *
     * @param root makes the arrays; stays open
     * @param iterationsPerEpoch iterations of a pass
     * @param shapes of the parameters, in the order of the flat array
     * @param script the flat array after so many steps, from 0
     */
    public ScriptedTask(
            NDManager root, int iterationsPerEpoch, Map<String, Shape> shapes, LongFunction<float[]> script) {
        this.owner = root.newSubManager();
        this.iterationsPerEpoch = iterationsPerEpoch;
        this.shapes = new LinkedHashMap<>(shapes);
        this.script = script;
        flat = owner.create(script.apply(0));
        if (flat.size() != shapes.values().stream().mapToLong(Shape::size).sum()) {
            throw new IllegalArgumentException("the script's array has " + flat.size() + " values, not those of "
                    + shapes);
        }
    }

    /**
     * Adds a buffer.
     *
     * @param name its name
     * @param values its values
     * @return this
     */
    public ScriptedTask buffer(String name, float... values) {
        buffers.put(name, owner.create(values));
        return this;
    }

    /**
     * Begins where a run was resumed.
     *
     * @param steps the optimizer steps done before
     * @return this
     */
    public ScriptedTask resumed(long steps) {
        stepper.steps = steps;
        put(flat, script.apply(steps));
        return this;
    }

    /**
     * Lets evaluations fail half-way from now on.
     *
     * @param fails whether they do
     */
    public void evaluationFails(boolean fails) {
        evaluationFails = fails;
    }

    /** {@return the weights of now} */
    public float[] weights() {
        return flat.toFloatArray();
    }

    /** {@return the frozen parameters} */
    public Set<String> frozen() {
        return Collections.unmodifiableSet(frozen);
    }

    /** {@return the optimizer} */
    public Stepper stepper() {
        return stepper;
    }

    private static void put(NDArray array, float[] values) {
        try (NDArray fresh = array.getManager().create(values)) {
            array.subi(array).addi(fresh);
        }
    }

    @Override
    public String device() {
        return "scripted";
    }

    @Override
    public int iterationsPerEpoch() {
        return iterationsPerEpoch;
    }

    @Override
    public void open(TaskLink taskLink) {
        link = taskLink;
    }

    @Override
    public Map<Class<?>, Object> facets() {
        return Map.of(Stepper.class, stepper, Weights.class, weights, Evaluation.class, evaluation);
    }

    @Override
    public void beginEpoch(int epoch, int skip) {}

    @Override
    public int nextBatch() {
        return 1;
    }

    @Override
    public void forward() {
        link.metrics().put("loss", 1.0);
    }

    @Override
    public void endIteration() {}

    @Override
    public double[] read(List<NDArray> scalars) {
        return scalars.stream().mapToDouble(a -> a.toFloatArray()[0]).toArray();
    }

    @Override
    public NDManager newScope() {
        return owner.newSubManager();
    }

    @Override
    public void close() {
        owner.close();
    }

    private final class ScriptedStepper extends CountedSteps {
        ScriptedStepper() {
            super("scripted");
        }

        @Override
        public void step() {
            steps++;
            float[] now = flat.toFloatArray();
            float[] next = script.apply(steps);
            int at = 0;
            for (Map.Entry<String, Shape> parameter : shapes.entrySet()) {
                int size = (int) parameter.getValue().size();
                if (!frozen.contains(parameter.getKey())) {
                    System.arraycopy(next, at, now, at, size);
                }
                at += size;
            }
            put(flat, now);
            link.optimizerStepped();
        }

        @Override
        public long plannedSteps() {
            return link.progress().iterations();
        }
    }

    private final class ArrayWeights implements Weights {
        @Override
        public NDArray flat() {
            return flat;
        }

        @Override
        public long size() {
            return flat.size();
        }

        @Override
        public List<String> names() {
            return List.copyOf(shapes.keySet());
        }

        @Override
        public NDArray parameter(String name) {
            long at = 0;
            for (Map.Entry<String, Shape> parameter : shapes.entrySet()) {
                long size = parameter.getValue().size();
                if (parameter.getKey().equals(name)) {
                    return flat.get(at + ":" + (at + size)).reshape(parameter.getValue());
                }
                at += size;
            }
            throw new IllegalArgumentException("there is no parameter '" + name + "'");
        }

        @Override
        public Map<String, NDArray> buffers() {
            return Collections.unmodifiableMap(buffers);
        }

        @Override
        public void swap(NDArray other) {
            float[] mine = flat.toFloatArray();
            put(flat, other.toFloatArray());
            put(other, mine);
        }

        @Override
        public void setFrozen(List<String> names, boolean freeze) {
            for (String name : names) {
                parameter(name);
                if (freeze) {
                    frozen.add(name);
                } else {
                    frozen.remove(name);
                }
            }
        }
    }

    private final class FirstWeight implements Evaluation {
        @Override
        public List<String> splits() {
            return List.of("test");
        }

        @Override
        public Result evaluate(String split) {
            link.evaluationStarts();
            if (evaluationFails) {
                throw new IllegalStateException("the evaluation failed half-way");
            }
            Result result = new Result(split, link.progress().epoch(), link.progress().iteration(), 1, 0,
                    Map.of("loss", (double) flat.toFloatArray()[0]));
            results.put(split, result);
            link.evaluationEnded(result);
            return result;
        }

        @Override
        public List<Result> latest() {
            return new ArrayList<>(results.values());
        }

        @Override
        public List<MetricInfo> metrics() {
            return List.of(new MetricInfo("loss", false));
        }
    }
}
