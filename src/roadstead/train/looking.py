"""The process that holds a vision-language model and answers questions about pictures (`python -m roadstead.train.looking`).

Read from standard input, a JSON object a line: first the order (path, device, threads, max_tokens), then questions (prompt, and
pictures as base64 of JPEG). Written to standard output for each question: {"text": …} or {"error": one sentence}. It ends
when its standard input does, which is also when its parent dies.
"""

import base64
import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from queue import Queue
from typing import IO, Any

NICE = 10
"""The watch goes first."""


def main() -> None:
    """Answer until nobody asks any more."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    if hasattr(os, "nice"):
        os.nice(NICE)
    lines: Queue[str] = Queue()
    threading.Thread(target=_listen, args=(sys.stdin, lines), daemon=True).start()
    model: Model | None = None
    order = json.loads(lines.get())
    while True:
        asked = json.loads(lines.get())
        try:
            model = model or Model(order)
            said = {"text": model.answer(asked["prompt"], [base64.b64decode(p) for p in asked["pictures"]])}
        except Exception as error:  # noqa: BLE001  # whatever a model of somebody else's raises is told, not died of
            said = {"error": " ".join(f"{type(error).__name__}: {error}".split())[:400]}
        out.write(json.dumps(said) + "\n")
        out.flush()


def _listen(stream: IO[str], lines: "Queue[str]") -> None:
    """Hand on lines; when the parent is gone, nothing that still runs is worth finishing."""
    for line in stream:
        lines.put(line)
    os._exit(0)


class Model:
    """An image-text model of transformers with its processor."""

    def __init__(self, order: Mapping[str, Any]) -> None:
        import torch
        from transformers import AutoModelForImageTextToText, AutoProcessor

        torch.set_num_threads(int(order["threads"]))
        self._device, self._most = str(order["device"]), int(order["max_tokens"])
        self._processor: Any = AutoProcessor.from_pretrained(order["path"])  # type: ignore[no-untyped-call]  # transformers types no arguments here
        module: Any = AutoModelForImageTextToText.from_pretrained(order["path"], dtype="auto")
        self._module = module.to(self._device).eval()

    def answer(self, prompt: str, pictures: Sequence[bytes]) -> str:
        """Return what the model says, greedily. One that was never taught a chat is shown the first picture alone."""
        import torch

        from roadstead.train.models._vlm_reading import QUESTION

        taught = getattr(self._processor, "chat_template", None)
        shown = [_picture(p) for p in (pictures if taught else pictures[:1])]
        content = [*({"type": "image"} for _ in shown), {"type": "text", "text": prompt}]
        text = self._processor.apply_chat_template(
            [{"role": "user", "content": content}],
            chat_template=taught or QUESTION,
            tokenize=False,
            add_generation_prompt=True,
        )
        made = self._processor(text=text, images=shown, return_tensors="pt").to(self._device)
        made["pixel_values"] = made["pixel_values"].to(self._module.dtype)
        with torch.inference_mode():
            tokens = self._module.generate(**made, max_new_tokens=self._most, do_sample=False)
        said: str = self._processor.tokenizer.decode(tokens[0, made["input_ids"].shape[1] :], skip_special_tokens=True)
        return said


def _picture(jpeg: bytes) -> Any:
    import cv2
    import numpy as np

    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("a picture cannot be decoded")
    return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)


if __name__ == "__main__":
    main()
