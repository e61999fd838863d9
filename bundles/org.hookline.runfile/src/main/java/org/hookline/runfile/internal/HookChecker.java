// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.hookline.api.HookLevel;
import org.hookline.api.options.Nearest;
import org.hookline.runfile.HookEntry;
import org.hookline.runfile.HookType;
import org.hookline.runfile.Installed;
import org.hookline.runfile.Parameter;
import org.hookline.runfile.internal.Tree.Field;

/** Checks {@code hooks:} and {@code custom_hooks:}. */
final class HookChecker {
    /** The keys of an entry that are not parameters of the hook. */
    static final List<String> HOOK_KEYS = List.of("level", "name", "on_error", "before", "after");

    private static final List<String> WRITER_KEYS = List.of("name");
    private static final List<String> LEVELS = Arrays.stream(HookLevel.values()).map(HookLevel::name).toList();

    private final Installed installed;
    private final Findings findings;
    private final Values values;
    private final Tree.Fields root;
    private final List<HookEntry> entries = new ArrayList<>();
    private final Map<String, Source> names = new LinkedHashMap<>();
    private final Map<String, Object> shownHooks = new LinkedHashMap<>();
    private final List<Object> shownCustom = new ArrayList<>();

    HookChecker(Installed installed, Findings findings, Tree.Fields root) {
        this.installed = installed;
        this.findings = findings;
        this.values = new Values(findings);
        this.root = root;
    }

    List<HookEntry> entries() {
        return List.copyOf(entries);
    }

    Map<String, Object> effective() {
        Map<String, Object> effective = new LinkedHashMap<>();
        effective.put("hooks", shownHooks);
        effective.put("custom_hooks", shownCustom);
        return effective;
    }

    /** {@return whether the file names the optimizer hook of half precision} */
    boolean asksForHalf() {
        Tree hooks = root.get("hooks");
        return (hooks instanceof Tree.Fields fields && isOn(fields.fields().get(Installed.HALF_OPTIMIZER_HOOK)))
                || customHalf();
    }

    private static boolean isHalf(Tree item) {
        Tree type = item instanceof Tree.Fields fields ? fields.get("type") : item;
        return type instanceof Tree.Leaf leaf && Installed.HALF_OPTIMIZER_HOOK.equals(leaf.value());
    }

    private static boolean isOn(Field field) {
        return field != null && !(field.value() instanceof Tree.Leaf leaf && Boolean.FALSE.equals(leaf.value()));
    }

    /**
     * Checks.
     *
     * @param half whether the precision is fp16 or bf16, which decides on the optimizer hook
     */
    void check(boolean half) {
        Map<String, Field> given = given();
        optimizer(given, half);
        for (String type : Installed.DEFAULT_HOOKS) {
            if (type.equals(Installed.OPTIMIZER_HOOK) || type.equals(Installed.HALF_OPTIMIZER_HOOK)) {
                continue;
            }
            Field field = given.remove(type);
            if (field == null) {
                installed.hook(type).ifPresent(t -> add(t, root.at(), none(root.at()), true, true));
            } else {
                listed(type, field, true);
            }
        }
        given.forEach((type, field) -> listed(type, field, false));
        custom();
        oneOptimizer();
    }

    /**
     * The optimizer hook follows the precision: what a file says of OptimizerHook holds in half precision for
     * Fp16OptimizerHook, which has the same parameters and more. Who names Fp16OptimizerHook gets that.
     */
    private void optimizer(Map<String, Field> given, boolean half) {
        String fullType = Installed.OPTIMIZER_HOOK;
        String halfType = Installed.HALF_OPTIMIZER_HOOK;
        Field full = given.remove(fullType);
        Field own = given.remove(halfType);
        if (own != null) {
            listed(halfType, own, true);
        }
        boolean follows = half && own == null && (installed.hook(halfType).isPresent() || !installed.known());
        String type = follows && (full == null || isOn(full)) ? halfType : fullType;
        if (full != null) {
            listed(type, full, true);
        } else if (!isOn(own) && !customHalf()) {
            installed.hook(type).ifPresent(t -> add(t, root.at(), none(root.at()), true, true));
        }
    }

    private boolean customHalf() {
        return root.get("custom_hooks") instanceof Tree.Items items && items.items().stream()
                .anyMatch(HookChecker::isHalf);
    }

    private void oneOptimizer() {
        List<HookEntry> optimizers = entries.stream().filter(e -> e.type().equals(Installed.OPTIMIZER_HOOK)
                || e.type().equals(Installed.HALF_OPTIMIZER_HOOK)).toList();
        if (optimizers.size() > 1) {
            HookEntry one = optimizers.get(0);
            HookEntry two = optimizers.get(1);
            findings.add(names.get(two.name()), "two optimizer hooks, " + one.name() + " (" + one.where() + ") and "
                    + two.name() + ": backward would be done twice; leave one out, with hooks: {"
                    + Installed.OPTIMIZER_HOOK + ": false}");
        }
    }

    private static Tree.Fields none(Source at) {
        return new Tree.Fields(at, Map.of());
    }

    private Map<String, Field> given() {
        Tree hooks = root.get("hooks");
        if (Tree.isEmpty(hooks)) {
            return new LinkedHashMap<>();
        }
        return switch (hooks) {
            case Tree.Fields fields -> new LinkedHashMap<>(fields.fields());
            default -> {
                values.wrong("hooks", hooks, "default hooks with their parameters, such as EvaluateHook: {...};"
                        + " a list of further hooks goes under custom_hooks");
                yield new LinkedHashMap<>();
            }
        };
    }

    /** An entry of {@code hooks:}. */
    private void listed(String type, Field field, boolean isDefault) {
        Optional<HookType> known = known(type, field.key());
        if (known.isEmpty()) {
            return;
        }
        if (!isDefault && !known.get().writer() && installed.known()) {
            findings.add(field.key(), type + " is not one of the default hooks; list it under custom_hooks, as"
                    + " - {type: " + type + "}");
            return;
        }
        switch (field.value()) {
            case Tree.Leaf l when Boolean.FALSE.equals(l.value()) -> shownHooks.put(type, false);
            case Tree.Leaf l when l.value() == null || Boolean.TRUE.equals(l.value()) ->
                    add(known.get(), field.key(), none(field.key()), isDefault, true);
            case Tree.Fields fields -> add(known.get(), field.key(), fields, isDefault, true);
            default -> values.wrong("hooks." + type, field.value(), "its parameters, or false to leave it out");
        }
    }

    private Optional<HookType> known(String type, Source at) {
        if (!installed.known()) {
            return Optional.of(new HookType(type, type, false, "", Optional.empty()));
        }
        Optional<HookType> known = installed.hook(type);
        if (known.isEmpty()) {
            List<String> types = installed.hookTypes();
            findings.add(at, (Installed.DEFAULT_HOOKS.contains(type) ? "hook " + type + " is not installed"
                    : "unknown hook type '" + type + "'") + Nearest.suggest(type, types));
        }
        return known;
    }

    private void custom() {
        Tree custom = root.get("custom_hooks");
        if (Tree.isEmpty(custom)) {
            return;
        }
        if (!(custom instanceof Tree.Items items)) {
            values.wrong("custom_hooks", custom, "a list, such as - {type: EMAIterHook, level: 30}");
            return;
        }
        for (Tree item : items.items()) {
            Tree.Fields fields = switch (item) {
                case Tree.Fields f -> f;
                case Tree.Leaf leaf when leaf.value() instanceof String ->
                        new Tree.Fields(leaf.at(), Map.of("type", new Field(leaf.at(), leaf)));
                default -> null;
            };
            if (fields == null || fields.get("type") == null) {
                findings.add(item.at(), "an entry of custom_hooks has no 'type', expected {type: ..., level: ...}"
                        + (installed.known() ? "; there are: " + String.join(", ", installed.hookTypes()) : ""));
                continue;
            }
            values.text("type", fields.get("type")).flatMap(type -> known(type, fields.get("type").at()))
                    .ifPresent(type -> add(type, fields.at(), fields.without("type"), false, false));
        }
    }

    private void add(HookType type, Source at, Tree.Fields fields, boolean isDefault, boolean inHooks) {
        List<String> own = type.writer() ? WRITER_KEYS : HOOK_KEYS;
        String who = (type.writer() ? "writer " : "hook ") + type.type();
        Map<String, Object> shown = new LinkedHashMap<>();
        String name = name(type, who, at, fields, shown);
        Optional<Object> level = Optional.empty();
        Optional<String> onError = Optional.empty();
        List<String> before = List.of();
        List<String> after = List.of();
        if (!type.writer()) {
            level = level(who, fields, shown);
            onError = onError(who, fields, shown);
            before = hookNames(who, "before", fields, shown);
            after = hookNames(who, "after", fields, shown);
        }
        Map<String, Object> parameters = new LinkedHashMap<>();
        Tree.Fields rest = fields;
        for (String key : own) {
            rest = rest.without(key);
        }
        new Parameters(who, type, own).read(rest, parameters, shown);
        entries.add(new HookEntry(type.type(), type.pid(), name, type.writer(), level, onError, before, after,
                parameters, isDefault, entries.size(), at.show()));
        if (inHooks) {
            shownHooks.put(type.type(), shown);
        } else {
            Map<String, Object> item = new LinkedHashMap<>();
            item.put("type", type.type());
            item.putAll(shown);
            shownCustom.add(item);
        }
    }

    private String name(HookType type, String who, Source at, Tree.Fields fields, Map<String, Object> shown) {
        Tree value = fields.get("name");
        if (value == null) {
            String name = type.type();
            for (int i = 2; names.putIfAbsent(name, at) != null; i++) {
                name = type.type() + "#" + i;
            }
            return name;
        }
        Optional<String> name = values.text(who + ": name", value);
        if (name.isEmpty()) {
            return type.type();
        }
        if (!name.get().matches("[\\p{L}\\p{N}_.#@+-]+")) {
            findings.add(value.at(), who + ": name is '" + name.get() + "', expected letters, digits and . _ # @ + -");
        }
        Source taken = names.putIfAbsent(name.get(), value.at());
        if (taken != null) {
            findings.add(value.at(), who + ": the name '" + name.get() + "' is taken by another hook ("
                    + taken.show() + "); names are unique in a run");
        }
        shown.put("name", name.get());
        return name.get();
    }

    private Optional<Object> level(String who, Tree.Fields fields, Map<String, Object> shown) {
        Tree value = fields.get("level");
        if (Tree.isEmpty(value)) {
            return Optional.empty();
        }
        Object given = value instanceof Tree.Leaf l ? l.value() : null;
        if (HookLevel.parse(given).isEmpty()) {
            String text = value instanceof Tree.Leaf l ? l.text() : value.show();
            findings.add(value.at(), who + ": level " + value.show()
                    + " cannot be read, expected a whole number or a name" + Nearest.suggest(text, LEVELS));
            return Optional.empty();
        }
        Object level = given instanceof Long l ? (Object) l.intValue() : given;
        shown.put("level", level);
        return Optional.of(level);
    }

    private Optional<String> onError(String who, Tree.Fields fields, Map<String, Object> shown) {
        Tree value = fields.get("on_error");
        if (Tree.isEmpty(value)) {
            return Optional.empty();
        }
        String text = value instanceof Tree.Leaf l ? l.text().strip() : "";
        if (!text.matches("abort|quarantine|retry [1-9][0-9]{0,5}")) {
            List<String> policies = List.of("abort", "quarantine", "retry N");
            return values.wrong(who + ": on_error", value, "abort, quarantine or retry N (for example retry 3)"
                    + Nearest.of(text, policies).map(n -> "; did you mean '" + n + "'?").orElse(""));
        }
        shown.put("on_error", text);
        return Optional.of(text);
    }

    private List<String> hookNames(String who, String key, Tree.Fields fields, Map<String, Object> shown) {
        Tree value = fields.get(key);
        if (Tree.isEmpty(value)) {
            return List.of();
        }
        List<Tree> items = value instanceof Tree.Items list ? list.items() : List.of(value);
        if (!items.stream().allMatch(i -> i instanceof Tree.Leaf l && l.value() != null)) {
            values.wrong(who + ": " + key, value, "the name of a hook, or a list of names");
            return List.of();
        }
        List<String> names = items.stream().map(i -> ((Tree.Leaf) i).text()).toList();
        shown.put(key, names);
        return names;
    }

    /** The parameters of one entry. */
    private final class Parameters {
        private final String who;
        private final List<String> ownKeys;
        private final boolean open;
        private final Map<String, Parameter> declared = new LinkedHashMap<>();

        Parameters(String who, HookType type, List<String> ownKeys) {
            this.who = who;
            this.ownKeys = ownKeys;
            this.open = type.parameters().isEmpty();
            type.parameters().orElse(List.of()).forEach(p -> declared.put(String.join(".", p.path()), p));
        }

        void read(Tree.Fields fields, Map<String, Object> into, Map<String, Object> shown) {
            Map<String, Object> byPath = new LinkedHashMap<>();
            if (open) {
                flatten("", fields, byPath);
                byPath.forEach((path, value) -> into.put(Parameter.camelCase(path), value));
            } else {
                walk("", fields, byPath);
                byPath.forEach((path, value) -> into.put(declared.get(path).name(), value));
                Map<String, Object> given = new LinkedHashMap<>(byPath);
                byPath.clear();
                declared.forEach((path, p) -> Optional.ofNullable(given.get(path)).or(() -> byDefault(p))
                        .ifPresent(v -> byPath.put(path, v)));
            }
            byPath.forEach((path, value) -> nest(shown, List.of(path.split("\\.")), value));
        }

        private void flatten(String prefix, Tree.Fields fields, Map<String, Object> byPath) {
            fields.fields().forEach((key, field) -> {
                switch (field.value()) {
                    case Tree.Fields below -> flatten(prefix + key + ".", below, byPath);
                    case Tree.Leaf leaf when leaf.value() == null -> { }
                    default -> byPath.put(prefix + key, field.value().plain());
                }
            });
        }

        private void walk(String prefix, Tree.Fields fields, Map<String, Object> byPath) {
            fields.fields().forEach((key, field) -> {
                String path = prefix + key;
                List<String> below = declared.keySet().stream().filter(p -> p.startsWith(path + ".")).toList();
                Parameter parameter = declared.get(path);
                if (Tree.isEmpty(field.value()) && (parameter != null || !below.isEmpty())) {
                    return;
                }
                if (field.value() instanceof Tree.Fields group && !below.isEmpty()) {
                    walk(path + ".", group, byPath);
                } else if (parameter != null) {
                    value(path, parameter, field.value()).ifPresent(v -> byPath.put(path, v));
                } else if (!below.isEmpty()) {
                    findings.add(field.value().at(), who + ": " + path + " is " + field.value().show()
                            + ", expected a group of keys: " + below.stream()
                                    .map(p -> p.substring(path.length() + 1)).collect(Collectors.joining(", ")));
                } else {
                    findings.add(field.key(), who + ": unknown parameter '" + path + "'" + suggest(prefix, key, path));
                }
            });
        }

        /** Looks on the same level first, then for the full name of a nested one. */
        private String suggest(String prefix, String key, String path) {
            List<String> siblings = declared.keySet().stream().filter(p -> p.startsWith(prefix))
                    .map(p -> p.substring(prefix.length()).replaceFirst("\\..*", "")).distinct().toList();
            List<String> all = new ArrayList<>(declared.keySet());
            if (prefix.isEmpty()) {
                all.addAll(ownKeys);
            }
            Optional<String> near = Nearest.of(key, siblings).map(s -> prefix + s);
            if (near.isEmpty()) {
                near = Nearest.of(path, all).or(() -> all.stream()
                        .filter(p -> p.substring(p.lastIndexOf('.') + 1).equals(key)).findFirst());
            }
            String list = String.join(", ", all);
            return near.map(n -> "; did you mean '" + n + "'? (there are: " + list + ")")
                    .orElse(all.isEmpty() ? "; it takes none" : "; there are: " + list);
        }

        private Optional<Object> value(String path, Parameter parameter, Tree value) {
            if (!parameter.list()) {
                return single(path, parameter, value);
            }
            List<Tree> items = value instanceof Tree.Items list ? list.items() : List.of(value);
            List<Object> read = new ArrayList<>();
            for (Tree item : items) {
                Optional<Object> one = single(path, parameter, item);
                if (one.isEmpty()) {
                    return Optional.empty();
                }
                read.add(one.get());
            }
            int most = Math.abs(parameter.cardinality());
            if (read.size() > most) {
                return values.wrong(who + ": " + path, value, "at most " + most + " values");
            }
            return Optional.of(List.copyOf(read));
        }

        private Optional<Object> single(String path, Parameter parameter, Tree value) {
            String what = who + ": " + path;
            Object given = value instanceof Tree.Leaf leaf ? leaf.value() : null;
            Object read = switch (parameter.type()) {
                case TEXT -> value instanceof Tree.Leaf leaf && leaf.value() != null ? leaf.text() : null;
                case INTEGER -> Values.wholeNumber(given).orElse(null);
                case NUMBER -> given instanceof Number n ? n.doubleValue() : null;
                case BOOLEAN -> given instanceof Boolean b ? b : null;
            };
            String expected = switch (parameter.type()) {
                case TEXT -> "text";
                case INTEGER -> "a whole number";
                case NUMBER -> "a number";
                case BOOLEAN -> "true or false";
            } + range(parameter);
            String why = parameter.description().isBlank() ? "" : ": " + parameter.description();
            if (read == null) {
                return values.wrong(what, value, expected + why);
            }
            if (!parameter.options().isEmpty() && !parameter.options().contains(read.toString())) {
                return values.choice(what, value, parameter.options()).map(v -> v);
            }
            if (read instanceof Number n && !inRange(n.doubleValue(), parameter)) {
                return values.wrong(what, value, expected + why);
            }
            return Optional.of(read);
        }

        private static boolean inRange(double number, Parameter p) {
            return !Double.isNaN(number) && number >= p.min().orElse(Double.NEGATIVE_INFINITY)
                    && number <= p.max().orElse(Double.POSITIVE_INFINITY);
        }

        private static String range(Parameter p) {
            if (p.min().isPresent() && p.max().isPresent()) {
                return " between " + number(p.min().get()) + " and " + number(p.max().get());
            }
            return p.min().map(m -> ", " + number(m) + " or more").or(() -> p.max().map(m -> ", at most " + number(m)))
                    .orElse("");
        }

        private static String number(double value) {
            return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value)
                    : Double.toString(value);
        }

        private static Optional<Object> byDefault(Parameter p) {
            if (p.defaults().isEmpty()) {
                return p.list() ? Optional.of(List.of()) : Optional.empty();
            }
            List<Object> read = new ArrayList<>();
            p.defaults().get().forEach(text -> p.parse(text).ifPresent(read::add));
            return p.list() ? Optional.of(read) : read.stream().findFirst();
        }

        @SuppressWarnings("unchecked")
        private static void nest(Map<String, Object> into, List<String> path, Object value) {
            if (path.size() == 1) {
                into.put(path.getFirst(), value);
            } else if (into.computeIfAbsent(path.getFirst(), k -> new LinkedHashMap<String, Object>())
                    instanceof Map<?, ?> below) {
                nest((Map<String, Object>) below, path.subList(1, path.size()), value);
            }
        }
    }
}
