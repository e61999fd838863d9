// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.hookline.deploy.Deployments.Leak;
import org.junit.jupiter.api.Test;

class LeakWatchTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

    private final LeakWatch watch = new LeakWatch(Clock.fixed(NOW, ZoneOffset.UTC));

    private static ClassLoader loader() {
        return new URLClassLoader(new URL[0], null);
    }

    @Test
    void aLoaderThatSomebodyHoldsIsNamedWithTheTimeAtWhichItWent() {
        ClassLoader held = loader();
        watch.add("held", "1.0.0", held);
        watch.add("free", "1.0.0", loader());
        assertThat(watch.leaks(false)).as("nothing was collected yet").isEmpty();
        LeakWatch.collect();
        assertThat(watch.leaks(true)).containsExactly(new Leak("held", "1.0.0", NOW));
        assertThat(watch.leaks(false)).as("those that outlived two collections")
                .containsExactly(new Leak("held", "1.0.0", NOW));
        assertThat(held.getParent()).as("held up to here").isNull();
        held = null;
        LeakWatch.collect();
        assertThat(watch.leaks(true)).isEmpty();
    }
}
