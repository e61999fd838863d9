// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;
import org.osgi.framework.VersionRange;
import org.osgi.framework.namespace.BundleNamespace;
import org.osgi.framework.namespace.ExecutionEnvironmentNamespace;
import org.osgi.framework.namespace.HostNamespace;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;

/**
 * Why bundles do not resolve, in plain words: one line for each reason, and none for what only follows from another.
 */
final class ResolveReport {
    private static final Pattern TERM = Pattern.compile("\\(([^()<>=~!]+)(<=|>=|=)([^()]*)\\)");
    private static final Pattern NOT_TERM = Pattern.compile("\\(!\\(([^()<>=~!]+)(<=|>=)([^()]*)\\)\\)");

    private ResolveReport() {}

    /** The reasons for the bundles that are installed but not resolved; empty if there are none. */
    static List<String> of(Bundle[] bundles) {
        List<BundleRevision> all = new ArrayList<>();
        List<BundleRevision> unresolved = new ArrayList<>();
        for (Bundle bundle : bundles) {
            BundleRevision revision = bundle.adapt(BundleRevision.class);
            if (revision != null) {
                all.add(revision);
                if (bundle.getState() == Bundle.INSTALLED) {
                    unresolved.add(revision);
                }
            }
        }
        List<String> lines = new ArrayList<>();
        List<String> followers = new ArrayList<>();
        for (BundleRevision revision : unresolved) {
            List<String> own = missing(revision, all);
            lines.addAll(own);
            if (own.isEmpty()) {
                followers.add(name(revision));
            }
        }
        if (lines.isEmpty() && !followers.isEmpty()) {
            // Everything is there, but not together: two providers of a package that one class space cannot hold.
            lines.add("these bundles do not fit together: " + String.join(", ", followers)
                    + " (two providers of one package, see the log)");
        }
        return lines;
    }

    private static List<String> missing(BundleRevision revision, Collection<BundleRevision> all) {
        List<String> lines = new ArrayList<>();
        for (BundleRequirement requirement : revision.getDeclaredRequirements(null)) {
            if (mandatory(requirement) && providers(requirement, all).isEmpty()) {
                lines.add("bundle " + name(revision) + " needs " + describe(requirement) + ": "
                        + instead(requirement, all));
            }
        }
        return lines;
    }

    private static boolean mandatory(BundleRequirement requirement) {
        String resolution = requirement.getDirectives().get(Constants.RESOLUTION_DIRECTIVE);
        String effective = requirement.getDirectives().get(Constants.EFFECTIVE_DIRECTIVE);
        return !Constants.RESOLUTION_OPTIONAL.equals(resolution)
                && !"dynamic".equals(resolution)
                && (effective == null || Constants.EFFECTIVE_RESOLVE.equals(effective));
    }

    private static List<BundleCapability> providers(BundleRequirement requirement, Collection<BundleRevision> all) {
        return all.stream()
                .flatMap(revision -> revision.getDeclaredCapabilities(requirement.getNamespace()).stream())
                .filter(requirement::matches)
                .toList();
    }

    /** What is there under the same name, with another version or other attributes. */
    private static String instead(BundleRequirement requirement, Collection<BundleRevision> all) {
        String namespace = requirement.getNamespace();
        Optional<String> wanted = value(filter(requirement), namespace);
        TreeSet<String> offers = all.stream()
                .flatMap(revision -> revision.getDeclaredCapabilities(namespace).stream())
                .filter(capability -> wanted.isPresent() && wanted.get().equals(text(capability, namespace)))
                .map(capability -> version(capability) + " of " + name(capability.getRevision()))
                .collect(Collectors.toCollection(TreeSet::new));
        boolean jdk = namespace.equals(ExecutionEnvironmentNamespace.EXECUTION_ENVIRONMENT_NAMESPACE);
        if (!offers.isEmpty() && !jdk) {
            return "there is only " + String.join(", ", offers);
        }
        return switch (namespace) {
            case PackageNamespace.PACKAGE_NAMESPACE -> "nobody exports it";
            case BundleNamespace.BUNDLE_NAMESPACE, HostNamespace.HOST_NAMESPACE -> "it is not installed";
            case ExecutionEnvironmentNamespace.EXECUTION_ENVIRONMENT_NAMESPACE ->
                    "this is Java " + Runtime.version().feature();
            default -> "nobody provides it";
        };
    }

    private static String describe(BundleRequirement requirement) {
        return describe(requirement.getNamespace(), filter(requirement));
    }

    /** Such as {@code package a.b [1.0,2)} for the namespace of packages and its filter. */
    static String describe(String namespace, String filter) {
        String kind = switch (namespace) {
            case PackageNamespace.PACKAGE_NAMESPACE -> "package";
            case BundleNamespace.BUNDLE_NAMESPACE -> "bundle";
            case HostNamespace.HOST_NAMESPACE -> "host bundle";
            case ExecutionEnvironmentNamespace.EXECUTION_ENVIRONMENT_NAMESPACE -> "execution environment";
            default -> "capability " + namespace;
        };
        Optional<String> name = value(filter, namespace);
        if (name.isEmpty()) {
            return filter.isEmpty() ? kind : kind + " " + filter;
        }
        String versionAttribute = switch (namespace) {
            case BundleNamespace.BUNDLE_NAMESPACE, HostNamespace.HOST_NAMESPACE ->
                    Constants.BUNDLE_VERSION_ATTRIBUTE;
            default -> Constants.VERSION_ATTRIBUTE;
        };
        return kind + " " + name.get() + range(filter, versionAttribute).map(r -> " " + r).orElse("");
    }

    private static Optional<String> value(String filter, String attribute) {
        Matcher term = TERM.matcher(filter);
        while (term.find()) {
            if (term.group(1).equals(attribute) && term.group(2).equals("=")) {
                return Optional.of(term.group(3));
            }
        }
        return Optional.empty();
    }

    /** The range that a filter's terms on a version come to; empty where they leave it open. */
    private static Optional<String> range(String filter, String attribute) {
        String low = null;
        boolean lowIncluded = true;
        String high = null;
        boolean highIncluded = false;
        Matcher not = NOT_TERM.matcher(filter);
        while (not.find()) {
            if (not.group(1).equals(attribute)) {
                if (not.group(2).equals(">=")) {
                    high = not.group(3);
                    highIncluded = false;
                } else {
                    low = not.group(3);
                    lowIncluded = false;
                }
            }
        }
        Matcher term = TERM.matcher(NOT_TERM.matcher(filter).replaceAll(""));
        while (term.find()) {
            if (term.group(1).equals(attribute)) {
                switch (term.group(2)) {
                    case ">=" -> low = term.group(3);
                    case "<=" -> {
                        high = term.group(3);
                        highIncluded = true;
                    }
                    default -> {
                        return Optional.of(term.group(3));
                    }
                }
            }
        }
        if (low == null && high == null) {
            return Optional.empty();
        }
        if (high == null) {
            return Optional.of((lowIncluded ? "" : "above ") + shorter(low) + (lowIncluded ? " or newer" : ""));
        }
        return Optional.of((lowIncluded ? "[" : "(") + shorter(low == null ? "0" : low) + ","
                + shorter(high).replaceFirst("\\.0$", "") + (highIncluded ? "]" : ")"));
    }

    /** Without zeros at the end that say nothing: 1.0.0 is 1.0. */
    private static String shorter(String version) {
        return version.endsWith(".0") && version.indexOf('.') != version.lastIndexOf('.')
                ? version.substring(0, version.length() - 2)
                : version;
    }

    private static String filter(BundleRequirement requirement) {
        String filter = requirement.getDirectives().get(Constants.FILTER_DIRECTIVE);
        if (filter != null) {
            return filter;
        }
        // Felix keeps the parsed form of package, bundle and host requirements as attributes.
        StringBuilder text = new StringBuilder();
        requirement.getAttributes().forEach((key, value) -> {
            if (value instanceof VersionRange range) {
                text.append(range.toFilterString(key));
            } else {
                text.append('(').append(key).append('=').append(value).append(')');
            }
        });
        return text.toString();
    }

    private static String text(BundleCapability capability, String attribute) {
        return String.valueOf(capability.getAttributes().get(attribute));
    }

    private static String version(BundleCapability capability) {
        Object version = capability.getAttributes()
                .getOrDefault(
                        Constants.VERSION_ATTRIBUTE,
                        capability.getAttributes().get(Constants.BUNDLE_VERSION_ATTRIBUTE));
        return version == null ? Version.emptyVersion.toString() : version.toString();
    }

    private static String name(BundleRevision revision) {
        return revision.getSymbolicName() + " " + revision.getVersion();
    }
}
