// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import ch.qos.logback.classic.LoggerContext;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logback with the user's {@code conf/logback.xml}, or the distribution's. */
final class Logging {
    /** Stack traces that the user has seen as one line: this logger writes to the file only. */
    private static final String TRACES = "hookline.trace";

    private Logging() {}

    /** Before the first logger is made. */
    static void start(Home home, boolean debug) {
        System.setProperty("hookline.logs", home.logs().toString());
        System.setProperty("hookline.pid", Long.toString(ProcessHandle.current().pid()));
        System.setProperty("hookline.log.level", debug ? "DEBUG" : "INFO");
        // What ends a line on the terminal: the stack trace or nothing.
        System.setProperty("hookline.log.trace", debug ? "%ex" : "%nopex");
        Path configuration = home.logback();
        if (Files.isRegularFile(configuration)) {
            System.setProperty("logback.configurationFile", configuration.toUri().toString());
        } else {
            System.err.println("hookline: " + configuration + " is missing: logging as it comes");
        }
        LoggerFactory.getILoggerFactory();
    }

    static Logger traces() {
        return LoggerFactory.getLogger(TRACES);
    }

    /** Writes out what is still in memory. */
    static void stop() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.stop();
        }
    }
}
