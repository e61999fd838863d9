// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.imagefolder.internal;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.data.Partition;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.hookline.api.options.Nearest;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * Pictures in a folder for each class, either directly below the folder or below {@code train} and
 * {@code validation} or {@code test}. Pictures are scaled to one size once, when the set is opened, and kept as bytes.
 */
@Component(property = DatasetProvider.TYPE + "=image-folder")
public final class ImageFolderProvider implements DatasetProvider {
    private static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg", ".gif", ".bmp");

    @Override
    public List<Option> options() {
        return List.of(
                Option.required("folder", Option.Type.PATH, "the folder with a folder for each class"),
                Option.of("size", Option.Type.INTEGERS, List.of(32, 32), "height and width in pixels"),
                Option.choice("color", List.of("rgb", "gray"), "rgb", "three channels or one"),
                Option.of("mean", Option.Type.NUMBER, 0.5, "taken from each value, which lies between 0 and 1"),
                Option.of("std", Option.Type.NUMBER, 0.5, "by which each value is then divided, above 0"),
                Option.of("validation", Option.Type.NUMBER, 0.2,
                        "part held out for validation where there is no folder train, from 0 to below 1"),
                Option.of("split_seed", Option.Type.INTEGER, 0, "seed of the choice of validation pictures"),
                Option.choice("augment", List.of("none", "flip"), "none",
                        "flip: training pictures are mirrored left to right half of the time"),
                Option.choice("unreadable", List.of("fail", "skip"), "fail",
                        "what to do with a file that is no readable picture"));
    }

    @Override
    public Dataset open(Options options) throws IOException {
        String owner = options.owner();
        Path folder = options.path("folder")
                .orElseThrow(() -> new UserError(owner + ": option 'folder' is empty, expected a folder"));
        if (!Files.isDirectory(folder)) {
            throw new UserError(owner + ": there is no folder " + folder);
        }
        List<Integer> size = options.integers("size");
        if (size.size() != 2 || size.get(0) < 1 || size.get(1) < 1) {
            throw new UserError(owner + ": option 'size' is " + size + ", expected height and width, for example [32, 32]");
        }
        Pictures format = new Pictures(size.get(0), size.get(1), options.text("color").equals("gray") ? 1 : 3,
                (float) options.number("mean"), (float) options.number("std", 1e-6, Double.MAX_VALUE),
                options.text("unreadable").equals("skip"));
        boolean flip = options.text("augment").equals("flip");
        Map<String, Split> splits = new LinkedHashMap<>();
        Path train = folder.resolve(Dataset.TRAIN);
        List<String> classes;
        if (Files.isDirectory(train)) {
            classes = classes(owner, train);
            splits.put(Dataset.TRAIN, format.split(load(owner, train, classes, format), flip));
            for (String name : List.of(Dataset.VALIDATION, Dataset.TEST)) {
                Path other = folder.resolve(name);
                if (Files.isDirectory(other)) {
                    for (String found : folders(other)) {
                        if (!classes.contains(found)) {
                            throw new UserError(owner + ": " + other.resolve(found) + " is a class that " + train
                                    + " does not have" + Nearest.suggest(found, classes));
                        }
                    }
                    splits.put(name, format.split(load(owner, other, classes, format), false));
                }
            }
        } else {
            classes = classes(owner, folder);
            List<Pictures.Labelled> all = load(owner, folder, classes, format);
            double fraction = options.number("validation", 0, 0.999999);
            int[] labels = all.stream().mapToInt(Pictures.Labelled::label).toArray();
            Partition parts = fraction == 0 ? new Partition(IntStream.range(0, labels.length).toArray(), new int[0])
                    : Partition.stratified(labels, fraction, options.integer("split_seed"));
            splits.put(Dataset.TRAIN, format.split(IntStream.of(parts.kept()).mapToObj(all::get).toList(), flip));
            if (parts.heldOut().length > 0) {
                splits.put(Dataset.VALIDATION,
                        format.split(IntStream.of(parts.heldOut()).mapToObj(all::get).toList(), false));
            }
        }
        return new Open(SampleSpec.classification(
                new Shape(format.channels(), format.height(), format.width()), classes), Map.copyOf(splits));
    }

    private static List<String> classes(String owner, Path folder) throws IOException {
        List<String> names = folders(folder);
        if (names.size() < 2) {
            throw new UserError(owner + ": " + folder + " has " + names.size()
                    + " folders, expected one for each of two or more classes");
        }
        return names;
    }

    private static List<String> folders(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(Files::isDirectory).map(p -> p.getFileName().toString())
                    .filter(n -> !n.startsWith(".")).sorted().toList();
        }
    }

    private static List<Pictures.Labelled> load(String owner, Path folder, List<String> classes, Pictures format)
            throws IOException {
        List<Pictures.Labelled> pictures = new ArrayList<>();
        for (int label = 0; label < classes.size(); label++) {
            Path of = folder.resolve(classes.get(label));
            if (!Files.isDirectory(of)) {
                continue;
            }
            try (Stream<Path> files = Files.list(of)) {
                for (Path file : files.filter(ImageFolderProvider::isPicture).sorted().toList()) {
                    int l = label;
                    format.read(owner, file).ifPresent(bytes -> pictures.add(new Pictures.Labelled(bytes, l)));
                }
            }
        }
        if (pictures.isEmpty()) {
            throw new UserError(owner + ": there is no picture in the folders of " + folder + " (" + String.join(", ",
                    ENDINGS) + ")");
        }
        return pictures;
    }

    private static boolean isPicture(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return ENDINGS.stream().anyMatch(name::endsWith);
    }

    private record Open(SampleSpec spec, Map<String, Split> splits) implements Dataset {}
}
