// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.options;

import java.util.List;

/**
 * One option that a provider takes from the run file. The run file is checked against these, with the nearest name in
 * the message where a key is unknown.
 *
 * @param name the key in the run file
 * @param type what it holds
 * @param defaultValue what holds without it; null where it must be given
 * @param choices the texts that are allowed; empty for any
 * @param description in one sentence, with the unit
 */
public record Option(String name, Type type, Object defaultValue, List<String> choices, String description) {

    /** What an option holds. */
    public enum Type {
        /** Text. */
        TEXT,
        /** A whole number. */
        INTEGER,
        /** A number. */
        NUMBER,
        /** true or false. */
        BOOLEAN,
        /** A list of whole numbers. */
        INTEGERS,
        /** A list of numbers. */
        NUMBERS,
        /** A list of texts. */
        TEXTS,
        /** A file or folder; relative ones are taken from the run file's folder. */
        PATH
    }

    /**
     * Makes an option with a default.
     *
     * @param name the key
     * @param type what it holds
     * @param defaultValue what holds without it
     * @param description in one sentence
     * @return the option
     */
    public static Option of(String name, Type type, Object defaultValue, String description) {
        return new Option(name, type, defaultValue, List.of(), description);
    }

    /**
     * Makes an option that must be given.
     *
     * @param name the key
     * @param type what it holds
     * @param description in one sentence
     * @return the option
     */
    public static Option required(String name, Type type, String description) {
        return new Option(name, type, null, List.of(), description);
    }

    /**
     * Makes an option that holds one of several texts.
     *
     * @param name the key
     * @param choices what is allowed
     * @param defaultValue what holds without it
     * @param description in one sentence
     * @return the option
     */
    public static Option choice(String name, List<String> choices, String defaultValue, String description) {
        return new Option(name, Type.TEXT, defaultValue, List.copyOf(choices), description);
    }
}
