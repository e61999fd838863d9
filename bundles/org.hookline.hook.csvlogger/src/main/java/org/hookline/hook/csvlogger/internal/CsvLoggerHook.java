// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.csvlogger.internal;

import java.io.IOException;
import java.util.List;
import org.hookline.api.RunInfo;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogWriter;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.metatype.annotations.Designate;

/** Writes the metrics of a run as a CSV table; {@link MetricsTable} tells how. */
@Component(service = LogWriter.class, name = "CSVLoggerHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = CsvLoggerConfig.class, factory = true)
public final class CsvLoggerHook implements LogWriter {
    private final String name;
    private MetricsTable table;

    /**
     * Makes the writer from its configuration.
     *
     * @param config the parameters
     */
    @Activate
    public CsvLoggerHook(CsvLoggerConfig config) {
        this(config.file());
    }

    /**
     * Makes the writer for use without OSGi.
     *
     * @param file the file, relative to the run's folder; empty for {@value MetricsTable#DEFAULT_NAME}
     */
    public CsvLoggerHook(String file) {
        name = file.isBlank() ? MetricsTable.DEFAULT_NAME : file;
    }

    @Override
    public void open(RunInfo run) throws IOException {
        close();
        table = new MetricsTable(run.folder().resolve(name));
    }

    @Override
    public void resumed(long iteration, List<LogRecord> records) throws IOException {
        table.resumed(iteration, records);
    }

    @Override
    public void write(LogRecord entry) throws IOException {
        if (table == null) {
            throw new IOException(name + " is not open");
        }
        table.append(entry);
    }

    @Override
    public void close() throws IOException {
        if (table != null) {
            MetricsTable closing = table;
            table = null;
            closing.close();
        }
    }
}
