// SPDX-License-Identifier: Apache-2.0
package org.hookline.control.internal;

import com.google.gson.Gson;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.hookline.api.HookInfo;
import org.hookline.api.HookLevel;
import org.hookline.api.UserError;
import org.hookline.api.log.Elapsed;
import org.hookline.api.options.Nearest;
import org.hookline.control.Control;
import org.hookline.deploy.Deployments.Deployment;
import org.hookline.deploy.Deployments.Leak;
import org.hookline.deploy.Deployments.State;
import org.hookline.runfile.HookType;
import org.hookline.runfile.Parameter;

/** The operations as commands of words, with answers of lines: what the local channel and Gogo offer. */
final class Commands {
    /** The words, in the order of the help. */
    static final List<String> WORDS = List.of("hooks", "status", "deploy", "undeploy", "enable", "disable", "set",
            "level", "lr", "checkpoint", "pause", "resume", "stop");

    /** The options of every command that the client and the launcher take, so that they never arrive here. */
    private static final List<String> CLIENTS = List.of("--pid", "--debug", "--help");
    /** The commands with options of their own. */
    private static final List<String> OPTIONS = List.of("hooks", "status");

    private final Control control;

    Commands(Control control) {
        this.control = control;
    }

    /**
     * Runs a command.
     *
     * @param word the command
     * @param arguments what stands behind it
     * @param folder what relative paths are relative to
     * @return the lines of its answer
     * @throws UserError if the person got something wrong; one line
     * @throws InterruptedException if the thread is interrupted
     */
    List<String> run(String word, List<String> arguments, Path folder) throws InterruptedException {
        if (WORDS.contains(word) && !OPTIONS.contains(word)) {
            options(word, arguments.stream().filter(a -> a.startsWith("--")).toList(), List.of());
        }
        return switch (word) {
            case "hooks" -> hooks(arguments);
            case "status" -> status(arguments);
            case "deploy" -> deploy(folder.resolve(one(word, arguments, "a jar")));
            case "undeploy" -> control.undeploy(one(word, arguments, "the name of a hook")).stream()
                    .map(d -> "undeployed " + named(d)).toList();
            case "enable", "disable" -> {
                String hook = one(word, arguments, "the name of a hook");
                control.enable(hook, word.equals("enable"));
                yield List.of(hook + " " + word + "d from the next iteration on");
            }
            case "set" -> set(arguments);
            case "level" -> {
                if (arguments.size() != 2) {
                    throw new UserError("level needs a hook and a level, for example: hookline level EMAIterHook LOW");
                }
                int level = control.level(arguments.getFirst(), arguments.getLast());
                yield List.of(arguments.getFirst() + " at level " + shown(level) + " from the next iteration on");
            }
            case "lr" -> lr(one(word, arguments, "a learning rate, for example: hookline lr 1e-4"));
            case "checkpoint" -> {
                none(word, arguments);
                yield List.of(control.checkpoint() + " writes a checkpoint at the end of this iteration");
            }
            case "pause" -> {
                none(word, arguments);
                boolean held = control.pause();
                yield List.of(held ? "paused after iteration " + control.status().iteration()
                        + "; hookline resume goes on"
                        : "will pause when iteration " + (control.status().iteration() + 1) + " has ended");
            }
            case "resume" -> {
                none(word, arguments);
                control.resume();
                yield List.of("goes on");
            }
            case "stop" -> {
                none(word, arguments);
                control.stop();
                yield List.of("stops after this iteration");
            }
            default -> throw new UserError("unknown command '" + word + "'" + Nearest.suggest(word, WORDS));
        };
    }

    private static String one(String word, List<String> arguments, String what) {
        if (arguments.size() != 1) {
            throw new UserError(word + " needs " + what);
        }
        return arguments.getFirst();
    }

    private static void none(String word, List<String> arguments) {
        if (!arguments.isEmpty()) {
            throw new UserError(word + " takes nothing, and not '" + String.join(" ", arguments) + "'");
        }
    }

    /** Refuses what is not known; the client's options are among those that are named then. */
    private static void options(String word, List<String> arguments, List<String> known, String... clients) {
        List<String> all = Stream.of(known.stream(), Arrays.stream(clients), CLIENTS.stream()).flatMap(o -> o).toList();
        for (String argument : arguments) {
            if (!known.contains(argument)) {
                throw new UserError(word + ": unknown option '" + argument + "'" + Nearest.suggest(argument, all));
            }
        }
    }

    private static String shown(int level) {
        String name = HookLevel.show(level);
        return name.equals(Integer.toString(level)) ? name : level + " " + name;
    }

    private static String named(Deployment d) {
        String hooks = d.hooks().isEmpty() ? "" : " (" + String.join(", ", d.hooks()) + ")";
        return (d.bundle() + " " + d.version()).strip() + hooks;
    }

    // ---- hooks

    private List<String> hooks(List<String> arguments) {
        options("hooks", arguments, List.of("--installed", "--json", "--leaks"), "--watch");
        if (arguments.contains("--leaks")) {
            List<String> held = control.leaks(true).stream().map(l -> held(l) + ": by a thread, a static "
                    + "field or a listener that it has left behind").toList();
            return held.isEmpty() ? List.of("nothing that was taken away is held in memory") : held;
        }
        boolean json = arguments.contains("--json");
        if (arguments.contains("--installed")) {
            return json ? control.installed().stream().map(Commands::json).toList() : installed();
        }
        List<HookInfo> hooks = control.hooks();
        Control.Status status = control.status();
        if (json) {
            return hooks.stream().map(h -> json(h, status)).toList();
        }
        List<String> lines = new ArrayList<>(table(hooks, status));
        control.leaks(false).forEach(leak -> lines.add(held(leak) + "; hookline hooks --leaks looks closer"));
        return lines;
    }

    private static String held(Leak leak) {
        return leak.bundle() + " " + leak.version() + " was taken away "
                + ago(Duration.between(leak.since(), Instant.now()))
                + " ago and is still held in memory";
    }

    private static String ago(Duration time) {
        long seconds = Math.max(0, time.toSeconds());
        return seconds < 120 ? seconds + " s" : seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
    }

    static List<String> table(List<HookInfo> hooks, Control.Status status) {
        double iterationNanos = status.iteration() > 0 ? status.seconds() * 1e9 / status.iteration() : 0;
        Table table = new Table(0, 6, 7, 8);
        table.row("#", "level", "hook", "bundle", "kind", "state", "calls", "per iteration", "share", "last error");
        double total = 0;
        for (HookInfo h : hooks) {
            double nanos = perIteration(h, status);
            total += nanos;
            table.row(h.order() == 0 ? "-" : Integer.toString(h.order()), shown(h.level()),
                    h.name().equals(h.type()) ? h.name() : h.name() + " (" + h.type() + ")",
                    (h.bundle() + " " + h.version()).strip(), h.kind(), h.state().name().toLowerCase(Locale.ROOT),
                    String.format(Locale.ROOT, "%,d", h.calls()), time(nanos), share(nanos, iterationNanos),
                    h.lastError().orElse(""));
        }
        List<String> lines = new ArrayList<>(table.lines());
        lines.add("");
        lines.add(String.format(Locale.ROOT, "iteration %,d of %,d; an iteration takes %s, of which hooks %s (%s)",
                status.iteration(), status.iterations(), time(iterationNanos), time(total),
                share(total, iterationNanos)));
        return lines;
    }

    private static double perIteration(HookInfo hook, Control.Status status) {
        long iterations = status.iteration() - hook.joined();
        return iterations > 0 ? (double) hook.totalNanos() / iterations : 0;
    }

    private static String time(double nanos) {
        return nanos < 1e3 ? String.format(Locale.ROOT, "%.0f ns", nanos)
                : nanos < 1e6 ? String.format(Locale.ROOT, "%.1f us", nanos / 1e3)
                : nanos < 1e9 ? String.format(Locale.ROOT, "%.2f ms", nanos / 1e6)
                : String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
    }

    private static String share(double nanos, double of) {
        return of > 0 ? String.format(Locale.ROOT, "%.1f %%", 100 * nanos / of) : "-";
    }

    private static String json(HookInfo h, Control.Status status) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("order", h.order());
        map.put("name", h.name());
        map.put("type", h.type());
        map.put("level", h.level());
        map.put("bundle", h.bundle());
        map.put("version", h.version());
        map.put("kind", h.kind());
        map.put("state", h.state().name().toLowerCase(Locale.ROOT));
        map.put("on_error", h.onError());
        map.put("joined", h.joined());
        map.put("calls", h.calls());
        map.put("ns_per_iteration", perIteration(h, status));
        map.put("last_error", h.lastError().orElse(""));
        return new Gson().toJson(map);
    }

    private List<String> installed() {
        List<String> lines = new ArrayList<>();
        for (Control.Kind k : control.installed()) {
            String level = k.level().isEmpty() ? "" : ", level " + k.level();
            lines.add(k.type().type() + "  " + k.kind() + level + ", " + k.bundle() + " " + k.version());
            if (!k.type().description().isEmpty()) {
                lines.add("    " + k.type().description());
            }
            if (!k.stages().isEmpty()) {
                lines.add("    stages: " + String.join(", ", k.stages()));
            }
            Table table = new Table();
            for (Parameter p : k.type().parameters().orElse(List.of())) {
                table.row("    " + String.join(".", p.path()), kind(p), p.defaults().filter(d -> !d.isEmpty())
                        .map(d -> "= " + String.join(", ", d)).orElse(""), p.description());
            }
            lines.addAll(table.lines());
        }
        return lines;
    }

    private static String kind(Parameter p) {
        String one = switch (p.type()) {
            case TEXT -> p.options().isEmpty() ? "text" : String.join("|", p.options());
            case INTEGER -> "integer";
            case NUMBER -> "number";
            case BOOLEAN -> "true|false";
        };
        return p.list() ? "list of " + one : one;
    }

    private static String json(Control.Kind k) {
        HookType type = k.type();
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("type", type.type());
        map.put("kind", k.kind());
        map.put("level", k.level());
        map.put("stages", k.stages());
        map.put("bundle", k.bundle());
        map.put("version", k.version());
        map.put("description", type.description());
        map.put("parameters", type.parameters().orElse(List.of()).stream().map(p -> Map.of("name",
                String.join(".", p.path()), "type", kind(p), "default", p.defaults().orElse(List.of()),
                "description", p.description())).toList());
        return new Gson().toJson(map);
    }

    // ---- the others

    private List<String> status(List<String> arguments) {
        Control.Status s = control.status();
        // What the client asks where several processes train; no option of a person.
        if (arguments.equals(List.of("--name"))) {
            return List.of(s.run());
        }
        options("status", arguments, List.of("--json"), "--watch");
        if (arguments.contains("--json")) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("process", s.process());
            map.put("run", s.run());
            map.put("folder", s.folder().toString());
            map.put("device", s.device());
            map.put("state", s.state());
            map.put("epoch", s.epoch());
            map.put("epochs", s.epochs());
            map.put("iteration", s.iteration());
            map.put("iterations", s.iterations());
            map.put("steps", s.steps());
            map.put("seconds", s.seconds());
            map.put("paused_seconds", s.pausedSeconds());
            map.put("samples_per_second", s.samplesPerSecond());
            s.learningRate().ifPresent(r -> map.put("lr", r));
            return List.of(new Gson().toJson(map));
        }
        Table table = new Table();
        table.row("run", s.run() + ", process " + s.process() + ", on " + s.device());
        table.row("state", s.state());
        table.row("progress", String.format(Locale.ROOT, "iteration %,d of %,d", s.iteration(), s.iterations())
                + (s.epochs() > 0 ? ", epoch " + Math.min(s.epoch() + 1, s.epochs()) + " of " + s.epochs() : ""));
        table.row("speed", String.format(Locale.ROOT, "%,.0f samples/s, %s an iteration", s.samplesPerSecond(),
                s.iteration() > 0 ? time(s.seconds() * 1e9 / s.iteration()) : "-"));
        table.row("time", elapsed(s));
        s.learningRate().ifPresent(r -> table.row("lr", Double.toString(r)));
        table.row("files", s.folder().toString());
        return table.lines();
    }

    /** {@return how long the run has taken, waited and will take} */
    static String elapsed(Control.Status s) {
        return Elapsed.show(s.seconds()) + (s.pausedSeconds() > 0 ? ", paused " + Elapsed.show(s.pausedSeconds()) : "")
                + (s.iteration() > 0 ? ", "
                        + Elapsed.show(s.seconds() / s.iteration() * (s.iterations() - s.iteration())) + " left" : "");
    }

    private List<String> deploy(Path jar) throws InterruptedException {
        Deployment d = control.deploy(jar);
        if (d.state() == State.REJECTED) {
            throw new UserError(d.file().getFileName() + " is not used: " + d.reason());
        }
        return List.of("deployed " + named(d));
    }

    private List<String> set(List<String> arguments) throws InterruptedException {
        if (arguments.size() < 2) {
            throw new UserError("set needs a hook and name=value, for example: hookline set EvaluateHook "
                    + "epoch_period=2");
        }
        Map<String, String> settings = new LinkedHashMap<>();
        for (String argument : arguments.subList(1, arguments.size())) {
            int equals = argument.indexOf('=');
            if (equals < 1) {
                throw new UserError("set: '" + argument + "' is not of the form name=value");
            }
            settings.put(argument.substring(0, equals), argument.substring(equals + 1));
        }
        Map<String, Object> set = control.set(arguments.getFirst(), settings);
        List<String> shown = new ArrayList<>();
        set.forEach((k, v) -> shown.add(
                Parameter.snakeCase(k) + " = " + (v instanceof Object[] a ? Arrays.toString(a) : v)));
        return List.of(arguments.getFirst() + ": " + String.join(", ", shown));
    }

    private List<String> lr(String text) throws InterruptedException {
        double rate;
        try {
            rate = Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new UserError("lr: '" + text + "' is not a number", e);
        }
        double before = control.learningRate(rate);
        boolean scheduled = control.hooks().stream()
                .anyMatch(h -> h.type().equals("LRSchedulerHook") && h.state() == HookInfo.State.ACTIVE);
        return List.of("learning rate " + before + " -> " + rate + " from the next step on"
                + (scheduled ? "; the schedule goes on from it in proportion" : ""));
    }
}
