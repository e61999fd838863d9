// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Optional;
import org.hookline.api.facet.Autograd;
import org.hookline.torch.Torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Backward passes, watched for anomalies where somebody asked. libtorch's mode is one switch for the whole process, so
 * that it is on for single iterations only. Training thread only.
 */
final class AnomalyMode implements Autograd {
    private static final Logger LOG = LoggerFactory.getLogger(AnomalyMode.class);

    private final Torch torch;
    private final String missing;
    private final boolean captures;
    private boolean on;
    private boolean before;

    /**
     * Starts with the mode as it is.
     *
     * @param torch for the mode, if there is any
     */
    AnomalyMode(Optional<Torch> torch) {
        this.torch = torch.filter(t -> t.has(Torch.Feature.ANOMALY_MODE)).orElse(null);
        missing = torch.map(t -> t.missing(Torch.Feature.ANOMALY_MODE).map(m -> "this libtorch lacks " + m).orElse(""))
                .orElse("the bundle org.hookline.torch is not there");
        captures = this.torch != null && this.torch.has(Torch.Feature.WARNINGS);
    }

    @Override
    public Optional<String> missing() {
        return torch == null ? Optional.of(missing) : Optional.empty();
    }

    @Override
    public void detectAnomaly() {
        if (torch == null) {
            throw new IllegalStateException(missing);
        }
        if (!on) {
            before = torch.setAnomalyMode(true);
            on = true;
        }
    }

    /** The iteration is over, or the run. */
    void end() {
        if (on) {
            on = false;
            torch.setAnomalyMode(before);
        }
    }

    /**
     * Does a backward pass. What libtorch tells of an anomaly, the stack of the forward pass, goes to the log.
     *
     * @param loss where it starts
     * @param seed the gradient of the loss
     */
    void backward(PtNDArray loss, PtNDArray seed) {
        if (!on || !captures) {
            JniUtils.backward(loss, seed, false, false);
            return;
        }
        try (Torch.WarningScope _ = torch.captureWarnings(w -> LOG.error("{}", w.strip()))) {
            JniUtils.backward(loss, seed, false, false);
        }
    }
}
