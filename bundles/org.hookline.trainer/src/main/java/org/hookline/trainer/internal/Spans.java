// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hookline.api.facet.Profiler.Kind;
import org.hookline.api.facet.Profiler.Span;

/**
 * Puts the spans that Java measured and the operations that libtorch measured together, so that those of one thread are
 * properly nested: two spans share no time, or one lies inside the other. Both clocks are the same, but what libtorch
 * gives is known only to a microsecond or so; an operation that by that much reaches over the edge of the span in which
 * Java called it is moved into it, with all that is inside it.
 */
final class Spans {
    private static final Comparator<Span> OUTER_FIRST =
            Comparator.comparingLong(Span::start).thenComparing(Comparator.comparingLong(Span::nanos).reversed())
                    .thenComparing(Span::kind);

    private record Node(Span span, List<Node> inner) {
        Node(Span span) {
            this(span, new ArrayList<>());
        }
    }

    private Spans() {}

    /**
     * Merges.
     *
     * @param measured spans of thread 1, properly nested, the first of which holds all others
     * @param operations of any thread, those of one thread nested but for roundings; of thread 1 only those between the
     *     first span's start and end
     * @return all, by thread, outer before inner
     */
    static List<Span> merge(List<Span> measured, List<Span> operations) {
        Map<Integer, List<Span>> byThread = new TreeMap<>();
        operations.forEach(o -> byThread.computeIfAbsent(o.thread(), t -> new ArrayList<>()).add(o));
        Node frame = tree(measured).getFirst();
        List<Span> result = new ArrayList<>();
        for (Node root : tree(byThread.getOrDefault(1, List.of()))) {
            place(root, frame);
        }
        flatten(frame, result);
        byThread.remove(1);
        for (List<Span> others : byThread.values()) {
            long end = Long.MIN_VALUE;
            for (Node root : tree(others)) {
                Node fitted = fit(root, Math.max(end, root.span().start()), Long.MAX_VALUE);
                end = fitted.span().end();
                flatten(fitted, result);
            }
        }
        return List.copyOf(result);
    }

    private static void flatten(Node node, List<Span> into) {
        into.add(node.span());
        node.inner().forEach(n -> flatten(n, into));
    }

    /** An inner span that ends after its outer one, by a rounding, is cut. */
    private static List<Node> tree(List<Span> spans) {
        List<Node> roots = new ArrayList<>();
        List<Node> open = new ArrayList<>();
        for (Span span : spans.stream().sorted(OUTER_FIRST).toList()) {
            while (!open.isEmpty() && open.getLast().span().end() <= span.start()) {
                open.removeLast();
            }
            Node node = new Node(open.isEmpty() ? span
                    : move(span, span.start(), Math.min(span.nanos(), open.getLast().span().end() - span.start())));
            (open.isEmpty() ? roots : open.getLast().inner()).add(node);
            open.add(node);
        }
        return roots;
    }

    private static Span move(Span span, long start, long nanos) {
        return new Span(span.name(), span.kind(), span.thread(), start, Math.max(0, nanos), span.shapes());
    }

    /** Finds where Java was when the operation ran: the innermost span round its middle. */
    private static void place(Node operation, Node outer) {
        long middle = operation.span().start() + operation.span().nanos() / 2;
        long from = outer.span().start();
        long to = outer.span().end();
        int at = 0;
        for (Node inner : outer.inner()) {
            boolean measured = inner.span().kind() != Kind.OPERATION;
            if (measured && inner.span().start() <= middle && middle < inner.span().end()) {
                place(operation, inner);
                return;
            }
            if (inner.span().start() + inner.span().nanos() / 2 <= middle) {
                from = Math.max(from, inner.span().end());
                at++;
            } else {
                to = Math.min(to, inner.span().start());
                break;
            }
        }
        outer.inner().add(at, fit(operation, from, to));
    }

    /** Moves a span as little as needed, and cuts it where the room is too small. */
    private static Node fit(Node node, long from, long to) {
        Span span = node.span();
        long start = Math.max(from, Math.min(span.start(), to - span.nanos()));
        long nanos = Math.min(span.nanos(), to - start);
        long shift = start - span.start();
        Node moved = new Node(move(span, start, nanos));
        long last = start;
        for (Node inner : node.inner()) {
            Span s = inner.span();
            long innerStart = Math.clamp(s.start() + shift, last, moved.span().end());
            Node fitted = fit(new Node(move(s, innerStart, s.nanos()), shifted(inner, innerStart - s.start())),
                    innerStart, moved.span().end());
            last = fitted.span().end();
            moved.inner().add(fitted);
        }
        return moved;
    }

    private static List<Node> shifted(Node node, long shift) {
        return node.inner().stream()
                .map(n -> new Node(move(n.span(), n.span().start() + shift, n.span().nanos()), shifted(n, shift)))
                .toList();
    }
}
