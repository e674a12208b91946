"""What a model can answer: the classes, attributes, tags or characters of a task, in the order of the head's outputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from roadstead.dataset.samples import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """`labels` are classes or tags; `attributes` the values of each attribute; `characters` those of text recognition.

    `samples` are the training samples, where something has to be asked of them when the model is there (does its tokenizer know
    their words?). They are not written: a vocabulary that was read has none.
    """

    labels: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    characters: str = ""
    samples: tuple[Sample, ...] = field(default=(), repr=False, compare=False)

    @property
    def outputs(self) -> int:
        """How many numbers the head has to give: a class each, all attributes' values side by side, or characters and blank."""
        if self.attributes:
            return sum(len(values) for values in self.attributes.values())
        return len(self.characters) + 1 if self.characters else len(self.labels)

    def record(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "labels": list(self.labels),
            "attributes": {name: list(values) for name, values in self.attributes.items()},
            "characters": self.characters,
        }


def from_record(record: Mapping[str, Any]) -> Vocabulary:
    """Return the vocabulary that `record` was made of."""
    return Vocabulary(
        labels=tuple(record["labels"]),
        attributes={name: tuple(values) for name, values in record["attributes"].items()},
        characters=record["characters"],
    )
