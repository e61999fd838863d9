// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.hookline.api.UserError;
import org.hookline.launch.Command;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** In a bundle of its own: the command {@code check}, which does what its first argument says. */
public final class TestCommand implements BundleActivator, Command {
    private final CountDownLatch interrupted = new CountDownLatch(1);

    @Override
    @SuppressWarnings("JdkObsolete")
    public void start(BundleContext context) {
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put(NAME, "check");
        context.registerService(Command.class, this, properties);
    }

    @Override
    public void stop(BundleContext context) {
        System.out.println("stopped");
    }

    @Override
    public int run(List<String> arguments) throws Exception {
        System.out.println("tmp " + System.getProperty("java.io.tmpdir"));
        switch (arguments.getFirst()) {
            case "code" -> {
                return Integer.parseInt(arguments.get(1));
            }
            case "mistake" -> throw new IllegalStateException(new UserError("run.yaml:3: no such hook"));
            case "failure" -> throw new IllegalArgumentException("broken");
            case "loop" -> {
                System.out.println("running");
                interrupted.await();
                System.out.println("ended by a signal");
                return 0;
            }
            default -> {
                System.out.println("running");
                Thread.sleep(60_000);
                return 0;
            }
        }
    }

    @Override
    public void interrupt(String signal) {
        System.out.println("asked by " + signal);
        interrupted.countDown();
    }
}
