// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Puts a framework's resolve error into plain words. */
final class ResolveErrors {
    private static final Pattern PACKAGE = Pattern.compile("osgi\\.wiring\\.package=([\\w.$-]+)\\)");
    private static final Pattern FROM = Pattern.compile("version>=([\\w.]+)\\)");
    private static final Pattern BELOW = Pattern.compile("!\\(version>=([\\w.]+)\\)");
    private static final Pattern NEWER = Pattern.compile("^(\\S+) has been compiled .*?class file version (\\d+)");

    /** Java 25 has class files of version 69, and so on. */
    private static final int CLASS_FILE_OF_JAVA_0 = 44;

    private static final Pattern EE = Pattern.compile("osgi\\.ee=([\\w/.]+)\\).*?version=([\\d.]+)\\)");

    /** Finds the versions in which a package is offered by the bundles that are there. */
    @FunctionalInterface
    interface Exporters {
        /** {@return for example {@code org.hookline.api offers 1.0.0}, or empty text where nobody offers it} */
        String of(String packageName);
    }

    private ResolveErrors() {}

    /**
     * Explains an error.
     *
     * @param message the framework's message
     * @param exporters knows who offers a package
     * @return one line
     */
    static String explain(String message, Exporters exporters) {
        Matcher p = PACKAGE.matcher(message);
        if (p.find()) {
            String name = p.group(1);
            String rest = message.substring(p.end());
            String range = range(rest);
            String offered = exporters.of(name);
            return "it needs the package " + name + (range.isEmpty() ? "" : " in version " + range) + ", and "
                    + (offered.isEmpty()
                            ? "no bundle here offers it: deploy the bundle that exports it, or embed its jar"
                            : offered + ": build it against that version");
        }
        Matcher ee = EE.matcher(message);
        if (ee.find()) {
            return "it is built for " + ee.group(1) + " " + ee.group(2) + " and this is Java "
                    + Runtime.version().feature() + ": build it for an older release";
        }
        return "it cannot be resolved: " + message.lines().findFirst().orElse(message);
    }

    /**
     * Explains why a class cannot be loaded.
     *
     * @param error what loading it threw
     * @return what is wrong with it
     */
    static String linkage(Throwable error) {
        Matcher newer = NEWER.matcher(String.valueOf(error.getMessage()));
        if (error instanceof UnsupportedClassVersionError && newer.find()) {
            return tooNew(newer.group(1).replace('/', '.'), java(Integer.parseInt(newer.group(2))));
        }
        return error.getClass().getSimpleName() + ": " + error.getMessage();
    }

    /**
     * Says that a class is built for a Java that this is not yet.
     *
     * @param className the class
     * @param java for which it is built
     * @return what is wrong with it
     */
    static String tooNew(String className, int java) {
        return "its class " + className + " is built for Java " + java + " and this is Java "
                + Runtime.version().feature() + ": build it for an older release";
    }

    /** {@return for which Java class files of a major version are} */
    static int java(int majorVersion) {
        return majorVersion - CLASS_FILE_OF_JAVA_0;
    }

    /**
     * Finds the package that is missing.
     *
     * @param message the framework's message
     * @return its name, or empty text where it is something else that is missing
     */
    static String missingPackage(String message) {
        Matcher p = PACKAGE.matcher(message);
        return p.find() ? p.group(1) : "";
    }

    private static String range(String filter) {
        Matcher below = BELOW.matcher(filter);
        String upper = below.find() ? below.group(1) : "";
        Matcher from = FROM.matcher(filter);
        String lower = from.find() && !from.group(1).equals(upper) ? from.group(1) : "";
        if (lower.isEmpty() && upper.isEmpty()) {
            return "";
        }
        return upper.isEmpty() ? lower + " or later" : "[" + (lower.isEmpty() ? "0" : lower) + "," + upper + ")";
    }
}
