"""The published sizes of the detectors of transformers, as differences from the defaults of their configurations.

Facts of the papers and of the published configurations: D-FINE (Peng et al., 2024), DEIMv2 (Huang et al., 2025), RT-DETRv2 (Lv et
al., 2024), RF-DETR (Robinson et al., 2025). Tests hold the numbers of parameters against those published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_B0: Mapping[str, Any] = {
    "model_type": "hgnet_v2",
    "hidden_sizes": [128, 256, 512, 1024],
    "stem_channels": [3, 16, 16],
    "stage_in_channels": [16, 64, 256, 512],
    "stage_mid_channels": [16, 32, 64, 128],
    "stage_out_channels": [64, 256, 512, 1024],
    "stage_num_blocks": [1, 1, 2, 1],
    "stage_downsample": [False, True, True, True],
    "stage_light_block": [False, False, True, True],
    "stage_kernel_size": [3, 3, 5, 5],
    "stage_numb_of_layers": [3, 3, 3, 3],
    "depths": [3, 3, 3, 3],
    "use_learnable_affine_block": True,
}
_N: Mapping[str, Any] = {
    "num_feature_levels": 2,
    "encoder_ffn_dim": 512,
    "encode_proj_layers": [1],
    "d_model": 128,
    "encoder_hidden_dim": 128,
    "decoder_ffn_dim": 512,
    "encoder_in_channels": [512, 1024],
    "decoder_n_points": [6, 6],
    "decoder_in_channels": [128, 128],
    "feat_strides": [16, 32],
    "depth_mult": 0.5,
    "decoder_layers": 3,
    "hidden_expansion": 0.34,
}


def _backbone(stage3: int, blocks: int, kernel: int) -> dict[str, Any]:
    """Return HGNetv2 with three stages (Atto, Femto, Pico); the last one's features are used."""
    return {
        "model_type": "hgnet_v2",
        "hidden_sizes": [64, 256, stage3],
        "stem_channels": [3, 16, 16],
        "stage_in_channels": [16, 64, 256],
        "stage_mid_channels": [16, 32, 64],
        "stage_out_channels": [64, 256, stage3],
        "stage_num_blocks": [1, 1, blocks],
        "stage_downsample": [False, True, True],
        "stage_light_block": [False, False, True],
        "stage_kernel_size": [3, 3, kernel],
        "stage_numb_of_layers": [3, 3, 3],
        "depths": [3, 3, 3],
        "use_learnable_affine_block": True,
        "out_indices": [3],
    }


def _lite(stage3: int, width: int, feed: int, queries: int) -> dict[str, Any]:
    """Return DEIMv2 with the light encoder: one stage of the backbone, two grids of `width` channels."""
    return {
        "encoder_type": "lite",
        "encoder_layers": 0,
        "encoder_hidden_dim": width,
        "encoder_in_channels": [stage3],
        "feat_strides": [16, 32],
        "hidden_expansion": 0.34,
        "depth_mult": 0.5,
        "d_model": width,
        "decoder_ffn_dim": feed,
        "decoder_layers": 3,
        "num_feature_levels": 2,
        "decoder_n_points": [4, 2],
        "decoder_in_channels": [width, width],
        "num_queries": queries,
        "decoder_activation_function": "silu",
        "use_gateway": False,
        "share_bbox_head": True,
    }


@dataclass(frozen=True, slots=True)
class Published:
    """A size: its configuration's type, the differences from its defaults, the backbone's, and the usual input, px."""

    type: str
    config: Mapping[str, Any]
    backbone: Mapping[str, Any]
    side: int


SIZES: Mapping[str, Published] = {
    "deimv2_atto": Published("deimv2", _lite(256, 64, 160, 100), _backbone(256, 1, 3), 320),
    "deimv2_femto": Published("deimv2", _lite(512, 96, 256, 150), _backbone(512, 1, 5), 416),
    "deimv2_pico": Published("deimv2", _lite(512, 112, 320, 200), _backbone(512, 2, 5), 640),
    "deimv2_n": Published("deimv2", {**_N, "decoder_activation_function": "silu"}, {**_B0, "out_indices": [3, 4]}, 640),
    "dfine_n": Published("d_fine", _N, {**_B0, "out_indices": [3, 4]}, 640),
    "dfine_s": Published(
        "d_fine",
        {
            "decoder_layers": 3,
            "hidden_expansion": 0.5,
            "depth_mult": 0.34,
            "decoder_n_points": [3, 6, 3],
            "encoder_in_channels": [256, 512, 1024],
        },
        {**_B0, "out_indices": [2, 3, 4]},
        640,
    ),
    "rtdetrv2_r18": Published(
        "rt_detr_v2",
        {"encoder_in_channels": [128, 256, 512], "hidden_expansion": 0.5, "decoder_layers": 3},
        {
            "model_type": "rt_detr_resnet",
            "hidden_sizes": [64, 128, 256, 512],
            "depths": [2, 2, 2, 2],
            "layer_type": "basic",
            "out_indices": [2, 3, 4],
        },
        640,
    ),
    "rfdetr_n": Published(
        "rf_detr",
        {"decoder_layers": 2, "decoder_n_points": 2},
        {
            "model_type": "rf_detr_dinov2",
            "hidden_size": 384,
            "num_attention_heads": 6,
            "image_size": 384,
            "patch_size": 16,
            "num_windows": 2,
            "out_indices": [3, 6, 9, 12],
        },
        384,
    ),
}
