// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import org.apache.felix.framework.Logger;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;
import org.slf4j.LoggerFactory;

/** The framework's own messages, which Felix otherwise prints to the terminal. */
final class FelixLog extends Logger {
    private final org.slf4j.Logger target = LoggerFactory.getLogger("org.apache.felix.framework");

    FelixLog() {
        setLogLevel(target.isDebugEnabled() ? Logger.LOG_DEBUG : Logger.LOG_INFO);
    }

    @Override
    protected void doLog(
            Bundle bundle,
            @SuppressWarnings("rawtypes") ServiceReference service,
            int level,
            String message,
            Throwable failure) {
        String where = bundle == null ? "" : bundle.getSymbolicName() + ": ";
        target.atLevel(OsgiLog.level(level)).setCause(failure).log(where + message);
    }
}
