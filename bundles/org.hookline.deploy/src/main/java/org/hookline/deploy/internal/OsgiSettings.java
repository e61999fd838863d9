// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.hookline.deploy.HookConfiguration;
import org.hookline.runfile.HookType;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/** Settings through Config Admin. */
final class OsgiSettings implements ConfigFiles.Settings {
    private final HookConfiguration configuration;

    OsgiSettings(HookConfiguration configuration) {
        this.configuration = configuration;
    }

    @Override
    public List<HookType> types() {
        return configuration.installed().types();
    }

    private static Configuration of(ConfigurationAdmin admin, String pid, String name) throws IOException {
        // "?": for whichever bundle the component is in, and for the one that replaces it.
        return name.isEmpty() ? admin.getConfiguration(pid, "?") : admin.getFactoryConfiguration(pid, name, "?");
    }

    @Override
    public void put(String pid, String name, Map<String, Object> properties) throws IOException, InterruptedException {
        configuration.update(pid, admin -> of(admin, pid, name), before -> FrameworkUtil.asDictionary(properties));
    }

    @Override
    public void delete(String pid, String name) throws IOException, InterruptedException {
        configuration.delete(pid, admin -> of(admin, pid, name));
    }
}
