"""Keras' TextVectorization, which tf2onnx cannot convert, in operators that the runtime has.

The layers are split off, the rest of the model is exported by itself, and the texts are put before it, made from what the
layers hold: how they standardise, split and count, and their vocabulary.
"""

import numpy
from conversation import Refusal
from onnx import TensorProto, helper, numpy_helper

# What Keras takes out by default, as RE2, which both sides use, has it.
PUNCTUATION = r'[!"#$%&()\*\+,-\./:;<=>?@\[\\\]^_`{|}~\']'
# ASCII's white space, by which TensorFlow splits.
WORD = r"[^ \t\n\v\f\r]+"
CHARACTER = r"(?s:.)"

# Where texts can be joined.
OPSET = 20
# Operators that mean something else from one of tf2onnx's opsets to that.
CHANGED = {"DFT", "GridSample"}

MEND = "Use the layer's own settings: standardize lower, strip_punctuation or both, split whitespace or character; or do that step before the model."


class Texts:
    """The vectorizers of a model, each fed by an input of its own, and the model without them."""

    def __init__(self, model):
        import keras

        self.layers = [layer for layer in model.layers if type(layer).__name__ == "TextVectorization"]
        nested = [layer for layer in model._flatten_layers() if type(layer).__name__ == "TextVectorization" and layer not in self.layers]
        if nested:
            raise refusal(nested[0], "stands inside another model", "Put it at the top of the model, behind an Input.")
        self.rest = None
        if not self.layers:
            return
        fed = {tensor.name: tensor for tensor in model.inputs}
        self.sources = [layer.input.name for layer in self.layers]
        for layer, source in zip(self.layers, self.sources):
            if source not in fed:
                raise refusal(layer, "does not stand right behind an Input", "Put it at the top of the model, behind an Input.")
        others = [tensor for tensor in model.inputs if tensor.name not in self.sources]
        self.rest = keras.Model([*(layer.output for layer in self.layers), *others], outputs_of(model))
        for layer, tensor in zip(self.layers, self.rest.inputs):
            if layer._split is not None and layer._output_mode != "int" and len(tensor.shape) > 2:
                # Keras says [batch, 1, words] of a column of texts, and gives [batch, words].
                tensor._shape = (None, tensor.shape[-1])
        self.shapes = [tuple(fed[source].shape) for source in self.sources]

    def prepend(self, model, names):
        """Puts the layers before the exported rest; `names` are its inputs for them, in order."""
        settle_opset(model)
        graph = model.graph
        added = []
        for layer, source, shape, name in zip(self.layers, self.sources, self.shapes, names):
            added.extend(TextGraph(layer, source, shape, name, graph).nodes)
        kept = [value for value in graph.input if value.name not in names]
        inputs = [helper.make_tensor_value_info(source, TensorProto.STRING, [None, *shape[1:]]) for source, shape in self.inputs()]
        old = list(graph.node)
        del graph.node[:], graph.input[:]
        graph.node.extend([*added, *old])
        graph.input.extend([*inputs, *kept])

    def inputs(self):
        return dict(zip(self.sources, self.shapes)).items()


def outputs_of(model):
    """As the model gives them: a dictionary keeps its keys."""
    structure = getattr(model, "_outputs_struct", None)
    return model.outputs if structure is None else structure


def refusal(layer, what, mend):
    return Refusal("convert/tensorflow-texts", f"the TextVectorization layer {layer.name} {what}, which cannot be converted", mend)


def settle_opset(model):
    versions = {opset.domain: opset for opset in model.opset_import}
    if versions[""].version < OPSET:
        if any(node.op_type in CHANGED for node in model.graph.node):
            raise Refusal("convert/tensorflow-texts", "the model has both texts and operators that changed since", MEND)
        versions[""].version = OPSET
    if "com.microsoft" not in versions:
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    model.ir_version = max(model.ir_version, 9)


class TextGraph:
    """The operators of one layer, from `source`, texts [batch] or [batch, 1], to `target`, in the layer's own output mode."""

    def __init__(self, layer, source, shape, target, graph):
        self.layer, self.lookup, self.graph, self.nodes = layer, layer._lookup_layer, graph, []
        self.prefix = f"{layer.name}/"
        mode = layer._output_mode
        tokens = self.tokens(self.standardised(source, shape), shape)
        if mode == "int":
            self.rename(self.ids(tokens), target)
        elif mode in ("multi_hot", "count", "tf_idf"):
            self.rename(self.counts(tokens, mode), target)
        else:
            raise refusal(layer, f"has output mode {mode}", MEND)

    def add(self, kind, inputs, domain="", **attributes):
        name = f"{self.prefix}{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, domain=domain, **attributes))
        return name

    def rename(self, name, target):
        self.nodes.append(helper.make_node("Identity", [name], [target], name=f"{self.prefix}Identity"))

    def constant(self, name, values):
        name = f"{self.prefix}{name}"
        if not any(tensor.name == name for tensor in self.graph.initializer):
            self.graph.initializer.append(numpy_helper.from_array(numpy.asarray(values), name))
        return name

    def standardised(self, source, shape):
        how = self.layer._standardize
        if how not in (None, "lower", "strip_punctuation", "lower_and_strip_punctuation"):
            raise refusal(self.layer, "has a standardize function of its own, which is Python code", MEND)
        if self.layer._split is not None and len(shape) > 1:
            source = self.add("Squeeze", [source, self.constant("last", numpy.array([-1]))])
        elif len(shape) > 1 and how is not None:
            raise refusal(self.layer, "takes several texts in a row and changes them", MEND)
        if how in ("lower", "lower_and_strip_punctuation"):
            # TensorFlow lowers A to Z alone, as this locale does.
            source = self.add("StringNormalizer", [source], case_change_action="LOWER", is_case_sensitive=1, locale="C")
        return self.stripped(source) if how in ("strip_punctuation", "lower_and_strip_punctuation") else source

    def stripped(self, source):
        """Cuts texts at punctuation, and joins the pieces."""
        pieces = self.tokenised(source, separators=[PUNCTUATION])
        pieces = self.padded(pieces)
        one, end = (self.constant(name, numpy.array([value])) for name, value in (("one", 1), ("end", 2**31)))
        rest = self.add("Slice", [pieces, one, end, one])
        count = self.add("Gather", [self.add("Shape", [rest]), self.constant("second", 1)])
        text = self.add("Gather", [pieces, self.constant("first", 0)], axis=1)
        return self.add("Loop", [count, self.constant("going", True), text], body=self.joining(rest))

    def joining(self, pieces):
        """The body of a loop that puts a column of `pieces` behind the texts.

        A row would do as well, but that the runtime gathers the first text of a row alone.
        """
        place, going, text, piece, still, joined = (f"{self.prefix}{name}" for name in ("place", "on", "text", "piece", "still", "joined"))
        nodes = [
            helper.make_node("Gather", [pieces, place], [piece], axis=1),
            helper.make_node("StringConcat", [text, piece], [joined]),
            helper.make_node("Identity", [going], [still]),
        ]
        texts = [helper.make_tensor_value_info(name, TensorProto.STRING, [None]) for name in (text, joined)]
        flags = [helper.make_tensor_value_info(name, TensorProto.BOOL, []) for name in (going, still)]
        number = helper.make_tensor_value_info(place, TensorProto.INT64, [])
        return helper.make_graph(nodes, "join", [number, flags[0], texts[0]], [flags[1], texts[1]])

    def tokens(self, source, shape):
        split = self.layer._split
        if split is None:
            return source if len(shape) > 1 else self.add("Unsqueeze", [source, self.constant("last", numpy.array([-1]))])
        if split not in ("whitespace", "character"):
            raise refusal(self.layer, "has a split function of its own, which is Python code", MEND)
        return self.padded(self.tokenised(source, tokenexp=WORD if split == "whitespace" else CHARACTER))

    def tokenised(self, source, **how):
        return self.add("Tokenizer", [source], "com.microsoft", mark=0, mincharnum=1, pad_value="", **how)

    def padded(self, tokens):
        """One empty column more: a batch in which no text has a word would have none."""
        count = self.add("Slice", [self.add("Shape", [tokens]), self.constant("zero", numpy.array([0])), self.constant("one", numpy.array([1]))])
        shape = self.add("Concat", [count, self.constant("one", numpy.array([1]))], axis=0)
        column = self.add("Expand", [self.constant("nothing", numpy.array([[""]], dtype=object)), shape])
        return self.add("Concat", [tokens, column], axis=1)

    def ids(self, tokens):
        if self.layer._ngrams is not None or self.layer._ragged:
            raise refusal(self.layer, "gives places of pairs of words, or rows of unequal length", MEND)
        words = self.layer.get_vocabulary()
        places = list(range(len(words)))
        table = {"keys_strings": words, "values_int64s": places, "default_int64": words.index("[UNK]")}
        ids = self.add("LabelEncoder", [tokens], "ai.onnx.ml", **table)
        length = self.layer._output_sequence_length
        ends = [self.constant("zero", numpy.array([0])), self.constant("minus_one", numpy.array([-1])), self.constant("one", numpy.array([1]))]
        if length is None:
            # Without the column that was added.
            return self.add("Slice", [ids, *ends[:2], ends[2]])
        long = self.add("Pad", [ids, self.constant("pads", numpy.array([0, 0, 0, length]))])
        return self.add("Slice", [long, ends[0], self.constant("length", numpy.array([length])), ends[2]])

    def counts(self, tokens, mode):
        """[batch, words]: how often each comes, the unknown ones first."""
        words = self.layer.get_vocabulary()[1:]
        if self.layer._output_sequence_length is not None or self.lookup.sparse:
            raise refusal(self.layer, "counts a limited number of words, or gives sparse rows", MEND)
        widths = self.layer._ngrams or (1,)
        known = self.add("TfIdfVectorizer", [tokens], **ngram_pool(words, max(widths)))
        present = {"keys_strings": [""], "values_floats": [0.0], "default_float": 1.0}
        last = self.constant("axis", numpy.array([1]))
        length = self.add("ReduceSum", [self.add("LabelEncoder", [tokens], "ai.onnx.ml", **present), last], keepdims=1)
        sums = [
            self.add("Relu", [self.add("Sub", [length, self.constant(f"short_{width}", numpy.float32(width - 1))])]) for width in widths
        ]
        total = sums[0] if len(sums) == 1 else self.add("Sum", sums)
        unknown = self.add("Sub", [total, self.add("ReduceSum", [known, last], keepdims=1)])
        counts = self.add("Concat", [unknown, known], axis=1)
        if self.lookup.pad_to_max_tokens:
            missing = self.lookup.max_tokens - len(words) - 1
            counts = self.add("Pad", [counts, self.constant("pads", numpy.array([0, 0, 0, missing]))])
        if mode == "multi_hot":
            return self.add("Min", [counts, self.constant("once", numpy.float32(1))])
        if mode == "tf_idf":
            return self.add("Mul", [counts, self.constant("weights", numpy.asarray(self.lookup.idf_weights, dtype="float32"))])
        return counts


def ngram_pool(words, longest):
    """The attributes of TfIdfVectorizer that count each of `words`, which are words, or several with a space between."""
    split = [word.split(" ") for word in words]
    pool, starts, places = [], [], []
    for width in range(1, longest + 1):
        starts.append(len(pool))
        for place, parts in enumerate(split):
            if len(parts) == width:
                pool.extend(parts)
                places.append(place)
    if longest == 1:
        pool, places = words, range(len(words))
    return {
        "mode": "TF",
        "min_gram_length": 1,
        "max_gram_length": longest,
        "max_skip_count": 0,
        "ngram_counts": starts,
        "ngram_indexes": list(places),
        "pool_strings": list(pool),
    }
