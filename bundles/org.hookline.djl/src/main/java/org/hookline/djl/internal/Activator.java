// SPDX-License-Identifier: Apache-2.0
package org.hookline.djl.internal;

import org.hookline.djl.Djl;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Registers the engine without starting it. */
public final class Activator implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        Djl djl = new DjlEngine(getClass().getClassLoader(), context.getDataFile("djl").toPath(), System::getenv);
        // Unregistered by the framework when the bundle stops; the native libraries stay until the process ends.
        context.registerService(Djl.class, djl, null);
    }

    @Override
    public void stop(BundleContext context) {
        // nothing to undo
    }
}
