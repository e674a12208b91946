"""Incident reports as an officer or a camera's operator writes them, made up, with what is true of each.

    python examples/incidents.py OUT [--language zh] [--train 480 --val 60 --test 120] [--seed 0]

writes OUT/<what>/{train,val,test}.jsonl for each use of one and the same reports:

    classes      text → violation                      names        tokens → BIO tags of plates, companies, places, times
    reports      conversation → report in fields       questions    question → its answer in the text, or that there is none
    summaries    text → one sentence                   preferences  conversation → a right report and a wrong one
    texts        the reports as plain text

The test reports are told in other words, with other companies and streets than those to learn from, so a score means more
than memory. Plates are drawn by chance. Nothing here is about anybody.
"""

import argparse
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import incidents_words
from incidents_words import Words
from roadstead.dataset.formats.jsonl import Jsonl
from roadstead.dataset.samples import (
    Answer,
    Chat,
    Entities,
    Label,
    Message,
    Preference,
    Sample,
    Split,
    Target,
    Text,
)

_TOKEN = re.compile(r"[A-Za-z0-9]+|[^\sA-Za-z0-9]")
"""A word, a sign, or a Han character."""
_TAGGED = {"plate": "PLATE", "company": "COMPANY", "place": "PLACE", "time": "TIME", "witness": "PLATE"}


@dataclass(frozen=True, slots=True)
class Incident:
    """What happened, and how it is told; `facts` has no entry for what the text leaves open, `spans` are places in the text."""

    number: int
    split: Split
    text: str
    facts: Mapping[str, str]
    spans: tuple[tuple[int, int, str], ...]
    others: Mapping[str, str]


def incident(number: int, split: Split, words: Words, rng: random.Random) -> Incident:
    """Draw one incident and tell it; val and train share words, test has its own."""
    told = words.test if split == "test" else words.train
    kind = rng.choice(list(told.acts))
    facts = {
        "violation": words.kinds[kind],
        "plate": words.plate(rng),
        "company": rng.choice(told.companies),
        "place": rng.choice(told.places),
        "time": f"{rng.randrange(24):02d}:{rng.randrange(60):02d}",
        "cargo": rng.choice(words.cargo),
    }
    others = {"witness": words.plate(rng), "speed": str(rng.randrange(62, 98))}
    openings = [one for one in told.openings if rng.random() < 0.8 or "{company}" in one] or list(told.openings)
    parts = [rng.choice(openings), rng.choice(told.acts[kind])]
    if not any("{company}" in part for part in parts) and rng.random() < 0.75:
        parts.append(rng.choice(told.owners))
    denied = [other for other in told.denials if other != kind]
    if rng.random() < 0.5:
        parts.append(told.denials[rng.choice(denied)])
    if rng.random() < 0.4:
        parts.append(rng.choice(told.witnesses))
    if rng.random() < 0.5:
        parts.append(rng.choice(told.closings))
    template = words.between.join(parts)
    text, spans = _filled(template, {**facts, **others})
    return Incident(
        number,
        split,
        text,
        {k: v for k, v in facts.items() if k == "violation" or f"{{{k}}}" in template},
        spans,
        others,
    )


def _filled(template: str, values: Mapping[str, str]) -> tuple[str, tuple[tuple[int, int, str], ...]]:
    """Return a template with its slots filled, and where what was filled in stands."""
    text, spans = "", []
    for k, part in enumerate(re.split(r"\{(\w+)\}", template)):
        if k % 2:
            spans.append((len(text), len(text) + len(values[part]), part))
        text += values[part] if k % 2 else part
    return text, tuple(spans)


def classes(one: Incident, words: Words, rng: random.Random) -> Target:  # noqa: ARG001  # one signature for all
    """Return the violation."""
    return Label(one.facts["violation"])


def names(one: Incident, words: Words, rng: random.Random) -> Target:  # noqa: ARG001  # one signature for all
    """Return the tokens with BIO tags."""
    tokens, tags = [], []
    for match in _TOKEN.finditer(one.text):
        inside = [s for s in one.spans if s[0] <= match.start() < s[1] and s[2] in _TAGGED]
        tokens.append(match.group())
        mark = "B" if inside and match.start() == inside[0][0] else "I"
        tags.append(f"{mark}-{_TAGGED[inside[0][2]]}" if inside else "O")
    return Entities(tuple(tokens), tuple(tags))


def report(facts: Mapping[str, str], words: Words) -> str:
    """Return the report in fields, a line each; what is not said is unknown."""
    return "\n".join(f"{words.fields[name]}: {facts.get(name, words.unknown)}" for name in words.fields)


def reports(one: Incident, words: Words, rng: random.Random) -> Target:  # noqa: ARG001  # one signature for all
    """Return the conversation in which the report is asked for and written."""
    return Chat((*_asked(one, words), Message("assistant", report(one.facts, words))))


def preferences(one: Incident, words: Words, rng: random.Random) -> Target:
    """Return the right report and one with a mistake that models make."""
    wrong = dict(one.facts)
    mistake = rng.choice(("plate", "violation", "company", "time"))
    if mistake == "plate":
        wrong["plate"] = one.others["witness"]
    elif mistake == "violation":
        wrong["violation"] = rng.choice([kind for kind in words.kinds.values() if kind != wrong["violation"]])
    elif mistake == "company":
        wrong["company"] = rng.choice([c for c in words.train.companies if c != wrong.get("company")])
    else:
        wrong["time"] = f"{rng.randrange(24):02d}:{rng.randrange(60):02d}"
    return Preference(_asked(one, words), report(one.facts, words), report(wrong, words))


def _asked(one: Incident, words: Words) -> tuple[Message, ...]:
    return Message("system", words.system), Message("user", f"{words.task}\n\n{one.text}")


def questions(one: Incident, words: Words, rng: random.Random) -> Target:
    """Return one question; about a quarter ask for what the text leaves open."""
    told = words.test if one.split == "test" else words.train
    open_ = [name for name in told.questions if name not in one.facts]
    name = (
        rng.choice(open_) if open_ and rng.random() < 0.5 else rng.choice([n for n in told.questions if n in one.facts])
    )
    question = rng.choice(told.questions[name])
    if name not in one.facts:
        return Answer(question, None)
    start = next(span[0] for span in one.spans if span[2] == name)
    return Answer(question, one.facts[name], start)


def summaries(one: Incident, words: Words, rng: random.Random) -> Target:  # noqa: ARG001  # one signature for all
    """Return one sentence: what, who, where, when."""
    said = {name: one.facts.get(name, words.unknown) for name in words.fields}
    return Text(words.summary.format(**said))


def texts(one: Incident, words: Words, rng: random.Random) -> Target:  # noqa: ARG001  # one signature for all
    """Return the report itself: what a language model learns to write."""
    return Text(one.text)


USES: Mapping[str, Callable[[Incident, Words, random.Random], Target]] = {
    one.__name__: one for one in (classes, names, reports, questions, summaries, preferences, texts)
}


def samples(use: str, incidents: Iterable[Incident], words: Words, seed: int) -> list[Sample]:
    """Return incidents as samples of one use."""
    rng = random.Random(f"{seed} {use}")
    shown = use in ("classes", "questions", "summaries")
    return [
        Sample(
            id=f"incident-{one.number:05d}",
            target=USES[use](one, words, rng),
            text=one.text if shown else "",
            split=one.split,
            origin="incidents",
            group=f"incident-{one.number:05d}",
        )
        for one in incidents
    ]


def write(
    folder: Path, language: str, counts: Mapping[Split, int], seed: int, uses: Sequence[str] = tuple(USES)
) -> None:
    """Make up incidents and write them for each use below a folder."""
    words, rng = incidents_words.WORDS[language], random.Random(seed)
    made: list[Incident] = []
    seen: set[str] = set()
    for split, count in counts.items():
        for _ in range(count):
            one = incident(len(made), split, words, rng)
            while one.text in seen:
                one = incident(len(made), split, words, rng)
            seen.add(one.text)
            made.append(one)
    for use in uses:
        Jsonl().write(samples(use, made, words, seed), folder / use)


def main() -> None:
    """Write incidents as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--language", choices=tuple(incidents_words.WORDS), default="en")
    parser.add_argument("--train", type=int, default=480)
    parser.add_argument("--val", type=int, default=60)
    parser.add_argument("--test", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    write(asked.out, asked.language, {"train": asked.train, "val": asked.val, "test": asked.test}, asked.seed)
    print(f"{asked.out}: {asked.train} reports to train on, {asked.val} to choose by, {asked.test} to judge on")


if __name__ == "__main__":
    main()
