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

/** Any data set in MNIST's four files (MNIST itself, EMNIST, Kuzushiji-MNIST, one's own), gzip or not. */
@Component(property = DatasetProvider.TYPE + "=idx")
public final class IdxProvider implements DatasetProvider {

    @Override
    public List<Option> options() {
        List<Option> options = new ArrayList<>();
        options.add(Option.required("folder", Option.Type.PATH,
                "folder with train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and"
                        + " t10k-labels-idx1-ubyte, each plain or .gz"));
        options.add(Option.of("classes", Option.Type.TEXTS, List.of(),
                "names of the classes in the order of their labels; empty for the labels' numbers"));
        options.addAll(IdxDataset.options(0, 0));
        return List.copyOf(options);
    }

    @Override
    public Dataset open(Options options) throws IOException {
        Path folder = options.folder("folder", "a folder with IDX files");
        IdxFolder files = new IdxFolder(options.owner(), folder, "the option 'folder' names where the IDX files are");
        return IdxDataset.open(options, files, options.texts("classes"));
    }
}
