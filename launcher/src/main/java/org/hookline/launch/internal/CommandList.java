// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;

/**
 * The commands that the launcher knows without starting the framework, from the resource {@code commands.properties}.
 *
 * @param entries in the order of the help
 */
record CommandList(List<Entry> entries) {

    /**
     * A command.
     *
     * @param name the word on the command line
     * @param usage what stands behind it
     * @param summary one line
     * @param details further lines, may be empty
     * @param needsNative whether libtorch must be there
     * @param control whether it is for the process that trains, which is asked over its socket
     */
    record Entry(String name, String usage, String summary, String details, boolean needsNative, boolean control) {}

    static CommandList load() {
        try (InputStream in = Objects.requireNonNull(CommandList.class.getResourceAsStream("commands.properties"));
                Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
            Properties properties = new Properties();
            properties.load(reader);
            return of(properties);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static CommandList of(Properties properties) {
        List<Entry> entries = new ArrayList<>();
        for (String name : List.of(properties.getProperty("commands").split("[,\\s]+", -1))) {
            entries.add(new Entry(
                    name,
                    properties.getProperty(name + ".usage", ""),
                    Objects.requireNonNull(properties.getProperty(name + ".summary"), name),
                    properties.getProperty(name + ".details", ""),
                    Boolean.parseBoolean(properties.getProperty(name + ".native")),
                    Boolean.parseBoolean(properties.getProperty(name + ".control"))));
        }
        return new CommandList(List.copyOf(entries));
    }

    Optional<Entry> find(String name) {
        return entries.stream().filter(e -> e.name().equals(name)).findFirst();
    }

    /** What to say about a word that is no command. */
    String unknown(String word) {
        String known = String.join(", ", entries.stream().map(Entry::name).toList());
        return nearest(word)
                .map(near -> "unknown command '" + word + "': did you mean '" + near + "'? (" + known + ")")
                .orElse("unknown command '" + word + "': expected one of " + known);
    }

    /** The command nearest to a word, if one is near enough to be meant. */
    Optional<String> nearest(String word) {
        String lower = word.toLowerCase(Locale.ROOT);
        String best = null;
        int least = Integer.MAX_VALUE;
        for (Entry entry : entries) {
            int distance = distance(lower, entry.name());
            boolean near = distance <= Math.max(1, entry.name().length() / 2)
                    || (lower.length() > 1 && entry.name().startsWith(lower));
            if (near && distance < least) {
                best = entry.name();
                least = distance;
            }
        }
        return Optional.ofNullable(best);
    }

    /** Levenshtein's distance with neighbours swapped as one edit. */
    private static int distance(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                cost[i][j] =
                        Math.min(Math.min(cost[i - 1][j], cost[i][j - 1]) + 1, cost[i - 1][j - 1] + change);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[a.length()][b.length()];
    }

    /** The text of {@code hookline help}. */
    String overview(String version) {
        StringBuilder text = new StringBuilder();
        text.append("Hookline ").append(version).append(", a training runtime for the JVM.\n\n");
        text.append("usage: hookline <command> [arguments] [--debug]\n\n");
        int width = entries.stream().mapToInt(e -> e.name().length()).max().orElse(0);
        for (Entry entry : entries) {
            text.append("  ").append(entry.name()).append(" ".repeat(width - entry.name().length() + 2));
            text.append(entry.summary()).append('\n');
        }
        text.append("\n  --debug  stack traces, the log at DEBUG and the times of the start; anywhere on the line\n");
        text.append("\n'hookline help <command>' says more about one of them.\n");
        return text.toString();
    }

    /** The text of {@code hookline help <command>}. */
    static String details(Entry entry) {
        String usage = entry.usage().isEmpty() ? "" : " " + entry.usage();
        String details = entry.details().isEmpty() ? "" : "\n" + entry.details().stripTrailing() + "\n";
        return "usage: hookline " + entry.name() + usage + "\n\n" + entry.summary() + "\n" + details;
    }
}
