// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.util.List;
import org.hookline.api.HookInfo;
import org.hookline.api.HookLevel;

/** The hooks and writers of a run as a table. */
final class HookTable {
    /**
     * A writer.
     *
     * @param name in the run
     * @param bundle symbolic name and version of its bundle
     */
    record Writer(String name, String bundle) {}

    private HookTable() {}

    /**
     * Makes the table.
     *
     * @param hooks in the order of calls
     * @param writers the writers
     * @return a headline and a line each
     */
    static List<String> lines(List<HookInfo> hooks, List<Writer> writers) {
        Table table = new Table(true).row("#", "level", "hook", "bundle", "kind");
        for (HookInfo hook : hooks) {
            String state = hook.state() == HookInfo.State.ACTIVE ? "" : ", " + hook.state().name().toLowerCase(
                    java.util.Locale.ROOT);
            table.row(hook.order() == 0 ? "-" : Integer.toString(hook.order()), level(hook.level()),
                    hook.name().equals(hook.type()) || hook.name().startsWith(hook.type() + "#") ? hook.name()
                            : hook.name() + " (" + hook.type() + ")",
                    (hook.bundle() + " " + hook.version()).strip(), hook.kind() + state);
        }
        writers.forEach(w -> table.row("-", "", w.name(), w.bundle(), "writer"));
        return table.lines();
    }

    private static String level(int level) {
        String name = HookLevel.show(level);
        return name.equals(Integer.toString(level)) ? name : level + " " + name;
    }
}
