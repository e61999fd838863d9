// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The settings of a hook that may change while a run goes on. New ones are offered by any thread, by the method with
 * {@code @Modified}, and come into force on the training thread between two iterations, so that no iteration sees both.
 * New ones that are wrong never come into force.
 *
 * @param <S> the settings: immutable
 */
public final class LiveSettings<S> {
    private record Offer<S>(S settings, RuntimeException mistake) {}

    private final Supplier<? extends S> given;
    private volatile S inForce;
    private volatile Offer<S> next;

    private LiveSettings(Supplier<? extends S> given) {
        this.given = given;
    }

    /**
     * Begins with what a hook is made with. It is checked when it is first asked for, in {@code beforeTrain}: a mistake
     * then has a run to be reported in.
     *
     * @param <S> the settings
     * @param settings makes and checks them
     * @return the settings
     */
    public static <S> LiveSettings<S> of(Supplier<? extends S> settings) {
        return new LiveSettings<>(settings);
    }

    /**
     * Gives those in force. Training thread.
     *
     * @return the settings
     * @throws UserError if those that the hook was made with are wrong
     */
    public S get() {
        S settings = inForce;
        if (settings == null) {
            settings = given.get();
            inForce = settings;
        }
        return settings;
    }

    /**
     * Offers others, in place of any that were offered before and are not in force yet. They are made and checked at
     * once; a mistake is kept for {@link #takeUp}. For any thread.
     *
     * @param settings makes and checks them
     */
    public void offer(Supplier<? extends S> settings) {
        Offer<S> offer;
        try {
            offer = new Offer<>(settings.get(), null);
        } catch (RuntimeException e) {
            offer = new Offer<>(null, e);
        }
        next = offer;
    }

    /**
     * Puts those into force that were offered last. The engine calls it, on the training thread, between two
     * iterations.
     *
     * @param told hears of the settings before, if there were some; what it throws brings them back
     * @return whether there were others
     * @throws RuntimeException the mistake in those that were offered, or what {@code told} throws: those before stay
     */
    public boolean takeUp(Consumer<? super S> told) {
        Offer<S> offer = next;
        if (offer == null) {
            return false;
        }
        next = null;
        if (offer.mistake() != null) {
            throw offer.mistake();
        }
        S before = inForce;
        inForce = offer.settings();
        if (before != null) {
            try {
                told.accept(before);
            } catch (RuntimeException | Error e) {
                inForce = before;
                throw e;
            }
        }
        return true;
    }

    /**
     * Refuses another value of a parameter that a run has to its end, for use in {@link LiveHook#settingsChanged}.
     *
     * @param parameter hook and parameter, for example {@code SeedHook: seed}
     * @param before the value in force
     * @param now the other value
     * @throws UserError if they differ
     */
    public static void fixed(String parameter, Object before, Object now) {
        if (!Objects.deepEquals(before, now)) {
            throw new UserError(parameter + " is " + before + " for the whole run and cannot become " + now
                    + " while it goes on");
        }
    }
}
