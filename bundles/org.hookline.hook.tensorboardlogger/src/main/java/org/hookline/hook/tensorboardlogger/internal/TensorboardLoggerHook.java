// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.tensorboardlogger.internal;

import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.hookline.api.RunInfo;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogWriter;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a run for TensorBoard: the run file as text at the start, then one event for each record with its scalars,
 * pictures and histograms. A run that goes on gets a new file, which tells TensorBoard from where on it replaces the
 * ones before it.
 */
@Component(service = LogWriter.class, name = "TensorboardLoggerHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = TensorboardLoggerConfig.class, factory = true)
public final class TensorboardLoggerHook implements LogWriter {
    /** The folder of the event files unless another one is given. */
    static final String DEFAULT_FOLDER = "tensorboard";

    /** Under which name TensorBoard shows the run file. */
    static final String RUN_FILE = "run_file";

    private static final Logger LOG = LoggerFactory.getLogger(TensorboardLoggerHook.class);
    private static final String SELF = "org.hookline.hook.tensorboardlogger";

    private final String folder;
    private final InstantSource clock;
    private final Events events = new Events();

    private EventFile file;
    /** Whether TensorBoard has still to be told from which iteration on this file replaces older ones. */
    private boolean unannounced;

    private boolean warned;

    /**
     * Makes the writer from its configuration.
     *
     * @param config the parameters
     */
    @Activate
    public TensorboardLoggerHook(TensorboardLoggerConfig config) {
        this(config.folder(), InstantSource.system());
    }

    /**
     * Makes the writer for use without OSGi.
     *
     * @param folder the folder of the event files, relative to the run's; empty for {@value #DEFAULT_FOLDER}
     * @param clock what the events' wall times are taken from
     */
    public TensorboardLoggerHook(String folder, InstantSource clock) {
        this.folder = folder.isBlank() ? DEFAULT_FOLDER : folder;
        this.clock = clock;
    }

    @Override
    public void open(RunInfo run) throws IOException {
        close();
        file = EventFile.create(run.folder().resolve(folder), clock.instant().getEpochSecond());
        // Made anew in a run that goes on, it goes on behind the file before, of which nothing is replaced: an
        // announcement would hide what that file has of the same iteration.
        long started = run.started().getEpochSecond();
        unannounced = file.before().isPresent() && file.before().getAsLong() < started;
        events.fileVersion(now(), SELF);
        file.append(events.buffer());
        events.beginSummary(now(), 0);
        events.text(RUN_FILE, RunText.markdown(run.configuration()));
        events.endSummary();
        file.append(events.buffer());
    }

    @Override
    public void resumed(long iteration, List<LogRecord> records) throws IOException {
        if (!file.first()) {
            announce(iteration);
            for (LogRecord entry : records) {
                write(entry);
            }
        }
    }

    private void announce(long iteration) throws IOException {
        unannounced = false;
        events.sessionStart(now(), iteration);
        file.append(events.buffer());
    }

    @Override
    public void write(LogRecord entry) throws IOException {
        if (file == null) {
            throw new IOException("no event file is open in " + folder);
        }
        boolean end = entry.kind() == LogRecord.Kind.END;
        if (unannounced && !end) {
            announce(entry.iteration());
        }
        events.beginSummary(now(), entry.iteration());
        int empty = events.buffer().size();
        entry.scalars().forEach((tag, value) -> {
            // The record of the end has every scalar of the run, such as the accuracy of an evaluation long ago: as a
            // point at the last iteration it would be wrong.
            if (!end || value.fresh()) {
                events.scalar(tag, (float) value.smoothed());
            }
        });
        entry.images().forEach((tag, png) -> {
            if (!events.image(tag, png)) {
                warn("picture " + tag + " is no PNG file, so it is left out");
            }
        });
        entry.histograms().forEach((tag, values) -> {
            if (events.histogram(tag, values) < values.length) {
                warn("histogram " + tag + " has values that are not finite, which are left out");
            }
        });
        boolean nothing = events.buffer().size() == empty;
        events.endSummary();
        if (!nothing) {
            file.append(events.buffer());
        }
    }

    private void warn(String what) {
        if (!warned) {
            LOG.warn("TensorboardLoggerHook: {}; said once", what);
            warned = true;
        }
    }

    private double now() {
        Instant now = clock.instant();
        return now.getEpochSecond() + now.getNano() * 1e-9;
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            EventFile closing = file;
            file = null;
            closing.close();
        }
    }
}
