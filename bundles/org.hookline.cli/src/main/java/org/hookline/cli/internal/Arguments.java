// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/**
 * The arguments of {@code train} and {@code check}.
 *
 * @param file the run file, as given
 * @param settings {@code key.path=value} and {@code --key=value}, in their order
 * @param values of options that take one, by option
 * @param flags options without a value
 */
record Arguments(Optional<String> file, List<String> settings, Map<String, String> values, Set<String> flags) {
    /** Options with a value that is none of the run file. */
    private static final List<String> VALUES = List.of("--output", "--png", "--resume", "--split", "--weights");

    /** Options that set a key of the run file. */
    private static final List<String> KEYS = List.of("--device", "--name", "--seed");

    /** Options of every command that the launcher takes, so that they never arrive here. */
    private static final List<String> LAUNCHERS = List.of("--debug", "--help");

    private static final Pattern SETTING = Pattern.compile("[A-Za-z_][A-Za-z0-9_.#-]*=.*", Pattern.DOTALL);

    /**
     * Reads arguments.
     *
     * @param arguments what stands behind the command
     * @param known the options of this command besides {@code --device}, {@code --name} and {@code --seed}:
     *     those that take a value, and flags
     * @return the arguments
     * @throws UserError if one is unknown or lacks its value
     */
    static Arguments parse(List<String> arguments, List<String> known) {
        Optional<String> file = Optional.empty();
        Map<String, String> values = new LinkedHashMap<>();
        List<String> settings = new ArrayList<>();
        Set<String> flags = new LinkedHashSet<>();
        List<String> options = new ArrayList<>(KEYS);
        options.addAll(known);
        boolean literal = false;
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (literal || !argument.startsWith("-") || argument.equals("-")) {
                boolean setting = SETTING.matcher(argument).matches() && !Files.isRegularFile(Path.of(argument));
                if (setting) {
                    settings.add(argument);
                } else if (file.isEmpty()) {
                    file = Optional.of(argument);
                } else {
                    throw new UserError("there are two run files, '" + file.get() + "' and '" + argument
                            + "'; settings are given as key=value, for example train.epochs=3");
                }
                continue;
            }
            if (argument.equals("--")) {
                literal = true;
                continue;
            }
            int equals = argument.indexOf('=');
            String option = equals < 0 ? argument : argument.substring(0, equals);
            if (!options.contains(option)) {
                options.addAll(LAUNCHERS);
                throw new UserError("unknown option '" + option + "'" + Nearest.suggest(option, options));
            }
            if (!KEYS.contains(option) && !VALUES.contains(option)) {
                if (equals >= 0) {
                    throw new UserError("option " + option + " takes no value");
                }
                flags.add(option);
                continue;
            }
            if (equals < 0 && i + 1 == arguments.size()) {
                throw new UserError("option " + option + " needs a value");
            }
            String value = equals < 0 ? arguments.get(++i) : argument.substring(equals + 1);
            if (value.isBlank()) {
                throw new UserError("option " + option + " needs a value");
            }
            if (VALUES.contains(option)) {
                values.put(option, value);
            } else {
                settings.add(option + "=" + value);
            }
        }
        return new Arguments(file, List.copyOf(settings), values, flags);
    }

    /**
     * Gives the value of an option.
     *
     * @param option for example {@code --output}
     * @return its value, where given
     */
    Optional<String> value(String option) {
        return Optional.ofNullable(values.get(option));
    }
}
