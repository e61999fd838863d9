// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import org.hookline.api.Hook;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;

/** What may lie in a hot folder besides a good hook. */
final class Specimens {
    private Specimens() {}

    /** A second hook, for bundles with two. */
    @Component(service = Hook.class, name = "SecondHook")
    public static final class SecondHook implements Hook {
        @Override
        public void afterTrainIter(TrainingContext context) {
            System.setProperty("second.last", Long.toString(context.progress().iteration()));
        }
    }

    /** Leaves a thread behind. */
    @Component(service = Hook.class, name = "ClingingHook")
    public static final class ClingingHook implements Hook {
        @Override
        public void beforeTrain(TrainingContext context) {
            Thread.ofPlatform().daemon().name("clinging").start(() -> {
                try {
                    Thread.sleep(Long.MAX_VALUE);
                } catch (InterruptedException e) {
                    System.setProperty("second.interrupted", "true");
                }
            });
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            System.setProperty("second.last", Long.toString(context.progress().iteration()));
        }
    }

    /** Starts, and then cannot begin in a run. */
    @Component(service = Hook.class, name = "LateFailureHook")
    public static final class LateFailureHook implements Hook {
        @Override
        public void beforeTrain(TrainingContext context) {
            throw new IllegalStateException("no luck today");
        }
    }

    /** Its constructor throws. */
    @Component(service = Hook.class, name = "UnmadeHook")
    public static final class UnmadeHook implements Hook {
        /** Fails. */
        @Activate
        public UnmadeHook() {
            throw new IllegalStateException("cannot be made");
        }
    }

    /** Its level cannot be read. */
    @Component(service = Hook.class, name = "MislevelledHook")
    @Level("HIHG")
    public static final class MislevelledHook implements Hook {}

    /** A component, and no hook. */
    @Component(service = Runnable.class, name = "NoHook")
    public static final class NoHook implements Runnable {
        @Override
        public void run() {}
    }

    /** An activator that throws. */
    public static final class BadActivator implements BundleActivator {
        @Override
        public void start(BundleContext context) {
            throw new IllegalStateException("activator broke");
        }

        @Override
        public void stop(BundleContext context) {}
    }

    /** Hangs in an iteration when told to. */
    @Component(service = Hook.class, name = "HangingHook")
    public static final class HangingHook implements Hook {
        @Override
        public void afterTrainIter(TrainingContext context) throws InterruptedException {
            while (Boolean.getBoolean("hanging.on")) {
                Thread.sleep(5);
            }
        }
    }

    /** Takes settings as it runs. */
    @Component(service = Hook.class, name = "TunableHook")
    public static final class TunableHook implements LiveHook<Integer> {
        /** Its settings. */
        public @interface Config {
            /** {@return what it shows} */
            int amount() default 1;
        }

        private final LiveSettings<Integer> amount;

        /**
         * Starts.
         *
         * @param config its settings
         */
        @Activate
        public TunableHook(Config config) {
            amount = LiveSettings.of(() -> checked(config));
            System.setProperty("tunable.made", Integer.toString(Integer.getInteger("tunable.made", 0) + 1));
        }

        @Modified
        void modified(Config config) {
            amount.offer(() -> checked(config));
        }

        private static int checked(Config config) {
            if (config.amount() < 0) {
                throw new UserError("TunableHook: amount is " + config.amount() + ", expected 0 or more");
            }
            return config.amount();
        }

        @Override
        public LiveSettings<Integer> liveSettings() {
            return amount;
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            System.setProperty("tunable.amount", Integer.toString(amount.get()));
        }
    }
}
