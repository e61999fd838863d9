// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.hookline.api.options.Nearest;
import org.hookline.runfile.internal.Tree.Field;

/** Puts a run file, the files it builds on and the command line's settings on top of one another. */
public final class Layers {
    /** The parts that name a type; {@code optimizer: adamw} is short for {@code optimizer: {type: adamw}}. */
    static final Set<String> SECTIONS = Set.of("model", "data", "loss", "optimizer");

    private static final Pattern OVERRIDE = Pattern.compile(
            "(?:--)?([A-Za-z_][A-Za-z0-9_#-]*(?:\\.[A-Za-z0-9_#-]+)*)=(.*)", Pattern.DOTALL);

    private final Path current;
    private final Optional<Path> shipped;

    /**
     * Makes the reader of layers.
     *
     * @param current the current folder
     * @param shipped the folder of base files for whoever has none of that name beside the run file
     */
    public Layers(Path current, Optional<Path> shipped) {
        this.current = current.toAbsolutePath().normalize();
        this.shipped = shipped.map(p -> p.toAbsolutePath().normalize());
    }

    /**
     * Reads a run file and what it builds on.
     *
     * @param file the run file
     * @return the merged mapping, without {@code base}
     * @throws Broken at the first file that cannot be used
     */
    public Tree.Fields read(Path file) throws Broken {
        return read(file.toAbsolutePath().normalize(), List.of());
    }

    /**
     * Shows a file as a person would write it.
     *
     * @param file the file
     * @return the name: relative where it lies below the current folder
     */
    public String show(Path file) {
        Path absolute = file.toAbsolutePath().normalize();
        return absolute.startsWith(current) ? current.relativize(absolute).toString() : absolute.toString();
    }

    private Tree.Fields read(Path file, List<Path> chain) throws Broken {
        Tree.Fields own = YamlReader.file(file, show(file));
        List<Path> deeper = new ArrayList<>(chain);
        deeper.add(file);
        Tree.Fields merged = new Tree.Fields(own.at(), Map.of());
        Field base = own.fields().get("base");
        if (base != null) {
            for (Tree.Leaf name : names(base)) {
                Path next = base(file, name);
                if (deeper.contains(next)) {
                    List<Path> circle = new ArrayList<>(deeper.subList(deeper.indexOf(next), deeper.size()));
                    circle.add(next);
                    throw new Broken(name.at(), "base files go in a circle: "
                            + String.join(" -> ", circle.stream().map(this::show).toList()));
                }
                merged = merge(merged, read(next, deeper));
            }
        }
        Tree.Fields top = normalise(own.without("base"));
        return new Tree.Fields(whole(file), merge(merged, top).fields());
    }

    private Path base(Path file, Tree.Leaf name) throws Broken {
        String text = expandHome(name.text());
        Path beside = file.resolveSibling(text).normalize();
        if (Files.exists(beside)) {
            return beside;
        }
        Optional<Path> there = shipped.map(s -> s.resolve(text).normalize()).filter(Files::isRegularFile);
        if (there.isPresent()) {
            return there.get();
        }
        throw new Broken(name.at(), "base file '" + name.text() + "' does not exist: " + show(beside)
                + shipped.map(s -> Nearest.suggest(name.text(), bases(s))).orElse(""));
    }

    private static List<String> bases(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(f -> f.toString().endsWith(".yaml")).map(f -> folder.relativize(f).toString()).sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }

    private Source whole(Path file) {
        return Source.file(show(file), file.getParent());
    }

    private static List<Tree.Leaf> names(Field base) throws Broken {
        List<Tree> values = base.value() instanceof Tree.Items items ? items.items() : List.of(base.value());
        List<Tree.Leaf> names = new ArrayList<>();
        for (Tree value : values) {
            if (value instanceof Tree.Leaf leaf && leaf.value() instanceof String text && !text.isBlank()) {
                names.add(leaf);
            } else if (!(value instanceof Tree.Leaf leaf && leaf.value() == null)) {
                throw new Broken(value.at(), "base is " + value.show() + ", expected a file or a list of files");
            }
        }
        return names;
    }

    static String expandHome(String path) {
        return path.startsWith("~/") ? System.getProperty("user.home") + path.substring(1) : path;
    }

    /** Writes short forms out, so that they can be merged with long ones. */
    private static Tree.Fields normalise(Tree.Fields top) {
        Map<String, Field> fields = new LinkedHashMap<>(top.fields());
        fields.replaceAll((key, field) -> SECTIONS.contains(key) && field.value() instanceof Tree.Leaf leaf
                        && leaf.value() != null
                ? new Field(field.key(), new Tree.Fields(leaf.at(), Map.of("type", new Field(field.key(), leaf))))
                : field);
        return new Tree.Fields(top.at(), fields);
    }

    /**
     * Merges deep: mappings key by key, anything else is replaced. A part that names another type, and a
     * {@code train} that counts otherwise, replaces the lower one as a whole: what belonged to the old type means
     * nothing to the new one.
     */
    static Tree.Fields merge(Tree.Fields lower, Tree.Fields upper) {
        Map<String, Field> fields = new LinkedHashMap<>(lower.fields());
        upper.fields().forEach((key, field) -> {
            Field old = fields.get(key);
            String kind = SECTIONS.contains(key) ? "type" : key.equals("train") ? "mode" : "";
            boolean another = old != null && !kind.isEmpty() && differ(kind, old.value(), field.value());
            fields.put(key, old == null || another ? field : new Field(field.key(), deep(old.value(), field.value())));
        });
        return new Tree.Fields(upper.at(), fields);
    }

    private static boolean differ(String key, Tree lower, Tree upper) {
        return lower instanceof Tree.Fields l && upper instanceof Tree.Fields u
                && l.get(key) instanceof Tree.Leaf a && u.get(key) instanceof Tree.Leaf b && !a.text().equals(b.text());
    }

    private static Tree deep(Tree lower, Tree upper) {
        if (!(lower instanceof Tree.Fields l) || !(upper instanceof Tree.Fields u)) {
            return upper;
        }
        Map<String, Field> fields = new LinkedHashMap<>(l.fields());
        u.fields().forEach((key, field) -> {
            Field old = fields.get(key);
            fields.put(key, old == null ? field : new Field(field.key(), deep(old.value(), field.value())));
        });
        return new Tree.Fields(u.at(), fields);
    }

    /**
     * Applies settings of the command line.
     *
     * @param tree the merged run file
     * @param arguments {@code key.path=value} each; a number in a path is the position in a list, from 0. An option
     *     of the form {@code --key=value} does the same
     * @return the tree with them; relative paths in them are taken from the current folder
     * @throws Broken if one is not of this form, or its value is not YAML
     */
    public Tree.Fields override(Tree.Fields tree, List<String> arguments) throws Broken {
        Tree.Fields top = new Tree.Fields(tree.at(), Map.of());
        List<Setting> positions = new ArrayList<>();
        for (String argument : arguments) {
            Setting setting = parse(argument);
            if (setting.path().stream().anyMatch(p -> p.chars().allMatch(Character::isDigit))) {
                positions.add(setting);
            } else {
                top = put(top, setting.path(), setting);
            }
        }
        Tree.Fields merged = merge(tree, normalise(top));
        for (Setting setting : positions) {
            merged = (Tree.Fields) set(merged, setting.path(), setting);
        }
        return new Tree.Fields(tree.at(), merged.fields());
    }

    private record Setting(List<String> path, Tree value, Source at) {}

    private Setting parse(String argument) throws Broken {
        Source at = Source.argument(argument, current);
        Matcher matcher = OVERRIDE.matcher(argument);
        if (!matcher.matches()) {
            throw new Broken(at, "expected key=value, for example train.epochs=3");
        }
        List<String> path = List.of(matcher.group(1).split("\\."));
        if (path.getFirst().equals("base")) {
            throw new Broken(at, "'base' can be set in a run file only");
        }
        // The value of an option such as --name is text, whatever it looks like in YAML.
        Tree value = argument.startsWith("--name=") ? new Tree.Leaf(at, matcher.group(2), matcher.group(2))
                : YamlReader.value(matcher.group(2), at);
        return new Setting(path, value, at);
    }

    private static Tree.Fields put(Tree.Fields into, List<String> path, Setting setting) {
        String key = path.getFirst();
        if (path.size() == 1) {
            return into.with(key, new Field(setting.at(), setting.value()));
        }
        Tree below = normalise(into).get(key);
        Tree.Fields fields = below instanceof Tree.Fields f ? f : new Tree.Fields(setting.at(), Map.of());
        return into.with(key, new Field(setting.at(), put(fields, path.subList(1, path.size()), setting)));
    }

    private static Tree set(Tree tree, List<String> path, Setting setting) throws Broken {
        if (path.isEmpty()) {
            return setting.value();
        }
        String key = path.getFirst();
        List<String> rest = path.subList(1, path.size());
        return switch (tree) {
            case Tree.Items items -> {
                int size = items.items().size();
                if (!key.chars().allMatch(Character::isDigit) || key.length() > 9 || Integer.parseInt(key) >= size) {
                    throw new Broken(setting.at(), "'" + key + "' is no position in a list of " + size
                            + (size == 0 ? "" : ", expected 0 to " + (size - 1)));
                }
                List<Tree> copy = new ArrayList<>(items.items());
                Tree item = copy.get(Integer.parseInt(key));
                copy.set(Integer.parseInt(key), set(item, rest, setting));
                yield new Tree.Items(items.at(), copy);
            }
            case Tree.Fields fields -> {
                Tree below = fields.get(key);
                Tree value = set(below == null ? new Tree.Fields(setting.at(), Map.of()) : below, rest, setting);
                yield fields.with(key, new Field(setting.at(), value));
            }
            case Tree.Leaf leaf -> throw new Broken(setting.at(), "there is no list or group at '" + key + "'");
        };
    }
}
