// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.util.ArrayList;
import java.util.List;

/**
 * The command line: the launcher's own options {@code --debug} and {@code --console}, wherever they stand before
 * {@code --}, the command and what stands behind it.
 *
 * @param debug whether stack traces are shown
 * @param console whether Gogo reads commands from the terminal
 * @param command the command, {@code help} if none is given
 * @param rest the command's own arguments
 */
record Arguments(boolean debug, boolean console, String command, List<String> rest) {

    static Arguments parse(List<String> line) {
        boolean debug = false;
        boolean console = false;
        boolean literal = false;
        List<String> words = new ArrayList<>();
        for (String word : line) {
            if (!literal && word.equals("--debug")) {
                debug = true;
            } else if (!literal && word.equals("--console")) {
                console = true;
            } else {
                literal |= word.equals("--");
                words.add(word);
            }
        }
        if (words.isEmpty()) {
            return new Arguments(debug, console, "help", List.of());
        }
        List<String> rest = List.copyOf(words.subList(1, words.size()));
        return switch (words.getFirst()) {
            case "-h", "-?", "--help" -> new Arguments(debug, console, "help", rest);
            case "-V", "--version" -> new Arguments(debug, console, "version", rest);
            // "train --help" is "help train": it needs no framework.
            case String word when asksForHelp(rest) && !word.equals("help") ->
                    new Arguments(debug, console, "help", List.of(word));
            case String word -> new Arguments(debug, console, word, rest);
        };
    }

    private static boolean asksForHelp(List<String> rest) {
        int end = rest.indexOf("--");
        List<String> options = end < 0 ? rest : rest.subList(0, end);
        return options.contains("--help") || options.contains("-h");
    }
}
