// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile.internal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hookline.api.Progress;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.hookline.engine.RunSpec;
import org.hookline.engine.RunSpec.Section;
import org.hookline.runfile.HookEntry;
import org.hookline.runfile.Installed;
import org.hookline.runfile.Mistake;
import org.hookline.runfile.internal.Tree.Field;

/** Checks a merged run file and makes the typed form of it. */
public final class Checker {
    static final List<String> KEYS = List.of("name", "seed", "train", "device", "precision", "accumulate", "threads",
            "flush_denormals", "blas", "tf32", "cudnn_benchmark", "deterministic", "channels_last", "model", "data",
            "loss", "metrics", "optimizer", "eval_data", "load_from", "resume_from", "hooks", "custom_hooks");

    private static final List<String> MODES = List.of("by_epoch", "by_iter");
    private static final Pattern DEVICE = Pattern.compile("auto|cpu|gpu(:\\d{1,4})?");
    private static final Pattern OPTION = Pattern.compile("option '([^']+)'");

    private final Installed installed;
    private final Path file;
    private final Tree.Fields root;
    private final Findings findings = new Findings();
    private final Findings hookFindings = new Findings();
    private final Values values = new Values(findings);
    private final Map<String, Object> effective = new LinkedHashMap<>();
    private final Optional<Path> loadFrom;
    private final Optional<Path> resumeFrom;
    private final Optional<RunSpec> spec;
    private final HookChecker hooks;

    /**
     * Checks.
     *
     * @param installed what can be named
     * @param file the run file
     * @param root its merged mapping
     */
    public Checker(Installed installed, Path file, Tree.Fields root) {
        this.installed = installed;
        this.file = file;
        this.root = root;
        this.hooks = new HookChecker(installed, hookFindings, root);
        this.loadFrom = path("load_from");
        this.resumeFrom = path("resume_from");
        if (loadFrom.isPresent() && resumeFrom.isPresent()) {
            findings.add(at("load_from"),
                    "load_from and resume_from do not go together: a checkpoint to go on from has its own weights");
        }
        this.spec = check();
    }

    /** A file or folder, relative ones from where they are written. */
    private Optional<Path> path(String key) {
        return given(key).flatMap(v -> values.text(key, v).map(text ->
                v.at().folder().resolve(Layers.expandHome(text)).toAbsolutePath().normalize()));
    }

    /** {@return the typed form, if everything but the hooks is free of mistakes} */
    public Optional<RunSpec> spec() {
        return spec;
    }

    /** {@return the hooks and writers} */
    public List<HookEntry> hooks() {
        return hooks.entries();
    }

    /** {@return the file with weights to begin with, as far as one is given} */
    public Optional<Path> loadFrom() {
        return loadFrom;
    }

    /** {@return the checkpoint to go on from, as far as one is given} */
    public Optional<Path> resumeFrom() {
        return resumeFrom;
    }

    /** {@return all mistakes} */
    public List<Mistake> mistakes() {
        Findings all = new Findings();
        all.addAll(findings);
        all.addAll(hookFindings);
        return all.list();
    }

    /**
     * Finds the place that a message of somebody else speaks of.
     *
     * @param message its first words name a part of the run file
     * @return {@code file:line}
     */
    public String locate(String message) {
        String key = message.startsWith("data") ? "data" : message.startsWith("metric") ? "metrics"
                : KEYS.stream().filter(k -> message.startsWith(k) && !message.startsWith(k + "_")).findFirst()
                        .orElse("");
        Field field = root.fields().get(key);
        if (field == null) {
            return root.at().show();
        }
        Matcher option = OPTION.matcher(message);
        if (option.find() && field.value() instanceof Tree.Fields fields && fields.get(option.group(1)) != null) {
            return fields.fields().get(option.group(1)).key().show();
        }
        return field.key().show();
    }

    private Optional<RunSpec> check() {
        // A key that is unknown hurts no part, but the file is not what its writer meant.
        root.fields().forEach((key, field) -> {
            if (!KEYS.contains(key)) {
                findings.add(field.key(), "unknown key '" + key + "'" + Nearest.suggest(key, KEYS));
            }
        });
        String name = text("name", stem(file)).orElse("");
        if (!name.matches("[\\p{L}\\p{N}_][\\p{L}\\p{N}_.+ -]*") || name.equals("latest")) {
            findings.add(at("name"), "name is '" + name
                    + "', expected letters, digits and . _ + - in it: the run's folder is called so");
        }
        long seed = integer("seed", 0, Long.MAX_VALUE, 42);
        effective.put("name", name);
        effective.put("seed", seed);
        Optional<Counting> counting = counting();
        String device = device();
        String precision = precision();
        int accumulate = (int) integer("accumulate", 1, Integer.MAX_VALUE, 1);
        int threads = (int) integer("threads", 0, Integer.MAX_VALUE, 0);
        effective.put("device", device);
        effective.put("precision", precision);
        effective.put("accumulate", (long) accumulate);
        effective.put("threads", (long) threads);
        effective.put("flush_denormals", flag("flush_denormals", true));
        effective.put("blas", given("blas").flatMap(v -> values.choice("blas", v,
                List.of("auto", "libtorch", "openblas"))).orElse("auto"));
        Optional<String> tf32 = given("tf32").flatMap(v -> values.choice("tf32", v, List.of("auto", "true", "false")));
        effective.put("tf32", tf32.filter(v -> !v.equals("auto")).<Object>map(Boolean::valueOf).orElse("auto"));
        effective.put("cudnn_benchmark", flag("cudnn_benchmark", false));
        effective.put("deterministic", flag("deterministic", false));
        effective.put("channels_last", flag("channels_last", false));
        Optional<Section> model = part("model", "model", installed.models(), List.of(), "{type: mlp, hidden: [128]}");
        Optional<Section> data = part("data", "data set", installed.datasets(), installed.data(), "digits");
        data.ifPresent(this::checkBatchSize);
        evalData();
        Optional<Section> loss = part("loss", "loss", installed.losses(), List.of(), "softmax_cross_entropy");
        List<Section> metrics = metrics();
        Optional<Section> optimizer = part("optimizer", "optimizer", installed.optimizers(), List.of(),
                "{type: adamw, lr: 0.001}");
        loadFrom.ifPresent(p -> effective.put("load_from", p.toString()));
        resumeFrom.ifPresent(p -> effective.put("resume_from", p.toString()));
        hooks.check(!precision.equals("fp32"));
        effective.putAll(hooks.effective());
        if (!findings.isEmpty() || counting.isEmpty()) {
            return Optional.empty();
        }
        Counting c = counting.get();
        return Optional.of(new RunSpec(name, seed, c.mode(), c.epochs(), c.iterations(), device, precision, accumulate,
                threads, model.orElseThrow(), data.orElseThrow(), loss.orElseThrow(), metrics, optimizer.orElseThrow(),
                file.getParent(), java.util.Collections.unmodifiableMap(effective)));
    }

    /** A file that names the optimizer hook of half precision and no precision means fp16. */
    private String precision() {
        boolean half = hooks.asksForHalf();
        Optional<Tree> value = given("precision");
        String precision = value.flatMap(v -> values.choice("precision", v, List.of("fp32", "fp16", "bf16")))
                .orElse(half ? "fp16" : "fp32");
        if (half && precision.equals("fp32")) {
            findings.add(at("precision"), "precision is fp32, but " + Installed.HALF_OPTIMIZER_HOOK
                    + " is asked for, which is for fp16 and bf16; leave one of them out");
        }
        return precision;
    }

    private static String stem(Path file) {
        String name = file.getFileName().toString();
        return name.replaceFirst("\\.ya?ml$", "");
    }

    private Source at(String key) {
        Field field = root.fields().get(key);
        return field == null ? root.at() : field.value().at();
    }

    /** A key without a value counts as not given. */
    private Optional<Tree> given(String key) {
        return Optional.ofNullable(root.get(key)).filter(v -> !Tree.isEmpty(v));
    }

    private Optional<String> text(String key, String otherwise) {
        return given(key).map(v -> values.text(key, v)).orElse(Optional.of(otherwise));
    }

    private long integer(String key, long min, long max, long otherwise) {
        return given(key).map(v -> values.integer(key, v, min, max).orElse(otherwise)).orElse(otherwise);
    }

    private boolean flag(String key, boolean otherwise) {
        return given(key).flatMap(v -> values.choice(key, v, List.of("true", "false"))).map(Boolean::valueOf)
                .orElse(otherwise);
    }

    private String device() {
        return given("device").map(value -> {
            String text = value instanceof Tree.Leaf leaf ? leaf.text() : "";
            if (!DEVICE.matcher(text).matches()) {
                String meant = text.startsWith("cuda") ? "; did you mean '" + text.replace("cuda", "gpu") + "'?" : "";
                values.wrong("device", value, "auto, cpu or gpu:N" + meant);
            }
            return text.equals("gpu") ? "gpu:0" : text;
        }).orElse("auto");
    }

    private record Counting(Progress.Mode mode, int epochs, long iterations) {}

    private Optional<Counting> counting() {
        Tree train = given("train").orElse(null);
        if (train == null) {
            findings.add(at("train"), "'train' is missing: how long to train, for example train: {epochs: 20}");
            return Optional.empty();
        }
        if (!(train instanceof Tree.Fields fields)) {
            return values.wrong("train", train, "keys such as {mode: by_epoch, epochs: 20}");
        }
        int before = findings.size();
        List<String> keys = List.of("mode", "epochs", "iterations");
        fields.fields().forEach((key, field) -> {
            if (!keys.contains(key)) {
                findings.add(field.key(), "unknown key 'train." + key + "'" + Nearest.suggest(key, keys));
            }
        });
        Tree epochs = fields.get("epochs");
        Tree iterations = fields.get("iterations");
        String guessed = iterations != null && epochs == null ? "by_iter" : "by_epoch";
        Optional<String> mode = fields.get("mode") == null ? Optional.of(guessed)
                : values.choice("train.mode", fields.get("mode"), MODES);
        if (mode.isEmpty()) {
            return Optional.empty();
        }
        boolean byEpoch = mode.get().equals("by_epoch");
        String key = byEpoch ? "epochs" : "iterations";
        String other = byEpoch ? "iterations" : "epochs";
        if (fields.get(other) != null) {
            findings.add(fields.fields().get(other).key(), "train." + other + " does not go with mode " + mode.get()
                    + ", which counts " + key + "; for the other say train: {mode: "
                    + (byEpoch ? "by_iter" : "by_epoch") + ", " + other + ": N}");
        }
        if (fields.get(key) == null) {
            if (findings.size() > before) {
                return Optional.empty();
            }
            findings.add(fields.at(), "train." + key + " is missing: mode " + mode.get() + " counts " + key);
            return Optional.empty();
        }
        Optional<Long> count = values.integer("train." + key, fields.get(key), 1,
                byEpoch ? Integer.MAX_VALUE : Long.MAX_VALUE);
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("mode", mode.get());
        shown.put(key, count.orElse(0L));
        effective.put("train", shown);
        return count.map(n -> byEpoch ? new Counting(Progress.Mode.BY_EPOCH, n.intValue(), 0)
                : new Counting(Progress.Mode.BY_ITER, 0, n));
    }

    private Optional<Section> part(String key, String what, Map<String, List<Option>> known, List<Option> common,
            String example) {
        Tree value = given(key).orElse(null);
        if (value == null) {
            findings.add(at(key), "'" + key + "' is missing, for example " + key + ": " + example
                    + (known.isEmpty() ? "" : "; there are: " + String.join(", ", known.keySet())));
            return Optional.empty();
        }
        Optional<Section> section = section(key, what, value, known, common);
        section.ifPresent(s -> effective.put(key, effective(s)));
        return section;
    }

    private static Map<String, Object> effective(Section section) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("type", section.type());
        shown.putAll(section.options());
        return shown;
    }

    private List<Section> metrics() {
        Tree value = given("metrics").orElse(null);
        List<Tree> items = switch (value) {
            case null -> List.of();
            case Tree.Items list -> list.items();
            default -> List.of(value);
        };
        List<Section> sections = new ArrayList<>();
        for (Tree item : items) {
            section("metrics", "metric", item, installed.metrics(), List.of()).ifPresent(sections::add);
        }
        effective.put("metrics", sections.stream().map(Checker::effective).toList());
        return List.copyOf(sections);
    }

    private Optional<Section> section(String key, String what, Tree value, Map<String, List<Option>> known,
            List<Option> common) {
        Tree.Fields fields = switch (value) {
            case Tree.Fields f -> f;
            case Tree.Leaf leaf -> new Tree.Fields(leaf.at(), Map.of("type", new Field(leaf.at(), leaf)));
            case Tree.Items items -> null;
        };
        if (fields == null) {
            return values.wrong(key, value, "a type with its options, such as {type: ...}");
        }
        Tree typed = fields.get("type");
        if (typed == null) {
            findings.add(fields.at(), key + " has no 'type'"
                    + (known.isEmpty() ? "" : "; there are: " + String.join(", ", known.keySet())));
            return Optional.empty();
        }
        Optional<String> type = values.text(key + ".type", typed);
        if (type.isEmpty()) {
            return Optional.empty();
        }
        boolean checked = installed.known() && !(key.equals("optimizer") && known.isEmpty());
        if (checked && !known.containsKey(type.get())) {
            findings.add(typed.at(), "unknown " + what + " '" + type.get() + "'"
                    + Nearest.suggest(type.get(), known.keySet()));
            return Optional.empty();
        }
        List<Option> declared = new ArrayList<>(common);
        declared.addAll(known.getOrDefault(type.get(), List.of()));
        return Optional.of(new Section(type.get(),
                options(what + " " + type.get(), fields, declared, !checked)));
    }

    /** Checks each option by itself, so that one mistake does not hide the next. */
    private Map<String, Object> options(String owner, Tree.Fields fields, List<Option> declared, boolean open) {
        Map<String, Object> options = new LinkedHashMap<>();
        List<String> names = declared.stream().map(Option::name).distinct().toList();
        fields.fields().forEach((key, field) -> {
            if (!key.equals("type") && !names.contains(key)) {
                if (open) {
                    options.put(key, field.value().plain());
                } else {
                    findings.add(field.key(), owner + ": unknown option '" + key + "'" + Nearest.suggest(key, names));
                }
            }
        });
        for (Option option : declared) {
            Field field = fields.fields().get(option.name());
            boolean given = field != null && !Tree.isEmpty(field.value());
            try {
                Map<String, Object> value = given ? Map.of(option.name(), raw(option, field.value())) : Map.of();
                options.put(option.name(),
                        Options.of(owner, file.getParent(), List.of(option), value).asMap().get(option.name()));
            } catch (UserError e) {
                findings.add(given ? field.value().at() : fields.at(), e.getMessage());
            }
        }
        return java.util.Collections.unmodifiableMap(options);
    }

    /** Text is taken as it was written, a path from where it was written. */
    private static Object raw(Option option, Tree value) {
        return switch (option.type()) {
            case TEXT -> value instanceof Tree.Leaf leaf ? leaf.text() : value.plain();
            case PATH -> value instanceof Tree.Leaf leaf ? path(leaf) : value.plain();
            case TEXTS -> value instanceof Tree.Items items ? items.items().stream()
                    .map(i -> i instanceof Tree.Leaf leaf ? leaf.text() : i.plain()).toList() : raw(value);
            case INTEGER, NUMBER, BOOLEAN, INTEGERS, NUMBERS -> value.plain();
        };
    }

    private static Object raw(Tree value) {
        return value instanceof Tree.Leaf leaf ? leaf.text() : value.plain();
    }

    private static String path(Tree.Leaf leaf) {
        if (leaf.text().isBlank()) {
            return "";
        }
        return leaf.at().folder().resolve(Layers.expandHome(leaf.text())).toAbsolutePath().normalize().toString();
    }

    /** Further data sets that are evaluated, by name. */
    private void evalData() {
        Tree value = given("eval_data").orElse(null);
        if (value == null) {
            return;
        }
        if (!(value instanceof Tree.Fields sets)) {
            values.wrong("eval_data", value, "data sets by name, such as {other: {type: csv, path: other.csv}}");
            return;
        }
        Map<String, Object> shown = new LinkedHashMap<>();
        sets.fields().forEach((name, field) -> {
            if (!name.matches("[\\p{L}\\p{N}_-]+")) {
                findings.add(field.key(), "eval_data." + name
                        + ": expected letters, digits, - and _ in the name, which becomes that of metrics");
            }
            section("eval_data." + name, "data set", field.value(), installed.datasets(), List.of())
                    .ifPresent(s -> shown.put(name, effective(s)));
        });
        effective.put("eval_data", shown);
    }

    private void checkBatchSize(Section data) {
        if (data.options().get("batch_size") instanceof Long size && (size < 1 || size > Integer.MAX_VALUE)) {
            findings.add(Optional.ofNullable(root.get("data"))
                            .map(d -> d instanceof Tree.Fields f && f.get("batch_size") != null
                                    ? f.get("batch_size").at() : d.at()).orElse(root.at()),
                    "data set " + data.type() + ": option 'batch_size' is " + size + ", expected 1 or more");
        }
    }
}
