"""What the columns of a data frame may hold, as the steps of a ColumnTransformer remember it."""

import numpy
from samples import as_texts
from sklearn_memory import remembered
from sklearn_parts import is_missing_text, steps_of

NO_MARK = object()


class Column:
    """One column: the texts or numbers that it may hold, or where its numbers lay; and what stood for a missing text."""

    def __init__(self):
        self.texts, self.numbers = None, None
        self.middle, self.spread = 0.0, 1.0
        self.mark = NO_MARK

    @property
    def is_text(self):
        return self.texts is not None

    def make(self, rows, random):
        if self.is_text:
            return random.choice(self.texts, size=(rows, 1)).astype(object)
        if self.numbers is not None:
            return random.choice(self.numbers, size=(rows, 1)).astype("float32")
        return random.normal(self.middle, self.spread, size=(rows, 1)).astype("float32")

    def as_trained(self, values):
        """A missing text is not the empty one, as it is in ONNX, but has a mark of its own."""
        if not self.is_text or self.mark is NO_MARK:
            return values
        return numpy.array([self.mark if value == "" else value for value in values], dtype=object)

    def learn(self, step, place, width):
        """Takes what a step remembers of it, where no step before has said so."""
        mark = missing_mark(step, place)
        self.mark = mark if self.mark is NO_MARK else self.mark
        if hasattr(step, "build_analyzer"):
            self.texts = numpy.array(sorted(step.vocabulary_), dtype=object)
        elif hasattr(step, "categories_"):
            self.take_categories(step.categories_[place])
        else:
            known = remembered([step], width)
            if known is not None and (self.middle, self.spread) == (0.0, 1.0):
                self.middle, self.spread = known[0][place], known[1][place]

    def take_categories(self, values):
        if values.dtype.kind in "OUS" and any(isinstance(value, str) for value in values):
            texts = as_texts(values.astype(object))
            self.texts = numpy.append(texts, "") if self.mark is not NO_MARK and "" not in texts else texts
        elif self.texts is None and self.numbers is None:
            self.numbers = values.astype("float64")


def columns_of(transformer):
    """By name, of the columns that are used, in the order in which the data frame had them."""
    names = [str(name) for name in transformer.feature_names_in_]
    columns = {}
    for _, part, places in transformer.transformers_:
        if isinstance(part, str) and part == "drop":
            continue
        found = chosen(places, names)
        for place, name in enumerate(found):
            column = columns.setdefault(name, Column())
            for step in steps_of(part):
                column.learn(step, place, len(found))
    return {name: columns[name] for name in names if name in columns}


def missing_mark(step, place):
    if hasattr(step, "statistics_"):
        return numpy.nan if isinstance(step.missing_values, float) else None if step.missing_values is None else NO_MARK
    for category in step.categories_[place] if hasattr(step, "categories_") else []:
        if is_missing_text(category):
            return category
    return NO_MARK


def chosen(columns, names):
    """The names that a transformer takes: one, a slice, places, names, or for each whether it is one."""
    if isinstance(columns, str):
        return [columns]
    if isinstance(columns, slice):
        places = [names.index(end) if isinstance(end, str) else end for end in (columns.start, columns.stop)]
        return names[places[0] : places[1] + 1 if isinstance(columns.stop, str) else places[1]]
    columns = list(numpy.ravel(columns))
    if columns and isinstance(columns[0], (bool, numpy.bool_)):
        return [name for name, wanted in zip(names, columns) if wanted]
    return [str(column) if isinstance(column, str) else names[int(column)] for column in columns]
