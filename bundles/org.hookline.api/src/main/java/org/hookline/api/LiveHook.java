// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A hook that takes other settings while a run goes on, without being made anew:
 *
 * <pre>{@code
 * private final LiveSettings<Double> decay;
 *
 * @Activate
 * public MyHook(MyHookConfig config) {
 *     decay = LiveSettings.of(() -> checked(config));
 * }
 *
 * @Modified
 * void modified(MyHookConfig config) {
 *     decay.offer(() -> checked(config));
 * }
 *
 * @Override
 * public LiveSettings<Double> liveSettings() {
 *     return decay;
 * }
 * }</pre>
 *
 * <p>The method with {@code @Modified} is called on a thread of Config Admin while the training thread may be inside
 * the hook; {@link LiveSettings} keeps what it offers until the engine takes it up between two iterations. Settings
 * that are wrong are reported in one line and those before stay.
 *
 * @param <S> the settings
 */
@ConsumerType
public interface LiveHook<S> extends Hook {
    /** {@return the settings; always the same object} */
    LiveSettings<S> liveSettings();

    /**
     * Other settings are in force: what was worked out from those before is to be worked out again. Called on the
     * training thread between two iterations, after {@link #beforeTrain}; also when no value differs.
     *
     * @param context the run
     * @param before the settings before
     * @throws UserError if this run cannot have them: those before are in force again, and the hook is as it was
     */
    default void settingsChanged(TrainingContext context, S before) {}
}
