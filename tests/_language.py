"""Language models of a few thousand parameters that read and write bytes, and a few samples for each task of texts."""

from typing import Any

from roadstead.dataset.samples import Answer, Chat, Entities, Label, Message, Preference, Sample, Target, Text

BERT = {
    "model_type": "bert",
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 128,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}
LLAMA = {
    "model_type": "llama",
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "intermediate_size": 48,
    "max_position_embeddings": 256,
    "tie_word_embeddings": True,
}
T5 = {
    "model_type": "t5",
    "d_model": 32,
    "d_kv": 16,
    "d_ff": 48,
    "num_layers": 2,
    "num_heads": 2,
    "dropout_rate": 0.0,
}


def encoder(task: str, vocabulary: Any) -> Any:
    """Return a tiny BERT for a task."""
    from roadstead.train.models.transformers_encoder import TransformersEncoder

    return _built(TransformersEncoder(weights="random", config=dict(BERT)), task, vocabulary)


def decoder(task: str, vocabulary: Any, **config: Any) -> Any:
    """Return a tiny Llama for a task."""
    from roadstead.train.models.transformers_causal import TransformersCausal

    return _built(TransformersCausal(weights="random", config={**LLAMA, **config}), task, vocabulary)


def both(task: str, vocabulary: Any) -> Any:
    """Return a tiny T5 for a task."""
    from roadstead.train.models.transformers_seq2seq import TransformersSeq2seq

    return _built(TransformersSeq2seq(weights="random", config=dict(T5)), task, vocabulary)


def _built(family: Any, task: str, vocabulary: Any) -> Any:
    import torch

    torch.manual_seed(0)
    built = family.build(task, vocabulary)
    built.module.eval()
    return built


def sample(number: int, target: Target, text: str = "") -> Sample:
    """Return a sample with a number as its name."""
    return Sample(id=f"s{number}", target=target, text=text)


def chat(*turns: str) -> Chat:
    """Return a conversation: user, assistant, user …"""
    roles = ("user", "assistant")
    return Chat(tuple(Message(roles[k % 2], text) for k, text in enumerate(turns)))  # type: ignore[arg-type]  # both are roles


LABELS = [
    sample(k, Label("spill" if k % 2 else "speeding"), f"{'fell off' if k % 2 else 'too fast'} {k}") for k in range(4)
]
NAMES = [
    sample(0, Entities(("truck", "AB12", "CDE", "left"), ("O", "B-PLATE", "I-PLATE", "O"))),
    sample(1, Entities(("渣", "土", "车", "苏A12345"), ("O", "O", "O", "B-PLATE"))),
]
CHATS = [sample(0, chat("hi", "yes")), sample(1, chat("which?", "AB12", "where?", "Mill Lane"))]
TEXTS = [sample(0, Text("the truck left"), ""), sample(1, Text("渣土车"), "seen: ")]
SUMMARIES = [sample(0, Text("left"), "the truck left"), sample(1, Text("渣土车 spilled"), "a truck spilled")]
QUESTIONS = [
    sample(0, Answer("Which?", "AB12", 6), "truck AB12 left"),
    sample(1, Answer("Where?", None), "truck AB12 left at noon and was not seen again by anybody on that day"),
]
PAIRS = [sample(k, Preference((Message("user", "which?"),), "AB12", f"no idea {k}")) for k in range(3)]
