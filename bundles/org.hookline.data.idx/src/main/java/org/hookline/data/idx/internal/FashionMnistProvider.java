// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.idx.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017): 60,000 training and 10,000 test images of shape (1, 28, 28), ten
 * classes of clothing. Without a folder it takes what Debian's package {@code dataset-fashion-mnist} installs.
 */
@Component(property = DatasetProvider.TYPE + "=fashion-mnist")
public final class FashionMnistProvider implements DatasetProvider {
    private static final String DEBIAN = "/usr/share/datasets/fashion-mnist";
    private static final List<String> CLASSES = List.of("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
            "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot");

    @Override
    public List<Option> options() {
        List<Option> options = new ArrayList<>();
        options.add(Option.of("folder", Option.Type.PATH, "",
                "folder with the four IDX files; by default that of Debian's package dataset-fashion-mnist"));
        // Mean and deviation of the 60,000 training images.
        options.addAll(IdxDataset.options(0.2860, 0.3530));
        return List.copyOf(options);
    }

    @Override
    public Dataset open(Options options) throws IOException {
        Path folder = options.path("folder").isEmpty() ? Path.of(DEBIAN) : options.folder("folder",
                "the folder of its IDX files ('apt-get install dataset-fashion-mnist' makes " + DEBIAN + ")");
        String advice = "install it with 'apt-get install dataset-fashion-mnist', or give the folder of its IDX files"
                + " with the option 'folder'";
        return IdxDataset.open(options, new IdxFolder(options.owner(), folder, advice), CLASSES);
    }
}
