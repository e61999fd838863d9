// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.hookline.djl.Djl;
import org.hookline.torch.Torch;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The operations as a service, which starts DJL's engine and opens libtorch at the first call of any of them. */
@Component(service = Torch.class)
public final class TorchComponent implements Torch {
    private final Djl djl;
    private volatile Torch torch;

    /**
     * Creates it; loads nothing.
     *
     * @param djl knows where libtorch is
     */
    @Activate
    public TorchComponent(@Reference Djl djl) {
        this.djl = djl;
    }

    private Torch torch() {
        Torch opened = torch;
        return opened != null ? opened : open();
    }

    private synchronized Torch open() {
        if (torch == null) {
            torch = Opening.open(djl.torchFolder(), djl.torchVersion());
        }
        return torch;
    }

    @Override
    public String version() {
        return torch().version();
    }

    @Override
    public boolean has(Feature feature) {
        return torch().has(feature);
    }

    @Override
    public Optional<String> missing(Feature feature) {
        return torch().missing(feature);
    }

    @Override
    public void adamW(NDArray parameter, NDArray gradient, NDArray mean, NDArray variance, NDArray step,
            double learningRate, double beta1, double beta2, double eps, double weightDecay) {
        torch().adamW(parameter, gradient, mean, variance, step, learningRate, beta1, beta2, eps, weightDecay);
    }

    @Override
    public void adam(NDArray parameter, NDArray gradient, NDArray mean, NDArray variance, NDArray step,
            double learningRate, double beta1, double beta2, double eps, double weightDecay) {
        torch().adam(parameter, gradient, mean, variance, step, learningRate, beta1, beta2, eps, weightDecay);
    }

    @Override
    public void sgd(NDArray parameter, NDArray gradient, NDArray momentumBuffer, double learningRate, double momentum,
            double dampening, double weightDecay, boolean nesterov, boolean first) {
        torch().sgd(parameter, gradient, momentumBuffer, learningRate, momentum, dampening, weightDecay, nesterov,
                first);
    }

    @Override
    public GradientSlots gradientSlots(List<NDArray> leaves, NDArray flat) {
        return torch().gradientSlots(leaves, flat);
    }

    @Override
    public boolean read(List<NDArray> scalars, double[] values) {
        return torch().read(scalars, values);
    }

    @Override
    public void unscale(NDArray gradient, NDArray inverseScale, NDArray found) {
        torch().unscale(gradient, inverseScale, found);
    }

    @Override
    public AutocastScope setAutocast(AutocastType type, boolean gpu) {
        return torch().setAutocast(type, gpu);
    }

    @Override
    public boolean setAnomalyMode(boolean enabled) {
        return torch().setAnomalyMode(enabled);
    }

    @Override
    public WarningScope captureWarnings(Consumer<String> receiver) {
        return torch().captureWarnings(receiver);
    }

    @Override
    public boolean keepFreedMemory() {
        return torch().keepFreedMemory();
    }

    @Override
    public void returnFreedMemory() {
        torch().returnFreedMemory();
    }

    @Override
    public boolean setFlushDenormal(boolean enabled) {
        return torch().setFlushDenormal(enabled);
    }

    @Override
    public void setThreads(int threads) {
        torch().setThreads(threads);
    }

    @Override
    public int threads() {
        return torch().threads();
    }

    @Override
    public Blas useBlas(Blas which) {
        return torch().useBlas(which);
    }

    @Override
    public Blas blas() {
        return torch().blas();
    }

    @Override
    public Blas fasterBlas(int threads) {
        return torch().fasterBlas(threads);
    }

    @Override
    public NDArray convolution3x3(NDArray images, NDArray weights) {
        return torch().convolution3x3(images, weights);
    }

    @Override
    public NDArray maxPool2d(NDArray images, Shape window, Shape stride, Shape padding) {
        return torch().maxPool2d(images, window, stride, padding);
    }

    @Override
    public NDArray crossEntropy(NDArray predictions, NDArray labels, double labelSmoothing) {
        return torch().crossEntropy(predictions, labels, labelSmoothing);
    }

    @Override
    public NDArray attention(NDArray queries, NDArray keys, NDArray values, double dropout, boolean causal) {
        return torch().attention(queries, keys, values, dropout, causal);
    }

    @Override
    public boolean set(Switch which, boolean on) {
        return torch().set(which, on);
    }

    @Override
    public NDArray channelsLast(NDArray images) {
        return torch().channelsLast(images);
    }

    @Override
    public int gpus() {
        return torch().gpus();
    }

    @Override
    public CopyStream copyStream(Device gpu) {
        return torch().copyStream(gpu);
    }

    @Override
    public AllocatorMemory allocatorMemory(NDArray array) {
        return torch().allocatorMemory(array);
    }

    @Override
    public boolean isOn(Switch which) {
        return torch().isOn(which);
    }

    @Override
    public GpuLibraries gpuLibraries() {
        return torch().gpuLibraries();
    }
}
