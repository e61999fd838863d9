// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.periodiclogger.internal;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hookline.api.RunInfo;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The writers that are there, by service id, and their links while a run goes on. Writers come and go on any thread;
 * one that comes late is opened then. Nothing here calls a writer or waits while the lock is held.
 */
final class Writers {
    private static final Logger LOG = LoggerFactory.getLogger(Writers.class);

    /**
     * A writer service.
     *
     * @param name for messages
     * @param runId the run it belongs to; empty for every run
     * @param writer the writer
     */
    record Bound(String name, String runId, LogWriter writer) {}

    /**
     * A writer with a problem.
     *
     * @param writer its name
     * @param error in words
     */
    record Problem(String writer, String error) {}

    /**
     * A run goes on from a checkpoint.
     *
     * @param iteration the number of iterations completed
     * @param records of this iteration, which the writers have to write again
     */
    record Resumption(long iteration, List<LogRecord> records) {}

    private final Map<Long, Bound> bound = new LinkedHashMap<>();
    private final Map<Long, WriterLink> links = new LinkedHashMap<>();
    private final Set<WriterLink> reported = new HashSet<>();
    private RunInfo run;
    private LoggerSettings settings = LoggerSettings.DEFAULT;

    /** What records are handed to; replaced as a whole, so that the training thread takes no lock. */
    private volatile List<WriterLink> active = List.of();

    /** What writers that come before the first record are told; those that come later take up what is there. */
    private volatile Optional<Resumption> resumption = Optional.empty();

    /**
     * A writer came, or its properties changed.
     *
     * @param id its service id
     * @param writer what it says
     */
    void put(long id, Bound writer) {
        WriterLink leaves = null;
        synchronized (this) {
            bound.put(id, writer);
            if (run != null) {
                if (concerns(writer)) {
                    link(id, writer);
                } else {
                    leaves = unlink(id);
                }
            }
        }
        end(leaves);
    }

    /**
     * A writer goes. Returns when it was closed, or given up.
     *
     * @param id its service id
     */
    void remove(long id) {
        WriterLink leaves;
        synchronized (this) {
            bound.remove(id);
            leaves = unlink(id);
        }
        end(leaves);
    }

    private boolean concerns(Bound writer) {
        return writer.runId().isEmpty() || writer.runId().equals(run.id());
    }

    /** One that was taken out keeps its place, so that it is not taken in again by a change of its properties. */
    private void link(long id, Bound writer) {
        if (!links.containsKey(id)) {
            links.put(id, new WriterLink(writer.name(), writer.writer(), run, resumption, settings.queue(),
                    settings.writerTimeout()));
            active = List.copyOf(links.values());
        }
    }

    private WriterLink unlink(long id) {
        WriterLink link = links.remove(id);
        active = List.copyOf(links.values());
        reported.remove(link);
        return link;
    }

    private void end(WriterLink link) {
        if (link != null) {
            link.finish();
            link.await(WriterLink.deadline(settings.closeTimeout()));
            tellDropped(link);
        }
    }

    /**
     * A run begins: the writers that concern it are opened, each on its own thread.
     *
     * @param info the run
     * @param with the settings
     * @param from where the run goes on, if it was resumed
     */
    synchronized void start(RunInfo info, LoggerSettings with, Optional<Resumption> from) {
        run = info;
        resumption = from;
        settings = with;
        reported.clear();
        bound.forEach((id, writer) -> {
            if (concerns(writer)) {
                link(id, writer);
            }
        });
    }

    /**
     * Hands a record to all writers, without waiting.
     *
     * @param entry the record
     */
    void offer(LogRecord entry) {
        resumption = Optional.empty();
        for (WriterLink link : active) {
            link.offer(entry);
        }
    }

    /** {@return the writers that were taken out since the last call} */
    synchronized List<Problem> takeProblems() {
        List<Problem> problems = new ArrayList<>();
        for (WriterLink link : active) {
            String failure = link.failure();
            if (failure != null && reported.add(link)) {
                problems.add(new Problem(link.name(), failure));
            }
        }
        return problems;
    }

    /** The run ends: all writers finish at the same time, and those that do not are given up. */
    List<Problem> stop() {
        List<WriterLink> ending;
        synchronized (this) {
            if (run == null) {
                return List.of();
            }
            run = null;
            ending = List.copyOf(links.values());
            links.clear();
        }
        ending.forEach(WriterLink::finish);
        long deadline = WriterLink.deadline(settings.closeTimeout());
        ending.forEach(link -> link.await(deadline));
        List<Problem> problems = takeProblems();
        ending.forEach(Writers::tellDropped);
        synchronized (this) {
            active = List.of();
            reported.clear();
        }
        return problems;
    }

    private static void tellDropped(WriterLink link) {
        if (link.dropped() > 0) {
            LOG.warn("writer {} was too slow: {} records were dropped", link.name(), link.dropped());
        }
    }
}
