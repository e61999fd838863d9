// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

/** The service properties of a {@link Hook}, by name. */
public final class HookProperties {
    /** Level: Integer, name of a {@link HookLevel}, or a number as text. Lower runs first. */
    public static final String LEVEL = "level";

    /** String: the hook's name, unique in a run. Default: its type; a second one gets {@code type#2}. */
    public static final String NAME = "hook.name";

    /** String: {@code training} or {@code observer}; see {@link HookKind}. */
    public static final String KIND = "hook.kind";

    /** String: {@code abort}, {@code quarantine} or {@code retry N}; see {@link OnError}. */
    public static final String ON_ERROR = "hook.onError";

    /** String or String[]: names of hooks of the same level before which this one runs. */
    public static final String BEFORE = "hook.before";

    /** String or String[]: names of hooks of the same level after which this one runs. */
    public static final String AFTER = "hook.after";

    /** String: the run that this hook belongs to. A hook without it takes part in every run. */
    public static final String RUN_ID = "run.id";

    /** Boolean, set by the runtime: one of the default hooks, which stand before custom ones of the same level. */
    public static final String DEFAULT = "hook.default";

    /** Integer, set by the runtime: the position in the run file. */
    public static final String INDEX = "hook.index";

    private HookProperties() {}
}
