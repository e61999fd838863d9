// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.text.internal;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * A text, character by character. The features of a sample are the indexes of the characters of a window in the
 * vocabulary, its class is the character behind the window; the vocabulary are the characters of the file in the order
 * of Unicode. The splits are {@code train}, the beginning of the text, and {@code test}, its end, where a part is held
 * out; no window reaches from one into the other.
 */
@Component(property = DatasetProvider.TYPE + "=text")
public final class TextProvider implements DatasetProvider {

    @Override
    public List<Option> options() {
        return List.of(
                Option.required("path", Option.Type.PATH, "the text file: UTF-8; .gz is unpacked"),
                Option.of("context", Option.Type.INTEGER, 64,
                        "characters of a sample, from which the next one is to be predicted"),
                Option.of("stride", Option.Type.INTEGER, 1,
                        "characters from the beginning of one sample to that of the next"),
                Option.of("test", Option.Type.NUMBER, 0.1,
                        "part of the text, at its end, to hold out as the split 'test', from 0 to below 1"));
    }

    @Override
    public Dataset open(Options options) throws IOException {
        int context = options.integer("context", 1, Integer.MAX_VALUE);
        int stride = options.integer("stride", 1, Integer.MAX_VALUE);
        double test = options.number("test", 0, 0.999);
        Corpus corpus = Corpus.read(options.owner(),
                options.file("path", "a text file (data.path=FILE gives one)", ".txt", ".txt.gz"));
        int heldOut = (int) Math.round(corpus.length() * test);

        Map<String, Split> splits = new LinkedHashMap<>();
        int kept = corpus.length() - heldOut;
        splits.put(Dataset.TRAIN, windows(options, corpus, Dataset.TRAIN, 0, kept, context, stride));
        if (test > 0) {
            splits.put(Dataset.TEST, windows(options, corpus, Dataset.TEST, kept, corpus.length(), context, stride));
        }
        return new Open(SampleSpec.classification(new Shape(context), corpus.vocabulary())
                .withVocabulary(corpus.vocabulary().size()), splits);
    }

    private static Split windows(Options options, Corpus corpus, String name, int start, int end, int context,
            int stride) {
        if (end - start <= context) {
            throw new UserError(("%s: %s has %,d characters, of which the split '%s' gets %,d; expected more than the"
                    + " option 'context', which is %,d")
                            .formatted(options.owner(), corpus.file(), corpus.length(), name, end - start, context));
        }
        return new Windows(corpus.codes(), start, end, context, stride);
    }

    private record Open(SampleSpec spec, Map<String, Split> splits) implements Dataset {}
}
