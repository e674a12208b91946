"""Tiny vision-language models with random weights, made without a file or a network: to try a recipe and to test one.

Texts are bytes (every text can be said), pictures are 16 or 32 px, and every part has three layers of width 32.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForImageTextToText,
    BlipImageProcessor,
    CLIPImageProcessor,
    GotOcr2ImageProcessor,
    InternVLVideoProcessor,
    LlavaNextImageProcessor,
    PreTrainedTokenizerFast,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
)
from transformers.models.blip_2.processing_blip_2 import Blip2Processor
from transformers.models.internvl.processing_internvl import InternVLProcessor
from transformers.models.llava.processing_llava import LlavaProcessor
from transformers.models.llava_next.processing_llava_next import LlavaNextProcessor
from transformers.models.qwen2_vl.processing_qwen2_vl import Qwen2VLProcessor
from transformers.models.qwen3_vl.processing_qwen3_vl import Qwen3VLProcessor

_WIDE, _LAYERS, _HEADS = 32, 3, 2
_SIDE, _PATCH = 16, 4
"""Side of a picture (or of one tile of it), and of a patch, px."""

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""The chat template of Qwen and InternVL; IMAGE stands where the family's placeholder goes."""


def tiny(family: str) -> tuple[nn.Module, Any]:
    """Return a model of a family with random weights (of torch's seed), and its processor."""
    return _MADE[family]()


def words(*special: str, ends: bool = False) -> PreTrainedTokenizerFast:
    """Return a tokenizer of bytes, without merges: 256 tokens, the ends of turns, padding, and `special` ones.

    With `ends` the end stands after every text (CLIP reads a text off its end).
    """
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    plain = Tokenizer(models.BPE(vocab={letter: k for k, letter in enumerate(alphabet)}, merges=[]))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    plain.add_special_tokens([AddedToken(t, special=True) for t in ("<|pad|>", "<|im_start|>", "<|im_end|>", *special)])
    if ends:
        plain.post_processor = processors.TemplateProcessing(
            single="$A <|im_end|>", special_tokens=[("<|im_end|>", plain.token_to_id("<|im_end|>"))]
        )
    marks = {"pad_token": "<|pad|>", "eos_token": "<|im_end|>"}
    return PreTrainedTokenizerFast(tokenizer_object=plain, **marks)  # type: ignore[no-untyped-call]  # transformers types no arguments here


def _model(kind: str, tokenizer: PreTrainedTokenizerFast, **config: Any) -> nn.Module:
    made = AutoConfig.for_model(kind, **config)
    module: nn.Module = AutoModelForImageTextToText.from_config(made)  # type: ignore[no-untyped-call]  # transformers types no arguments here
    settled: Any = module
    settled.generation_config.pad_token_id = tokenizer.pad_token_id
    settled.generation_config.eos_token_id = tokenizer.eos_token_id
    settled.generation_config.bos_token_id = None
    return module


def _language(kind: str, tokenizer: PreTrainedTokenizerFast, **more: Any) -> dict[str, Any]:
    return {
        "model_type": kind,
        "vocab_size": len(tokenizer),
        "hidden_size": _WIDE,
        "intermediate_size": 2 * _WIDE,
        "num_hidden_layers": _LAYERS,
        "num_attention_heads": _HEADS,
        "num_key_value_heads": _HEADS,
        "max_position_embeddings": 2048,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        **more,
    }


def _tower(**more: Any) -> dict[str, Any]:
    return {
        "hidden_size": _WIDE,
        "intermediate_size": 2 * _WIDE,
        "num_hidden_layers": _LAYERS,
        "num_attention_heads": _HEADS,
        "image_size": _SIDE,
        "patch_size": _PATCH,
        **more,
    }


def _llava() -> tuple[nn.Module, Any]:
    tokenizer = words("<image>")
    processor = LlavaProcessor(  # type: ignore[no-untyped-call]  # transformers types no arguments here
        CLIPImageProcessor(size={"shortest_edge": _SIDE}, crop_size={"height": _SIDE, "width": _SIDE}),
        tokenizer,
        patch_size=_PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=CHATML.replace("IMAGE", "<image>\n"),
    )
    module = _model(
        "llava",
        tokenizer,
        vision_config=_tower(model_type="clip_vision_model", projection_dim=_WIDE),
        text_config=_language("llama", tokenizer),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=(_SIDE // _PATCH) ** 2,
    )
    return module, processor


def _llava_next() -> tuple[nn.Module, Any]:
    tokenizer = words("<image>")
    grid = [[_SIDE, 2 * _SIDE], [2 * _SIDE, _SIDE], [2 * _SIDE, 2 * _SIDE]]
    processor = LlavaNextProcessor(  # type: ignore[no-untyped-call]  # transformers types no arguments here
        LlavaNextImageProcessor(
            size={"shortest_edge": _SIDE},
            crop_size={"height": _SIDE, "width": _SIDE},
            image_grid_pinpoints=grid,
        ),
        tokenizer,
        patch_size=_PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=CHATML.replace("IMAGE", "<image>\n"),
    )
    module = _model(
        "llava_next",
        tokenizer,
        vision_config=_tower(model_type="clip_vision_model", projection_dim=_WIDE),
        text_config=_language("llama", tokenizer),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_grid_pinpoints=grid,
    )
    return module, processor


def _blip_2() -> tuple[nn.Module, Any]:
    tokenizer, queries = words(), 4
    processor = Blip2Processor(  # type: ignore[no-untyped-call]  # transformers types no arguments here
        BlipImageProcessor(size={"height": _SIDE, "width": _SIDE}), tokenizer, num_query_tokens=queries
    )
    language = _language("opt", tokenizer, ffn_dim=2 * _WIDE, word_embed_proj_dim=_WIDE, dropout=0.0)
    module = _model(
        "blip-2",
        tokenizer,
        vision_config=_tower(initializer_range=0.02),
        qformer_config=_tower(
            vocab_size=len(tokenizer),
            encoder_hidden_size=_WIDE,
            cross_attention_frequency=1,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        ),
        text_config=language,
        num_query_tokens=queries,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    return module, processor


def _internvl() -> tuple[nn.Module, Any]:
    tokenizer = words("<IMG_CONTEXT>", "<img>", "</img>", "<video>")
    named: dict[str, str | AddedToken] = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }
    tokenizer._set_model_specific_special_tokens(named)
    per_tile = (_SIDE // _PATCH // 2) ** 2
    processor = InternVLProcessor(
        GotOcr2ImageProcessor(size={"height": _SIDE, "width": _SIDE}, min_patches=1, max_patches=4),
        tokenizer,
        InternVLVideoProcessor(size={"height": _SIDE, "width": _SIDE}),
        image_seq_length=per_tile,
        chat_template=CHATML.replace("IMAGE", "<IMG_CONTEXT>\n"),
    )
    module = _model(
        "internvl",
        tokenizer,
        vision_config=_tower(image_size=[_SIDE, _SIDE], patch_size=[_PATCH, _PATCH]),
        text_config=_language("qwen2", tokenizer),
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=per_tile,
        tie_word_embeddings=False,
    )
    return module, processor


def _qwen(kind: str, vision: Mapping[str, Any], text: Mapping[str, Any]) -> tuple[nn.Module, Any]:
    marks = ("<|vision_start|>", "<|image_pad|>", "<|vision_end|>", "<|video_pad|>")
    tokenizer = words(*marks)
    start, image, end, video = (tokenizer.convert_tokens_to_ids(mark) for mark in marks)
    sides = {"shortest_edge": (2 * _PATCH) ** 2, "longest_edge": (2 * _SIDE) ** 2}
    made: Any = Qwen3VLProcessor if kind == "qwen3_vl" else Qwen2VLProcessor
    processor = made(
        Qwen2VLImageProcessor(patch_size=_PATCH, merge_size=2, size=sides),
        tokenizer,
        Qwen2VLVideoProcessor(patch_size=_PATCH, merge_size=2, size=sides),
        chat_template=CHATML.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>"),
    )
    module = _model(
        kind,
        tokenizer,
        vision_config={"depth": _LAYERS, "num_heads": _HEADS, "patch_size": _PATCH, **vision},
        text_config=_language(f"{kind}_text", tokenizer, **text),
        image_token_id=image,
        video_token_id=video,
        vision_start_token_id=start,
        vision_end_token_id=end,
    )
    return module, processor


def _rope(**more: Any) -> dict[str, Any]:
    return {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3], **more}


_MADE: Mapping[str, Callable[[], tuple[nn.Module, Any]]] = {
    "llava": _llava,
    "llava_next": _llava_next,
    "blip_2": _blip_2,
    "internvl": _internvl,
    "qwen2_vl": lambda: _qwen(
        "qwen2_vl", {"embed_dim": _WIDE, "hidden_size": _WIDE, "mlp_ratio": 2}, {"rope_parameters": _rope()}
    ),
    "qwen2_5_vl": lambda: _qwen(
        "qwen2_5_vl",
        {
            "hidden_size": _WIDE,
            "intermediate_size": 2 * _WIDE,
            "out_hidden_size": _WIDE,
            "window_size": 4 * _PATCH,
            "fullatt_block_indexes": [1],
        },
        {"rope_parameters": _rope()},
    ),
    "qwen3_vl": lambda: _qwen(
        "qwen3_vl",
        {
            "hidden_size": _WIDE,
            "intermediate_size": 2 * _WIDE,
            "out_hidden_size": _WIDE,
            "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0],
        },
        {"head_dim": _WIDE // _HEADS, "rope_parameters": _rope(mrope_interleaved=True)},
    ),
}
FAMILIES = tuple(_MADE)
"""The families that can be tuned, by their `model_type` in transformers, "-" written "_"."""
