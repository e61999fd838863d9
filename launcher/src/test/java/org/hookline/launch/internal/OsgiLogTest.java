// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.service.log.FormatterLogger;
import org.osgi.service.log.LogService;
import org.slf4j.LoggerFactory;

class OsgiLogTest {
    private final Logger target = (Logger) LoggerFactory.getLogger("some.bundle");
    private final ListAppender<ILoggingEvent> seen = new ListAppender<>();
    private LogService service;

    @BeforeEach
    void listen() {
        target.setLevel(Level.INFO);
        target.setAdditive(false);
        target.addAppender(seen);
        seen.start();
        Bundle bundle = (Bundle) java.lang.reflect.Proxy.newProxyInstance(
                Bundle.class.getClassLoader(),
                new Class<?>[] {Bundle.class},
                (proxy, method, arguments) -> method.getName().equals("getSymbolicName") ? "some.bundle" : null);
        service = new OsgiLog().getService(bundle, null);
    }

    @AfterEach
    void leave() {
        target.detachAppender(seen);
    }

    @Test
    void bracesAreFilledAndAThrowableAtTheEndIsTheCause() {
        service.getLogger("some.bundle").warn("{} of {} in {}", 1, 2, "x", new IllegalStateException("why"));

        assertThat(seen.list).singleElement().satisfies(event -> {
            assertThat(event.getLevel()).isEqualTo(Level.WARN);
            assertThat(event.getFormattedMessage()).isEqualTo("1 of 2 in x");
            assertThat(event.getThrowableProxy().getMessage()).isEqualTo("why");
        });
    }

    @Test
    void aMessageAloneIsTakenAsItIs() {
        service.getLogger("some.bundle").error("100% {}");

        assertThat(seen.list).singleElement().extracting(ILoggingEvent::getFormattedMessage).isEqualTo("100% {}");
    }

    @Test
    void formatterLoggersUsePercentSigns() {
        service.getLogger("some.bundle", FormatterLogger.class).info("%d%%", 5);

        assertThat(seen.list).singleElement().extracting(ILoggingEvent::getFormattedMessage).isEqualTo("5%");
    }

    @Test
    void loggersLieBelowTheirBundle() {
        assertThat(service.getLogger("ROOT").getName()).isEqualTo("some.bundle");
        assertThat(service.getLogger("OptimizerHook").getName()).isEqualTo("some.bundle.OptimizerHook");
        assertThat(service.getLogger("some.bundle.Part").getName()).isEqualTo("some.bundle.Part");
    }

    @Test
    void levelsThatAreOffCostNoCallOfTheConsumer() throws Exception {
        service.getLogger("some.bundle").<Exception>debug(logger -> {
            throw new IllegalStateException("called");
        });

        assertThat(service.getLogger("some.bundle").isDebugEnabled()).isFalse();
        assertThat(service.getLogger("some.bundle").isInfoEnabled()).isTrue();
        assertThat(seen.list).isEmpty();
    }

    @Test
    @SuppressWarnings("deprecation")
    void theOldMethodsLogUnderTheBundlesName() {
        service.log(LogService.LOG_WARNING, "old");

        assertThat(seen.list).singleElement().satisfies(event -> {
            assertThat(event.getLoggerName()).isEqualTo("some.bundle");
            assertThat(event.getLevel()).isEqualTo(Level.WARN);
        });
    }
}
