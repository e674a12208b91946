"""Every error that Roadstead raises on purpose.

RoadsteadError
├── BadInput              what a person handed in: a file, a setting, a picture
│   ├── BadSettings       a TOML file or a value in it
│   └── BadBundle         a model folder whose card, hash or input does not fit
├── UnknownPlugin         a name that no plug-in of its kind has
├── MissingExtra          a plug-in whose package is not installed
├── SourceLost            a camera or feed that gave up; trying again may help
├── RecordingError        a segment or clip that could not be written
├── TrainingFailed        a training that cannot go on, or whose self-check found it wrong
├── LookFailed            a second look at an event that gave no answer
├── StoreError            the database refused or could not be reached
└── DeliveryError         a sink did not take an alert; `retry_after_s` when it said when

The message is one sentence: what is wrong, where, and what to do about it.
They are caught at four edges only: the source loop, the alert delivery, the API handler and the CLI.
"""


class RoadsteadError(Exception):
    """The root of the tree."""


class BadInput(RoadsteadError):
    """Something handed in cannot be used; the message names the file and the field."""


class BadSettings(BadInput):
    """A setting is unknown, missing or out of range."""


class BadBundle(BadInput):
    """A model folder cannot be trusted or does not fit its use."""


class UnknownPlugin(RoadsteadError):
    """No plug-in of this kind has that name."""


class MissingExtra(RoadsteadError):
    """A plug-in needs a package that is not installed."""


class SourceLost(RoadsteadError):
    """A source ended unexpectedly or cannot be reached now."""


class RecordingError(RoadsteadError):
    """A recording or an evidence file could not be written."""


class TrainingFailed(RoadsteadError):
    """A training cannot go on as it is, or one of its self-checks found it wrong."""


class LookFailed(RoadsteadError):
    """A model that was to look again at an event's pictures gave no answer."""


class StoreError(RoadsteadError):
    """The database cannot be used as it is."""


class DeliveryError(RoadsteadError):
    """A sink refused an alert or could not be reached."""

    def __init__(self, message: str, *, retry_after_s: float | None = None, permanent: bool = False) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.permanent = permanent
