// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.runfile.internal.Tree.Field;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Reads YAML 1.2 into a {@link Tree}. Nodes are composed, no objects made, so that every value keeps its line. */
public final class YamlReader {
    /** No run file is this large; a few aliases of aliases are. */
    private static final int MAX_NODES = 100_000;

    private final Source file;
    private final IdentityHashMap<Node, Boolean> open = new IdentityHashMap<>();
    private int nodes;

    private YamlReader(Source file) {
        this.file = file;
    }

    /**
     * Reads a file.
     *
     * @param path the file
     * @param shown its name for messages
     * @return its mapping; without keys where the file is empty
     * @throws Broken if it cannot be read, or is not a YAML mapping
     */
    public static Tree.Fields file(Path path, String shown) throws Broken {
        Source source = Source.file(shown, path.toAbsolutePath().normalize().getParent());
        String text;
        try {
            if (Files.isDirectory(path)) {
                throw new Broken(shown, "is a folder, expected a run file", null);
            }
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(path))).toString();
        } catch (NoSuchFileException e) {
            throw new Broken(shown, "no such file", e);
        } catch (AccessDeniedException e) {
            throw new Broken(shown, "this file may not be read: permission denied", e);
        } catch (CharacterCodingException e) {
            throw new Broken(shown, "is not text in UTF-8", e);
        } catch (IOException e) {
            throw new Broken(shown, "cannot be read: " + e.getMessage(), e);
        }
        if (text.startsWith("\uFEFF")) {
            text = text.substring(1);
        }
        Tree tree = read(text, source).orElse(new Tree.Fields(source, Map.of()));
        if (tree instanceof Tree.Fields fields) {
            return fields;
        }
        throw new Broken(tree.at(), "a run file is made of keys and values, such as 'name: digits', this is "
                + (tree instanceof Tree.Items ? "a list" : "a single value"));
    }

    /**
     * Reads text that is not a run file.
     *
     * @param text YAML or JSON
     * @param name for messages
     * @return the value
     * @throws Broken if it is not YAML
     */
    public static Tree text(String text, String name) throws Broken {
        return value(text, Source.file(name, null));
    }

    /**
     * Reads the value of an argument.
     *
     * @param text the value
     * @param source the argument
     * @return the value; empty text where nothing was given
     * @throws Broken if it is not YAML
     */
    public static Tree value(String text, Source source) throws Broken {
        return read(text, source).orElse(new Tree.Leaf(source, "", ""));
    }

    private static Optional<Tree> read(String text, Source source) throws Broken {
        LoadSettings settings = LoadSettings.builder().setLabel(source.name()).setSchema(new CoreSchema()).build();
        try {
            Optional<Node> root = new Compose(settings).composeString(text);
            return root.isEmpty() ? Optional.empty() : Optional.of(new YamlReader(source).convert(root.get()));
        } catch (MarkedYamlEngineException e) {
            Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
            Source at = mark.map(m -> source.at(m.getLine())).orElse(source);
            String context = e.getContext() == null || e.getContext().isBlank() ? "" : " (" + e.getContext() + ")";
            throw new Broken(at.show(), "not valid YAML: " + oneLine(e.getProblem() + context) + hint(e, text), e);
        } catch (ReaderException e) {
            int line = (int) text.codePoints().limit(Math.max(0, e.getPosition())).filter(c -> c == '\n').count();
            throw new Broken(source.at(line).show(), "not valid YAML: it holds the special character U+"
                    + String.format("%04X", e.getCodePoint()), e);
        } catch (YamlEngineException e) {
            throw new Broken(source.show(), "not valid YAML: " + oneLine(e.getMessage()), e);
        }
    }

    /** Tabs are the mistake that the parser's own words do not explain. */
    private static String hint(MarkedYamlEngineException e, String text) {
        Optional<Mark> mark = e.getProblemMark();
        if (mark.isPresent()) {
            List<String> lines = text.lines().toList();
            int line = mark.get().getLine();
            if (line < lines.size() && lines.get(line).stripTrailing().matches("\\s*\\t.*")) {
                return "; indent with spaces, not with tabs";
            }
        }
        return "";
    }

    private static String oneLine(String text) {
        return String.valueOf(text).strip().replaceAll("\\s*\\R\\s*", " ");
    }

    private Source at(Node node) {
        return node.getStartMark().map(m -> file.at(m.getLine())).orElse(file);
    }

    private Tree convert(Node node) throws Broken {
        Source at = at(node);
        if (++nodes > MAX_NODES) {
            throw new Broken(at, "more than " + MAX_NODES + " values; do aliases refer to aliases?");
        }
        if (open.put(node, true) != null) {
            throw new Broken(at, "an alias refers to a value that holds the alias");
        }
        Tree tree = switch (node) {
            case ScalarNode scalar -> new Tree.Leaf(at, scalar(scalar, at), scalar.getValue());
            case SequenceNode sequence -> {
                expect(sequence, Tag.SEQ, at);
                List<Tree> items = new ArrayList<>();
                for (Node item : sequence.getValue()) {
                    items.add(convert(item));
                }
                yield new Tree.Items(at, items);
            }
            case MappingNode mapping -> {
                expect(mapping, Tag.MAP, at);
                yield mapping(mapping, at);
            }
            default -> throw new Broken(at, "cannot be understood");
        };
        open.remove(node);
        return tree;
    }

    private Tree mapping(MappingNode node, Source at) throws Broken {
        Map<String, Field> fields = new LinkedHashMap<>();
        for (NodeTuple tuple : node.getValue()) {
            Source keyAt = at(tuple.getKeyNode());
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw new Broken(keyAt, "a key must be a word");
            }
            Field before = fields.put(key.getValue(), new Field(keyAt, convert(tuple.getValueNode())));
            if (before != null) {
                throw new Broken(keyAt, "key '" + key.getValue() + "' was given before"
                        + (before.key().line() > 0 ? ", in line " + before.key().line() : ""));
            }
        }
        return new Tree.Fields(at, fields);
    }

    private static void expect(Node node, Tag tag, Source at) throws Broken {
        if (!node.getTag().equals(tag)) {
            throw new Broken(at, "run files have no tags such as " + node.getTag().getValue());
        }
    }

    private static Object scalar(ScalarNode node, Source at) throws Broken {
        Tag tag = node.getTag();
        String text = node.getValue();
        if (tag.equals(Tag.STR)) {
            return text;
        }
        if (tag.equals(Tag.NULL)) {
            return null;
        }
        if (tag.equals(Tag.BOOL)) {
            return Boolean.parseBoolean(text);
        }
        if (tag.equals(Tag.INT)) {
            try {
                return text.startsWith("0x") ? Long.parseLong(text.substring(2), 16)
                        : text.startsWith("0o") ? Long.parseLong(text.substring(2), 8) : Long.parseLong(text);
            } catch (NumberFormatException e) {
                throw new Broken(at.show(), text + " is too large for a whole number", e);
            }
        }
        if (tag.equals(Tag.FLOAT)) {
            return switch (text.toLowerCase(java.util.Locale.ROOT)) {
                case ".inf", "+.inf" -> Double.POSITIVE_INFINITY;
                case "-.inf" -> Double.NEGATIVE_INFINITY;
                case ".nan" -> Double.NaN;
                default -> Double.parseDouble(text);
            };
        }
        throw new Broken(at, "run files have no tags such as " + tag.getValue());
    }
}
