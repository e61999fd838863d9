// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.hookline.data.text.internal.TextProvider;

/** Windows of 64 characters of the GNU General Public License, as every Debian has it, in the order of the text. */
record Text() implements DatasetProvider {
    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public Dataset open(Options options) throws IOException {
        TextProvider provider = new TextProvider();
        return provider.open(Options.of("data", Path.of("."), provider.options(),
                Map.of("path", "/usr/share/common-licenses/GPL-3", "context", 64, "stride", 2)));
    }
}
