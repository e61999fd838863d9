// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.imagefolder.internal;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.data.Partition;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pictures (PNG, JPEG, GIF, BMP, TIFF) in a folder for each class, either directly below the folder, or below its
 * {@code train} and {@code validation} (or {@code val}) and {@code test}. Each is scaled to one size when the data set
 * is opened and kept as bytes.
 */
@Component(property = DatasetProvider.TYPE + "=image-folder")
public final class ImageFolderProvider implements DatasetProvider {
    private static final Logger LOG = LoggerFactory.getLogger(ImageFolderProvider.class);
    private static final List<String> VALIDATION_NAMES = List.of(Dataset.VALIDATION, "valid", "val");

    @Override
    public List<Option> options() {
        return List.of(
                Option.required("folder", Option.Type.PATH,
                        "folder with a folder of pictures for each class, or with train and validation or test below"),
                Option.of("size", Option.Type.INTEGERS, List.of(32, 32), "height and width of a sample in pixels"),
                Option.choice("color", List.of("rgb", "gray"), "rgb", "three channels, or one"),
                Option.choice("fit", List.of("crop", "stretch"), "crop",
                        "how a picture of other proportions gets its size: by its middle part, or stretched"),
                Option.of("mean", Option.Type.NUMBERS, List.of(0.5),
                        "taken from each value, which lies from 0 to 1; one number, or one for each channel"),
                Option.of("std", Option.Type.NUMBERS, List.of(0.5),
                        "by which each value is then divided; one number, or one for each channel"),
                Option.of("augment", Option.Type.TEXTS, List.of(),
                        "variations of training pictures: none, flip (left to right), crop (at a random place), or"
                                + " several of them"),
                Option.of("validation", Option.Type.NUMBER, 0.2,
                        "part of the training pictures to hold out as the split 'validation' where there is no folder"
                                + " validation or test, from 0 to below 1"),
                Option.of("split_seed", Option.Type.INTEGER, 0, "seed of the choice of validation pictures"),
                Option.of("cache", Option.Type.BOOLEAN, true,
                        "whether all pictures are kept in memory; otherwise each is decoded whenever it is used"),
                Option.choice("unreadable", List.of("fail", "skip"), "fail",
                        "what to do with files that are no whole pictures"));
    }

    @Override
    public Dataset open(Options options) throws IOException {
        String owner = options.owner();
        Path folder = options.folder("folder", "a folder of class folders");
        double fraction = options.number("validation", 0, 0.999);
        Opening opening = new Opening(options);
        Path train = folder.resolve(Dataset.TRAIN);
        boolean divided = Files.isDirectory(train);
        Path source = divided ? train : folder;
        List<String> classes = ImageFiles.classes(owner, source);
        ImageFiles training = ImageFiles.find(owner, source, classes, true);
        Optional<Path> validation = divided ? VALIDATION_NAMES.stream().map(folder::resolve)
                .filter(Files::isDirectory).findFirst() : Optional.empty();
        Optional<Path> test = Optional.of(folder.resolve(Dataset.TEST)).filter(p -> divided && Files.isDirectory(p));

        Map<String, Split> splits = new LinkedHashMap<>();
        Gallery gallery = opening.gallery(training);
        if (validation.isEmpty() && test.isEmpty() && fraction > 0) {
            Partition parts = Partition.stratified(gallery.files().classOfEach(), fraction,
                    options.integer("split_seed"));
            splits.put(Dataset.TRAIN, opening.split(gallery.only(parts.kept()), true));
            if (parts.heldOut().length > 0) {
                splits.put(Dataset.VALIDATION, opening.split(gallery.only(parts.heldOut()), false));
            }
        } else {
            splits.put(Dataset.TRAIN, opening.split(gallery, true));
        }
        if (validation.isPresent()) {
            splits.put(Dataset.VALIDATION, opening.split(
                    opening.gallery(ImageFiles.find(owner, validation.get(), classes, false)), false));
        }
        if (test.isPresent()) {
            splits.put(Dataset.TEST,
                    opening.split(opening.gallery(ImageFiles.find(owner, test.get(), classes, false)), false));
        }
        return new Open(SampleSpec.classification(opening.shape(), classes), splits);
    }

    /** The options, read, and what is made of files with them. */
    private static final class Opening {
        private final String owner;
        private final int height;
        private final int width;
        private final Augmentation augmentation;
        private final Decoder decoder;
        private final float[][] values;
        private final boolean cache;
        private final boolean skip;

        Opening(Options options) {
            owner = options.owner();
            List<Integer> size = options.integers("size");
            if (size.isEmpty() || size.size() > 2 || size.stream().anyMatch(n -> n < 1 || n > 8192)) {
                throw new UserError(owner + ": option 'size' is " + size
                        + ", expected height and width, for example [32, 32]");
            }
            height = size.getFirst();
            width = size.getLast();
            augmentation = Augmentation.of(owner, options.texts("augment"));
            decoder = new Decoder(augmentation.kept(height), augmentation.kept(width),
                    options.text("color").equals("gray"), options.text("fit").equals("crop"));
            values = values(options, decoder.channels());
            cache = options.is("cache");
            skip = options.text("unreadable").equals("skip");
        }

        Shape shape() {
            return new Shape(decoder.channels(), height, width);
        }

        Gallery gallery(ImageFiles files) {
            long bytes = (long) files.files().size() * decoder.channels() * decoder.height() * decoder.width();
            boolean fits = bytes < Runtime.getRuntime().maxMemory() / 2;
            if (cache && !fits) {
                LOG.warn("{}: {} pictures take {} MB, more than half of Java's memory; each is decoded whenever it is"
                        + " used", owner, files.files().size(), bytes >> 20);
            }
            return Gallery.open(owner, files, decoder, cache && fits, skip);
        }

        Split split(Gallery gallery, boolean training) {
            return new ImageSplit(gallery.files().classOfEach(), gallery.pixels(), decoder, height, width, values,
                    augmentation, training);
        }

        /** The float of each byte, by channel. */
        private static float[][] values(Options options, int channels) {
            List<Double> mean = perChannel(options, "mean", channels);
            List<Double> std = perChannel(options, "std", channels);
            float[][] values = new float[channels][256];
            for (int c = 0; c < channels; c++) {
                if (!(std.get(c) > 0)) {
                    throw new UserError(options.owner() + ": option 'std' has " + std.get(c)
                            + ", expected a number above 0");
                }
                for (int v = 0; v < 256; v++) {
                    values[c][v] = (float) ((v / 255.0 - mean.get(c)) / std.get(c));
                }
            }
            return values;
        }

        private static List<Double> perChannel(Options options, String name, int channels) {
            List<Double> given = options.numbers(name);
            if (given.size() != 1 && given.size() != channels) {
                throw new UserError(options.owner() + ": option '" + name + "' has " + given.size()
                        + " numbers, expected " + (channels == 1 ? "1" : "1 or " + channels));
            }
            return given.size() == channels ? given
                    : Stream.generate(given::getFirst).limit(channels).toList();
        }
    }

    private record Open(SampleSpec spec, Map<String, Split> splits) implements Dataset {}
}
