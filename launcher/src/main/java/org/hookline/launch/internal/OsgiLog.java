// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Locale;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceFactory;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.log.FormatterLogger;
import org.osgi.service.log.LogService;
import org.osgi.service.log.Logger;
import org.osgi.service.log.LoggerConsumer;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * OSGi's Log Service over SLF4J. Without one, Declarative Services, Config Admin and FileInstall print to the terminal.
 */
final class OsgiLog implements ServiceFactory<LogService> {

    @Override
    public LogService getService(Bundle bundle, ServiceRegistration<LogService> registration) {
        return new ForBundle(bundle.getSymbolicName());
    }

    @Override
    public void ungetService(Bundle bundle, ServiceRegistration<LogService> registration, LogService service) {}

    private record ForBundle(String bundle) implements LogService {
        @Override
        public Logger getLogger(String name) {
            return getLogger(name, Logger.class);
        }

        @Override
        public Logger getLogger(Class<?> type) {
            return getLogger(type.getName(), Logger.class);
        }

        @Override
        public <L extends Logger> L getLogger(Class<?> type, Class<L> kind) {
            return getLogger(type.getName(), kind);
        }

        @Override
        public <L extends Logger> L getLogger(Bundle of, String name, Class<L> kind) {
            return getLogger(name, kind);
        }

        @Override
        public <L extends Logger> L getLogger(String name, Class<L> kind) {
            if (kind != Logger.class && kind != FormatterLogger.class) {
                throw new IllegalArgumentException("unknown kind of logger: " + kind);
            }
            org.slf4j.Logger target = LoggerFactory.getLogger(below(name));
            return kind.cast(Proxy.newProxyInstance(
                    OsgiLog.class.getClassLoader(),
                    new Class<?>[] {kind},
                    new Forward(target, kind == FormatterLogger.class)));
        }

        /** Below the bundle that logs: Declarative Services uses the names of components, and the root's. */
        private String below(String name) {
            if (name == null || name.isEmpty() || name.equals(Logger.ROOT_LOGGER_NAME)) {
                return bundle;
            }
            return name.startsWith(bundle) ? name : bundle + "." + name;
        }

        @Override
        @Deprecated
        public void log(int level, String message) {
            log(level, message, null);
        }

        @Override
        @Deprecated
        public void log(int level, String message, Throwable failure) {
            LoggerFactory.getLogger(bundle).atLevel(level(level)).setCause(failure).log(message);
        }

        @Override
        @Deprecated
        public void log(ServiceReference<?> service, int level, String message) {
            log(level, service + ": " + message, null);
        }

        @Override
        @Deprecated
        public void log(ServiceReference<?> service, int level, String message, Throwable failure) {
            log(level, service + ": " + message, failure);
        }
    }

    /** A level of the service's old methods, which Felix uses too. */
    @SuppressWarnings("deprecation")
    static Level level(int level) {
        return switch (level) {
            case LogService.LOG_ERROR -> Level.ERROR;
            case LogService.LOG_WARNING -> Level.WARN;
            case LogService.LOG_INFO -> Level.INFO;
            default -> Level.DEBUG;
        };
    }

    /**
     * The methods of OSGi's Logger: for each level {@code isXEnabled()} and {@code x(...)} in five shapes.
     *
     * @param target where it goes
     * @param printf messages as for {@link String#format}, else with {@code {}}
     */
    private record Forward(org.slf4j.Logger target, boolean printf) implements InvocationHandler {
        @Override
        @SuppressWarnings("ReferenceEquality") // a logger is equal to itself only
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Exception {
            String name = method.getName();
            if (method.getDeclaringClass() == Object.class) {
                return switch (name) {
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    default -> "Logger " + target.getName();
                };
            }
            if (name.equals("getName")) {
                return target.getName();
            }
            if (name.startsWith("is")) {
                return target.isEnabledForLevel(named(name.substring(2, name.length() - "Enabled".length())));
            }
            if (target.isEnabledForLevel(named(name))) {
                log(named(name), (Logger) proxy, arguments);
            }
            return null;
        }

        private void log(Level level, Logger proxy, Object[] arguments) throws Exception {
            switch (arguments[0]) {
                case LoggerConsumer<?> consumer -> consumer.accept(proxy);
                case String message when arguments.length == 1 -> target.atLevel(level).log(message);
                case String format -> {
                    Object[] values = arguments.length == 2 && arguments[1] instanceof Object[] several
                            ? several
                            : Arrays.copyOfRange(arguments, 1, arguments.length);
                    Object last = values.length == 0 ? null : values[values.length - 1];
                    if (printf) {
                        Throwable cause = last instanceof Throwable thrown ? thrown : null;
                        target.atLevel(level).setCause(cause).log(String.format(Locale.ROOT, format, values));
                    } else {
                        // SLF4J takes a Throwable at the end as the cause.
                        target.atLevel(level).log(format, values);
                    }
                }
                case null, default -> throw new IllegalArgumentException("not a call of a logger");
            }
        }

        private static Level named(String name) {
            return name.equals("audit") ? Level.INFO : Level.valueOf(name.toUpperCase(Locale.ROOT));
        }
    }
}
