// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hooks;
import org.hookline.api.Metrics;
import org.hookline.api.Progress;
import org.hookline.api.RunInfo;
import org.hookline.api.SharedData;
import org.hookline.api.TrainingContext;

/** What one hook sees of its run; a handle that is cut when the hook leaves or the run ends. */
final class HookContext implements TrainingContext {
    private final Slot slot;
    private final boolean late;
    private volatile RunState run;

    HookContext(RunState run, Slot slot, boolean late) {
        this.run = run;
        this.slot = slot;
        this.late = late;
    }

    void cut() {
        run = null;
    }

    private RunState live() {
        RunState r = run;
        if (r == null) {
            throw new IllegalStateException("hook " + slot.name + " used its context after it had left the run");
        }
        return r;
    }

    @Override
    public Progress progress() {
        return live().progress();
    }

    @Override
    public Metrics metrics() {
        return live().metrics();
    }

    @Override
    public RunInfo run() {
        return live().info();
    }

    @Override
    public Hooks hooks() {
        return live().hooks();
    }

    @Override
    public SharedData shared() {
        return live().shared();
    }

    @Override
    public String hookName() {
        return slot.name;
    }

    @Override
    public boolean late() {
        return late;
    }

    @Override
    public void stop(String reason) {
        live().stop(reason);
    }

    @Override
    public Optional<String> stopReason() {
        return live().stopReason();
    }

    @Override
    public void checkpoint(String reason) {
        live().requestCheckpoint(reason);
    }

    @Override
    public void event(String type, Map<String, ?> details) {
        live().event(type, slot.name + ": " + type + " " + details, details);
    }

    @Override
    public <F> F facet(Class<F> type) {
        return findFacet(type).orElseThrow(() -> new IllegalStateException("hook " + slot.name + " needs the facet "
                + type.getSimpleName() + ", which this trainer does not offer"));
    }

    @Override
    public <F> Optional<F> findFacet(Class<F> type) {
        return Optional.ofNullable(live().facets().get(type)).map(type::cast);
    }

    @Override
    public NDManager manager() {
        if (slot.scope == null) {
            slot.scope = live().newScope();
        }
        return slot.scope;
    }
}
