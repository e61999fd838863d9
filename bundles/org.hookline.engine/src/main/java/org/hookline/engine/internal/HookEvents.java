// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.HookLevel;
import org.hookline.api.Stage;

/** Tells in a run's events what becomes of its hooks. Training thread only. */
final class HookEvents {
    private final RunState run;

    /** When the boundary began at which hooks are changing, by {@link System#nanoTime}; 0 outside. */
    private long boundary;

    /**
     * Tells nothing yet.
     *
     * @param run whose events they are
     */
    HookEvents(RunState run) {
        this.run = run;
    }

    /** From now on events say how long the loop has waited. */
    void boundaryBegins() {
        boundary = System.nanoTime();
    }

    /** The loop goes on. */
    void boundaryEnds() {
        boundary = 0;
    }

    void added(Slot slot, List<Slot> order, boolean carried) {
        tell("hook_added", "+ " + shown(slot) + " (level " + slot.source.level() + place(slot, order) + ")"
                + (carried ? ", state carried over" : ""), details(slot, Map.of("state_carried", carried)));
    }

    void removed(String name, HookSource source) {
        tell("hook_removed", "- " + shown(name, source), details(name, source, Map.of()));
    }

    void replaced(HookSource old, Slot fresh, boolean carried) {
        String versions = old.version().isEmpty() && fresh.source.version().isEmpty() ? " replaced"
                : " " + old.version() + " -> " + fresh.source.version();
        tell("hook_replaced", fresh.name + versions + (carried ? ", state carried over" : ""),
                details(fresh, Map.of("from_version", old.version(), "state_carried", carried)));
    }

    /**
     * A hook was not taken into the run.
     *
     * @param slot the hook
     * @param old the one that goes on in its stead; null for none
     * @param failure why
     * @return the same in words
     */
    String rejected(Slot slot, Slot old, Throwable failure) {
        String why = HookFailure.describe(failure);
        return tell("hook_rejected", shown(slot) + " could not take over: " + why
                + (old == null ? "" : "; " + shown(old) + " goes on"), details(slot, Map.of("error", why)));
    }

    void reconfigured(Slot slot, int before) {
        changed(slot, before == slot.source.level() ? "reconfigured"
                : "level " + before + " -> " + slot.source.level(), Map.of("from_level", before));
    }

    void enabled(Slot slot, boolean enabled) {
        changed(slot, enabled ? "enabled" : "disabled", Map.of("enabled", enabled));
    }

    private void changed(Slot slot, String how, Map<String, ?> more) {
        tell("hook_changed", slot.name + " " + how, details(slot, more));
    }

    void settingsRefused(Slot slot, String reason) {
        tell("settings_refused", slot.name + " keeps its settings: " + reason,
                details(slot, Map.of("error", reason)));
    }

    void quarantined(Slot slot, Stage stage) {
        tell("hook_quarantined", "! " + shown(slot) + " quarantined: it failed in " + stage.method() + ": "
                + slot.lastError, details(slot, Map.of("stage", stage.method(), "error", slot.lastError)));
    }

    private String tell(String type, String what, Map<String, Object> details) {
        String text = "iteration " + run.progress().iteration() + ": " + what;
        run.eventLater(type, text, details);
        return text;
    }

    private static String place(Slot slot, List<Slot> order) {
        int i = order.indexOf(slot);
        return i > 0 ? ", after " + order.get(i - 1).name : order.size() > 1 ? ", before " + order.get(1).name : "";
    }

    private static String shown(String name, HookSource source) {
        return source.version().isEmpty() ? name : name + " " + source.version();
    }

    private static String shown(Slot slot) {
        return shown(slot.name, slot.source);
    }

    private Map<String, Object> details(Slot slot, Map<String, ?> more) {
        return details(slot.name, slot.source, more);
    }

    private Map<String, Object> details(String name, HookSource source, Map<String, ?> more) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("hook", name);
        details.put("type", source.type());
        details.put("level", source.level());
        details.put("level_name", HookLevel.show(source.level()));
        details.put("bundle", source.bundle());
        details.put("version", source.version());
        details.putAll(more);
        if (boundary != 0) {
            // How long the loop has waited at this boundary.
            details.put("pause_ms", (System.nanoTime() - boundary) / 1e6);
        }
        return details;
    }
}
