// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.fp16optimizer.internal;

import java.util.Map;
import org.hookline.api.UserError;

/**
 * A dynamic loss scale (Micikevicius et al., 2018), with the rules of {@code torch.amp.GradScaler}: a step with an
 * infinite or NaN gradient multiplies it by the backoff factor, {@code interval} steps in a row without one by the
 * growth factor. The scale is a float32, as there; growth to infinity is left out.
 */
final class LossScale {
    /**
     * How a scale moves.
     *
     * @param initial the scale at the start, above 0
     * @param growth by what it grows, above 1
     * @param backoff by what it shrinks, between 0 and 1
     * @param interval finite steps in a row before it grows, at least 1
     * @param minimum what it must not fall below; 0 for no limit
     */
    record Settings(double initial, double growth, double backoff, long interval, double minimum) {
        static final Settings DEFAULT = new Settings(65536, 2, 0.5, 2000, 1e-4);

        Settings {
            check("init_scale", initial, initial > 0 && initial <= Float.MAX_VALUE, "a number above 0");
            check("growth_factor", growth, growth > 1 && growth < Double.POSITIVE_INFINITY, "a number above 1");
            check("backoff_factor", backoff, backoff > 0 && backoff < 1, "a number between 0 and 1");
            check("growth_interval", interval, interval >= 1, "1 or more");
            check("min_scale", minimum, minimum >= 0 && minimum <= initial, "0 to init_scale (" + initial + ")");
        }

        private static void check(String key, Number value, boolean right, String expected) {
            if (!right) {
                throw new UserError("Fp16OptimizerHook: " + key + " is " + value + ", expected " + expected);
            }
        }
    }

    private Settings settings;
    private float scale;
    private long finiteInARow;

    LossScale(Settings settings) {
        this.settings = settings;
        scale = (float) settings.initial();
    }

    /**
     * Moves in another way from now on. The scale stays where it is.
     *
     * @param other how it moves
     */
    void use(Settings other) {
        settings = other;
    }

    /** {@return the scale of the next step} */
    double now() {
        return scale;
    }

    /** {@return finite steps since the scale last changed} */
    long finiteInARow() {
        return finiteInARow;
    }

    /**
     * Takes the outcome of a step.
     *
     * @param finite whether all gradients were finite
     */
    void update(boolean finite) {
        if (!finite) {
            scale = (float) (scale * settings.backoff());
            finiteInARow = 0;
        } else if (++finiteInARow >= settings.interval()) {
            float grown = (float) (scale * settings.growth());
            if (Float.isFinite(grown)) {
                scale = grown;
            }
            finiteInARow = 0;
        }
    }

    /** {@return whether the scale has shrunk as far as it may: then the scale is not what makes gradients infinite} */
    boolean exhausted() {
        return scale == 0 || scale < settings.minimum();
    }

    Map<String, Object> save() {
        return Map.of("scale", scale, "finite_in_a_row", finiteInARow);
    }

    /**
     * Takes a saved scale; how it moves stays as it was set.
     *
     * @param state from {@link #save}
     * @throws IllegalArgumentException if it is not one
     */
    void load(Map<String, Object> state) {
        if (!(state.get("scale") instanceof Number s) || !(s.floatValue() > 0) || !Float.isFinite(s.floatValue())
                || !(state.get("finite_in_a_row") instanceof Number n) || n.longValue() < 0) {
            throw new IllegalArgumentException("the state of Fp16OptimizerHook is " + state
                    + ", expected a 'scale' above 0 and 'finite_in_a_row'");
        }
        scale = s.floatValue();
        finiteInARow = n.longValue();
    }
}
