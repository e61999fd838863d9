// SPDX-License-Identifier: Apache-2.0
package org.hookline.testing.internal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.HookProperties;
import org.hookline.launch.Command;
import org.hookline.testing.Hookline;
import org.hookline.testing.HooklineOptions;
import org.hookline.testing.TrainedRun;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Calls the very command that a user calls, and lets a hook of its own see how the run goes. */
@Component
public final class ContainerHookline implements Hookline {
    private final BundleContext context;
    private final Command train;

    /**
     * Makes the component.
     *
     * @param context of this bundle
     * @param train the command
     */
    @Activate
    public ContainerHookline(BundleContext context, @Reference(target = "(hookline.command=train)") Command train) {
        this.context = context;
        this.train = train;
    }

    @Override
    public TrainedRun train(String... arguments) {
        List<String> line = new ArrayList<>(List.of(arguments));
        line.addAll(List.of("--output", System.getProperty("hookline.testing.output")));
        Witness witness = new Witness();
        ServiceRegistration<Hook> registration = context.registerService(Hook.class, witness, new Hashtable<>(Map.of(
                HookProperties.NAME, Witness.NAME, HookProperties.LEVEL, Integer.MAX_VALUE,
                HookProperties.KIND, HookKind.OBSERVER)));
        try {
            return witness.result(train.run(line));
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError("the run failed: " + e.getMessage(), e);
        } finally {
            registration.unregister();
        }
    }

    @Override
    public Path deployFolder() {
        return Path.of(System.getProperty(HooklineOptions.DEPLOY));
    }
}
