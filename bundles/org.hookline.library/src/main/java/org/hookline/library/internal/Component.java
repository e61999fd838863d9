// SPDX-License-Identifier: Apache-2.0
package org.hookline.library.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.jar.Manifest;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.hookline.torch.Torch;

/**
 * A component as its bundle describes it ({@code OSGI-INF/*.xml}, Compendium 8, 112): what Declarative Services would
 * make, made here with its constructor.
 *
 * @param name of the component, which is the type of a hook
 * @param implementation its class
 * @param services what it offers, by class name
 * @param properties its service properties, all defaults included
 * @param binds the methods that take services, by the class name of the service
 */
public record Component(
        String name, Class<?> implementation, List<String> services, Map<String, Object> properties,
        Map<String, String> binds) {

    /**
     * Finds the components of all bundles that a class loader sees, on the class path and on the module path.
     *
     * @param loader the class loader
     * @return the components, in the order of the path
     */
    public static List<Component> all(ClassLoader loader) {
        List<Component> components = new ArrayList<>();
        try {
            for (URL manifest : Collections.list(loader.getResources("META-INF/MANIFEST.MF"))) {
                try (InputStream in = manifest.openStream()) {
                    String listed = new Manifest(in).getMainAttributes().getValue("Service-Component");
                    for (String file : listed == null ? new String[0] : listed.split(",", -1)) {
                        read(loader, file.strip()).ifPresent(components::add);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return components;
    }

    private static Optional<Component> read(ClassLoader loader, String file) throws IOException {
        try (InputStream in = loader.getResourceAsStream(file)) {
            return in == null ? Optional.empty() : Optional.of(parse(loader, in));
        } catch (XMLStreamException | ClassNotFoundException e) {
            throw new IOException(file + " describes no component: " + e.getMessage(), e);
        }
    }

    private static Component parse(ClassLoader loader, InputStream in)
            throws XMLStreamException, ClassNotFoundException {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        XMLStreamReader reader = factory.createXMLStreamReader(in);
        String name = "";
        Class<?> implementation = null;
        List<String> services = new ArrayList<>();
        Map<String, Object> properties = new LinkedHashMap<>();
        Map<String, String> binds = new LinkedHashMap<>();
        while (reader.hasNext()) {
            if (reader.next() != XMLStreamConstants.START_ELEMENT) {
                continue;
            }
            switch (reader.getLocalName()) {
                case "component" -> name = reader.getAttributeValue(null, "name");
                case "implementation" -> implementation =
                        Class.forName(reader.getAttributeValue(null, "class"), false, loader);
                case "provide" -> services.add(reader.getAttributeValue(null, "interface"));
                case "property" -> {
                    // Several values stand in the element's text; no property that is used here has any.
                    String value = reader.getAttributeValue(null, "value");
                    if (value != null) {
                        properties.put(reader.getAttributeValue(null, "name"), value);
                    }
                }
                case "reference" -> {
                    String bind = reader.getAttributeValue(null, "bind");
                    if (bind != null) {
                        binds.put(reader.getAttributeValue(null, "interface"), bind);
                    }
                }
                default -> { }
            }
        }
        if (implementation == null) {
            throw new XMLStreamException("there is no implementation");
        }
        properties.put("component.name", name);
        return new Component(name, implementation, List.copyOf(services), properties, binds);
    }

    /** {@return the annotation type that holds its parameters, where it takes any} */
    public Optional<Class<?>> settings() {
        return Arrays.stream(implementation.getConstructors()).map(Constructor::getParameterTypes)
                .filter(p -> p.length == 1 && p[0].isAnnotation()).<Class<?>>map(p -> p[0]).findFirst();
    }

    /**
     * Makes an instance.
     *
     * @param given component properties over its own
     * @param torch what libtorch offers, for components that can use it
     * @return the instance
     * @throws IllegalStateException if it has no constructor that can be called without OSGi
     */
    public Object make(Map<String, ?> given, Optional<Torch> torch) {
        try {
            Optional<Class<?>> settings = settings();
            if (settings.isPresent()) {
                return implementation.getConstructor(settings.get())
                        .newInstance(Settings.of(settings.get(), given, name));
            }
            for (Constructor<?> constructor : implementation.getConstructors()) {
                if (torch.isPresent() && Arrays.equals(constructor.getParameterTypes(), new Object[] {Torch.class})) {
                    return constructor.newInstance(torch.get());
                }
            }
            return implementation.getConstructor().newInstance();
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(name + " cannot be made: " + e.getCause(), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(name + " cannot be made without OSGi: " + e, e);
        }
    }

    /**
     * Hands a service to an instance, where it takes such.
     *
     * @param instance of this component
     * @param service the class of the service
     * @param value the service
     * @param its properties
     */
    public void bind(Object instance, Class<?> service, Object value, Map<String, ?> its) {
        String method = binds.get(service.getName());
        if (method != null) {
            try {
                implementation.getMethod(method, service, Map.class).invoke(instance, value, its);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(name + " cannot take a " + service.getSimpleName() + ": " + e, e);
            }
        }
    }
}
