// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Reads the metatype description of a bundle ({@code OSGI-INF/metatype/*.xml}): the parameters of its components. The
 * metatype service would not tell ranges. For any thread.
 */
public final class MetatypeReader {
    /**
     * What a component takes.
     *
     * @param description in words; may be empty
     * @param parameters in their order
     */
    public record Description(String description, List<Parameter> parameters) {
        /** Copies the list. */
        public Description {
            parameters = List.copyOf(parameters);
        }
    }

    private MetatypeReader() {}

    /**
     * Reads a file.
     *
     * @param xml the file; the caller closes it
     * @return the descriptions by configuration PID
     * @throws IOException if it cannot be read or is not XML
     */
    public static Map<String, Description> read(InputStream xml) throws IOException {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        Map<String, Description> classes = new LinkedHashMap<>();
        Map<String, String> designated = new LinkedHashMap<>();
        try {
            XMLStreamReader reader = factory.createXMLStreamReader(xml);
            String pid = "";
            while (reader.hasNext()) {
                if (reader.next() != XMLStreamConstants.START_ELEMENT) {
                    continue;
                }
                switch (reader.getLocalName()) {
                    case "OCD" -> classes.put(attribute(reader, "id").orElse(""), readClass(reader));
                    case "Designate" -> pid = attribute(reader, "factoryPid").or(() -> attribute(reader, "pid"))
                            .orElse("");
                    case "Object" -> designated.put(pid, attribute(reader, "ocdref").orElse(""));
                    default -> { }
                }
            }
        } catch (XMLStreamException e) {
            throw new IOException("not a metatype description: " + e.getMessage(), e);
        }
        Map<String, Description> byPid = new LinkedHashMap<>();
        designated.forEach((p, ref) -> Optional.ofNullable(classes.get(ref)).ifPresent(c -> byPid.put(p, c)));
        return byPid;
    }

    private static Description readClass(XMLStreamReader reader) throws XMLStreamException {
        String description = attribute(reader, "description").orElse("");
        List<Parameter> parameters = new ArrayList<>();
        while (reader.hasNext()) {
            int event = reader.next();
            if (event == XMLStreamConstants.END_ELEMENT && reader.getLocalName().equals("OCD")) {
                break;
            }
            if (event == XMLStreamConstants.START_ELEMENT && reader.getLocalName().equals("AD")) {
                parameters.add(readParameter(reader));
            }
        }
        return new Description(description, parameters);
    }

    private static Parameter readParameter(XMLStreamReader reader) throws XMLStreamException {
        String name = attribute(reader, "id").orElse("");
        Parameter.Type type = switch (attribute(reader, "type").orElse("String")) {
            case "Long", "Integer", "Short", "Byte" -> Parameter.Type.INTEGER;
            case "Double", "Float" -> Parameter.Type.NUMBER;
            case "Boolean" -> Parameter.Type.BOOLEAN;
            default -> Parameter.Type.TEXT;
        };
        int cardinality = attribute(reader, "cardinality").map(Integer::parseInt).orElse(0);
        Optional<List<String>> defaults = attribute(reader, "default")
                .map(d -> cardinality == 0 ? List.of(d) : split(d));
        String description = attribute(reader, "description").orElse("");
        Optional<Double> min = attribute(reader, "min").flatMap(MetatypeReader::number);
        Optional<Double> max = attribute(reader, "max").flatMap(MetatypeReader::number);
        List<String> options = new ArrayList<>();
        while (reader.hasNext()) {
            int event = reader.next();
            if (event == XMLStreamConstants.END_ELEMENT && reader.getLocalName().equals("AD")) {
                break;
            }
            if (event == XMLStreamConstants.START_ELEMENT && reader.getLocalName().equals("Option")) {
                options.add(attribute(reader, "value").orElse(""));
            }
        }
        return new Parameter(name, type, cardinality, defaults, description, min, max, options);
    }

    private static Optional<String> attribute(XMLStreamReader reader, String name) {
        return Optional.ofNullable(reader.getAttributeValue(null, name));
    }

    private static Optional<Double> number(String text) {
        try {
            return Optional.of(Double.parseDouble(text.strip()));
        } catch (NumberFormatException e) {
            // Metatype allows a range of text, too; there is none of ours.
            return Optional.empty();
        }
    }

    /** Splits a default at its commas; a backslash takes the next character as it is. */
    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                part.append(text.charAt(++i));
            } else if (c == ',') {
                parts.add(part.toString().strip());
                part.setLength(0);
            } else {
                part.append(c);
            }
        }
        if (!parts.isEmpty() || !part.toString().isBlank()) {
            parts.add(part.toString().strip());
        }
        return parts;
    }
}
