// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.hookline.api.HookInfo;
import org.hookline.api.HookProperties;
import org.hookline.api.UserError;
import org.hookline.api.log.LogWriter;
import org.hookline.engine.Run;
import org.hookline.runfile.HookEntry;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hooks and writers of a run as configurations of their components, from which Declarative Services makes one
 * instance each. Closing it takes them away.
 */
final class RunHooks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunHooks.class);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long POLL_MILLIS = 10;

    private final BundleContext context;
    private final ConfigurationAdmin admin;
    private final Components components;
    private final String runId;
    private final List<HookEntry> entries;
    private final List<Configuration> configurations = new ArrayList<>();

    RunHooks(BundleContext context, ConfigurationAdmin admin, Components components, String runId,
            List<HookEntry> entries) {
        this.context = context;
        this.admin = admin;
        this.components = components;
        this.runId = runId;
        this.entries = entries;
    }

    /**
     * Writes the configurations. The components come up on threads of Configuration Admin.
     *
     * @throws Failed if they cannot be stored
     */
    void configure() throws Failed {
        try {
            for (HookEntry entry : entries) {
                // "?": for whichever bundle the component is in, and for the one that replaces it.
                Configuration configuration =
                        admin.getFactoryConfiguration(entry.pid(), pidName(entry.name() + "-" + runId), "?");
                configurations.add(configuration);
                configuration.update(FrameworkUtil.asDictionary(entry.properties(runId)));
            }
        } catch (IOException e) {
            throw new Failed("the configurations of the hooks cannot be stored: " + e.getMessage(), e);
        }
    }

    /** A PID becomes part of a file name; what a person may write in a name is kept apart all the same. */
    static String pidName(String name) {
        StringBuilder pid = new StringBuilder();
        name.codePoints().forEach(c -> {
            boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
                    || c == '.';
            pid.append(plain ? Character.toString(c) : "_" + Integer.toHexString(c) + "_");
        });
        return pid.toString();
    }

    /**
     * Waits until all are there.
     *
     * @param run the run
     * @param cancelled whether to give up waiting
     * @throws UserError if one refuses its parameters
     * @throws Failed if one does not come in time
     */
    void await(Run run, BooleanSupplier cancelled) throws Failed {
        long end = System.nanoTime() + PATIENCE_NANOS;
        List<HookEntry> missing = missing(run);
        while (!missing.isEmpty() && !cancelled.getAsBoolean()) {
            for (HookEntry entry : missing) {
                Optional<Reason> reason = components.failure(of(entry), instance(entry));
                if (reason.isPresent()) {
                    throw fail(entry, reason.get());
                }
            }
            if (System.nanoTime() - end > 0) {
                HookEntry first = missing.getFirst();
                throw fail(first, components.waiting(of(first), instance(first)));
            }
            pause();
            missing = missing(run);
        }
    }

    private List<HookEntry> missing(Run run) {
        Set<String> there = run.hooks().list().stream().map(HookInfo::name).collect(Collectors.toSet());
        writers().forEach(r -> there.add(String.valueOf(r.getProperty(HookProperties.NAME))));
        return entries.stream().filter(e -> !there.contains(e.name())).toList();
    }

    /** {@return the writers of the run file that are there, and those that take part in every run} */
    List<HookTable.Writer> table() {
        List<HookTable.Writer> table = new ArrayList<>();
        for (HookEntry entry : entries) {
            writers().stream().filter(r -> entry.name().equals(r.getProperty(HookProperties.NAME))).findFirst()
                    .ifPresent(r -> table.add(new HookTable.Writer(entry.name(), bundle(r))));
        }
        for (ServiceReference<LogWriter> reference : references("(!(" + HookProperties.RUN_ID + "=*))")) {
            table.add(new HookTable.Writer(String.valueOf(reference.getProperty("component.name")),
                    bundle(reference)));
        }
        return table;
    }

    private static String bundle(ServiceReference<?> reference) {
        return reference.getBundle() == null ? ""
                : reference.getBundle().getSymbolicName() + " " + reference.getBundle().getVersion();
    }

    private Collection<ServiceReference<LogWriter>> writers() {
        return references("(" + HookProperties.RUN_ID + "=" + runId + ")");
    }

    private Collection<ServiceReference<LogWriter>> references(String filter) {
        try {
            return context.getServiceReferences(LogWriter.class, filter);
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Predicate<ComponentDescriptionDTO> of(HookEntry entry) {
        return d -> d.name.equals(entry.type());
    }

    private Predicate<ComponentConfigurationDTO> instance(HookEntry entry) {
        return c -> runId.equals(c.properties.get(HookProperties.RUN_ID))
                && entry.name().equals(c.properties.get(HookProperties.NAME));
    }

    private static Failed fail(HookEntry entry, Reason reason) {
        if (reason.users()) {
            throw new UserError(reason.of(entry));
        }
        return new Failed(reason.of(entry));
    }

    /**
     * Finds out, without a run, which hooks and writers do not come up with their parameters.
     *
     * @return a line each; empty where all do
     * @throws Failed if it was interrupted
     */
    List<String> problems() throws Failed {
        long end = System.nanoTime() + CHECK_NANOS;
        Map<HookEntry, Reason> problems = new LinkedHashMap<>();
        List<HookEntry> open = new ArrayList<>(entries);
        while (!open.isEmpty()) {
            open.removeIf(entry -> {
                // The engine may have asked for it already; asking again would only log the failure again.
                Optional<Reason> reason = components.failure(of(entry), instance(entry));
                reason.ifPresent(r -> problems.put(entry, r));
                return reason.isPresent() || activate(entry);
            });
            if (System.nanoTime() - end > 0) {
                open.forEach(e -> problems.put(e, components.waiting(of(e), instance(e))));
                break;
            }
            pause();
        }
        return problems.entrySet().stream().map(e -> e.getValue().of(e.getKey())).toList();
    }

    /** A component is made when its service is first asked for: the engine asks for hooks, nobody yet for writers. */
    private boolean activate(HookEntry entry) {
        if (components.active(of(entry), instance(entry))) {
            return true;
        }
        if (entry.writer()) {
            for (ServiceReference<LogWriter> reference : writers()) {
                if (entry.name().equals(reference.getProperty(HookProperties.NAME))
                        && context.getService(reference) != null) {
                    context.ungetService(reference);
                    return true;
                }
            }
        }
        return false;
    }

    private static void pause() throws Failed {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failed("interrupted while waiting for the hooks", e);
        }
    }

    @Override
    public void close() {
        for (Configuration configuration : configurations) {
            try {
                configuration.delete();
            } catch (IOException | IllegalStateException e) {
                LOG.warn("the configuration {} cannot be taken away: {}", configuration.getPid(), e.toString());
            }
        }
        configurations.clear();
    }
}
