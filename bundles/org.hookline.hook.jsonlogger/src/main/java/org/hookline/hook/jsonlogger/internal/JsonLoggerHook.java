// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.jsonlogger.internal;

import java.io.IOException;
import java.util.List;
import org.hookline.api.RunInfo;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogWriter;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.metatype.annotations.Designate;

/** Writes the metrics of a run as JSON Lines; {@link StatusFile} tells how. */
@Component(service = LogWriter.class, name = "JSONLoggerHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = JsonLoggerConfig.class, factory = true)
public final class JsonLoggerHook implements LogWriter {
    private final String name;
    private StatusFile file;

    /**
     * Makes the writer from its configuration.
     *
     * @param config the parameters
     */
    @Activate
    public JsonLoggerHook(JsonLoggerConfig config) {
        this(config.file());
    }

    /**
     * Makes the writer for use without OSGi.
     *
     * @param file the file, relative to the run's folder; empty for {@value StatusFile#DEFAULT_NAME}
     */
    public JsonLoggerHook(String file) {
        name = file.isBlank() ? StatusFile.DEFAULT_NAME : file;
    }

    @Override
    public void open(RunInfo run) throws IOException {
        close();
        file = new StatusFile(run.folder().resolve(name));
    }

    @Override
    public void resumed(long iteration, List<LogRecord> records) throws IOException {
        file.resumed(iteration, records);
    }

    @Override
    public void write(LogRecord entry) throws IOException {
        if (file == null) {
            throw new IOException(name + " is not open");
        }
        file.append(entry);
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            StatusFile closing = file;
            file = null;
            closing.close();
        }
    }
}
