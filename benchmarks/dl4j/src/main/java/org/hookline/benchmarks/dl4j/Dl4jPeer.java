// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks.dl4j;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Deeplearning4j on a work of the benchmarks: the same weights, batches and optimizer. It speaks as {@code Contender}
 * in the module above does. The batches lie ready in memory.
 */
public final class Dl4jPeer {
    private final FloatBuffer weights;
    private final GraphBuilder graph;
    /** Layers with parameters, in the order of the file of weights. */
    private final List<String> layers = new ArrayList<>();
    private String last = "in";
    private int count;

    private Dl4jPeer(FloatBuffer weights) {
        this.weights = weights;
        graph = new NeuralNetConfiguration.Builder()
                .updater(new Adam(1e-3, 0.9, 0.999, 1e-8))
                // Decoupled, times the learning rate: with Adam this is AdamW.
                .weightDecay(0.01, true).weightDecayBias(0.01, true)
                .graphBuilder().addInputs("in");
    }

    /**
     * Trains.
     *
     * @param args work, folder, threads, batch
     */
    public static void main(String[] args) throws IOException {
        String work = args[0];
        Path folder = Path.of(args[1]);
        int batch = Integer.parseInt(args[3]);
        Dl4jPeer peer = new Dl4jPeer(floats(folder.resolve("weights.f32")));
        ComputationGraph net = switch (work) {
            case "mlp" -> peer.mlp(List.of(256, 256));
            case "deep" -> peer.mlp(Collections.nCopies(30, 128));
            case "lenet" -> peer.lenet();
            case "resnet" -> peer.resnet();
            default -> throw new IllegalArgumentException("work is '" + work + "'");
        };
        int size = work.equals("resnet") ? 32 : 28;
        long[] shape = work.equals("mlp") || work.equals("deep")
                ? new long[] {batch, size * size} : new long[] {batch, 1, size, size};
        List<DataSet> batches = batches(folder, shape, size * size);
        System.out.println("ready " + norm(net));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        int next = 0;
        String line;
        while ((line = in.readLine()) != null && !line.equals("end")) {
            if (line.equals("norm")) {
                System.out.println("norm " + norm(net));
                continue;
            }
            int iterations = Integer.parseInt(line.substring("turn ".length()));
            long start = System.nanoTime();
            for (int i = 0; i < iterations; i++) {
                net.fit(batches.get(next++ % batches.size()));
            }
            System.out.println("time " + (System.nanoTime() - start) / 1e6 / iterations);
        }
        System.exit(0);
    }

    private static FloatBuffer floats(Path file) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    }

    private static List<DataSet> batches(Path folder, long[] shape, int width) throws IOException {
        FloatBuffer features = floats(folder.resolve("features.f32"));
        byte[] classes = Files.readAllBytes(folder.resolve("classes.u8"));
        int batch = (int) shape[0];
        List<DataSet> batches = new ArrayList<>();
        for (int from = 0; from + batch <= classes.length; from += batch) {
            float[] x = new float[batch * width];
            features.get(from * width, x);
            float[] y = new float[batch * 10];
            for (int i = 0; i < batch; i++) {
                y[i * 10 + classes[from + i]] = 1;
            }
            batches.add(new DataSet(Nd4j.create(x, shape), Nd4j.create(y, new long[] {batch, 10})));
        }
        return batches;
    }

    /** The parameters that are trained: running means and variances of batch norms are parameters here too. */
    private static double norm(ComputationGraph net) {
        double squares = 0;
        for (Layer layer : net.getLayers()) {
            for (var e : layer.paramTable().entrySet()) {
                if (List.of("W", "b", "gamma", "beta").contains(e.getKey())) {
                    squares += Math.pow(e.getValue().castTo(DataType.DOUBLE).norm2Number().doubleValue(), 2);
                }
            }
        }
        return Math.sqrt(squares);
    }

    private Dl4jPeer add(org.deeplearning4j.nn.conf.layers.Layer layer, boolean parameters) {
        return add("layer" + count++, layer, parameters, last);
    }

    private Dl4jPeer add(String name, org.deeplearning4j.nn.conf.layers.Layer layer, boolean parameters, String input) {
        graph.addLayer(name, layer, input);
        if (parameters) {
            layers.add(name);
        }
        last = name;
        return this;
    }

    private static ConvolutionLayer convolution(int out, int kernel, int stride, int padding, boolean bias,
            Activation activation) {
        return new ConvolutionLayer.Builder(kernel, kernel).nOut(out).stride(stride, stride).padding(padding, padding)
                .hasBias(bias).activation(activation).build();
    }

    private static DenseLayer dense(int out) {
        return new DenseLayer.Builder().nOut(out).activation(Activation.RELU).build();
    }

    private static OutputLayer output() {
        return new OutputLayer.Builder(LossFunction.MCXENT).nOut(10).activation(Activation.SOFTMAX).build();
    }

    private ComputationGraph mlp(List<Integer> hidden) {
        hidden.forEach(units -> add(dense(units), true));
        add(output(), true);
        return build(InputType.feedForward(784));
    }

    private ComputationGraph lenet() {
        SubsamplingLayer pool = new SubsamplingLayer.Builder(PoolingType.MAX).kernelSize(2, 2).stride(2, 2).build();
        add(convolution(6, 5, 1, 2, true, Activation.RELU), true).add(pool, false)
                .add(convolution(16, 5, 1, 0, true, Activation.RELU), true).add(pool.clone(), false)
                .add(dense(120), true).add(dense(84), true).add(output(), true);
        return build(InputType.convolutional(28, 28, 1));
    }

    private void norm(Activation activation) {
        add(new BatchNormalization.Builder().eps(1e-5).decay(0.9).activation(activation).build(), true);
    }

    private ComputationGraph resnet() {
        add(convolution(64, 3, 1, 1, false, Activation.IDENTITY), true);
        norm(Activation.RELU);
        int inputs = 64;
        for (int stage = 0; stage < 4; stage++) {
            for (int unit = 0; unit < 2; unit++) {
                int outputs = 64 << stage;
                residual(inputs, outputs, stage > 0 && unit == 0 ? 2 : 1, "s" + stage + "u" + unit);
                inputs = outputs;
            }
        }
        add(new GlobalPoolingLayer.Builder(PoolingType.AVG).build(), false).add(output(), true);
        return build(InputType.convolutional(32, 32, 1));
    }

    private void residual(int inputs, int outputs, int stride, String name) {
        String from = last;
        add(name + "a", convolution(outputs, 3, stride, 1, false, Activation.IDENTITY), true, from);
        norm(Activation.RELU);
        add(name + "b", convolution(outputs, 3, 1, 1, false, Activation.IDENTITY), true, last);
        norm(Activation.IDENTITY);
        String branch = last;
        String shortcut = from;
        if (inputs != outputs || stride != 1) {
            add(name + "c", convolution(outputs, 1, stride, 0, false, Activation.IDENTITY), true, from);
            norm(Activation.IDENTITY);
            shortcut = last;
        }
        graph.addVertex(name + "sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), branch, shortcut);
        add(name + "relu", new ActivationLayer(Activation.RELU), false, name + "sum");
    }

    private ComputationGraph build(InputType input) {
        graph.setOutputs(last);
        graph.setInputTypes(input);
        ComputationGraph net = new ComputationGraph(graph.build());
        net.init();
        for (String layer : layers) {
            for (String key : List.of("W", "gamma", "b", "beta")) {
                INDArray parameter = net.getLayer(layer).paramTable().get(key);
                if (parameter != null) {
                    fill(parameter, key.equals("W") && parameter.rank() == 2);
                }
            }
        }
        if (weights.hasRemaining()) {
            throw new IllegalStateException(weights.remaining() + " weights are left over");
        }
        return net;
    }

    /** Weights of dense layers lie (outputs, inputs) in the file, and (inputs, outputs) here. */
    private void fill(INDArray parameter, boolean transposed) {
        float[] values = new float[(int) parameter.length()];
        weights.get(values);
        parameter.assign(transposed
                ? Nd4j.create(values, new long[] {parameter.size(1), parameter.size(0)}).transpose()
                : Nd4j.create(values, parameter.shape()));
    }
}
