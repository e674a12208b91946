"""What vessels of the water scenes report of themselves."""

import numpy as np

from roadstead.positions import Static
from roadstead.simulate.reports.track import Reporter
from roadstead.simulate.world.body import Body

_SHIP_TYPE = {"cargo_ship": 70, "container_ship": 71, "bulk_carrier": 70, "tug": 52, "fishing_boat": 30}
_NO_TRANSPONDER = ("speedboat",)
_LATIN = dict(
    pair.split(":")
    for pair in [
        "皖:WAN",
        "江:JIANG",
        "淮:HUAI",
        "货:HUO",
        "苏:SU",
        "宿:SU",
        "长:CHANG",
        "航:HANG",
        "豫:YU",
        "信:XIN",
        "鲁:LU",
        "济:JI",
        "宁:NING",
        "浙:ZHE",
        "湖:HU",
        "州:ZHOU",
        "神:SHEN",
        "舟:ZHOU",
        "赣:GAN",
        "九:JIU",
        "鄂:E",
        "宜:YI",
        "昌:CHANG",
        "盐:YAN",
        "寿:SHOU",
        "县:XIAN",
        "渝:YU",
        "港:GANG",
        "岱:DAI",
        "渔:YU",
        "嵊:SHENG",
        "启:QI",
        "闽:MIN",
        "霞:XIA",
        "粤:YUE",
        "电:DIAN",
        "荣:RONG",
        "辽:LIAO",
        "大:DA",
        "开:KAI",
        "桂:GUI",
        "北:BEI",
        "琼:QIONG",
        "文:WEN",
        "象:XIANG",
        "普:PU",
        "沪:HU",
        "崇:CHONG",
        "甬:YONG",
        "拖:TUO",
        "青:QING",
        "海:HAI",
        "津:JIN",
        "轮:LUN",
        "厦:XIA",
        "穗:SUI",
        "连:LIAN",
        "华:HUA",
        "新:XIN",
        "东:DONG",
        "方:FANG",
        "润:RUN",
        "通:TONG",
        "安:AN",
        "盛:SHENG",
        "宏:HONG",
        "达:DA",
        "丰:FENG",
        "泰:TAI",
        "和:HE",
        "顺:SHUN",
        "中:ZHONG",
        "瑞:RUI",
        "金:JIN",
        "洋:YANG",
        "永:YONG",
        "嘉:JIA",
    ]
)
"""Transponders know no Chinese characters (ITU-R M.1371, table 47): ships are named there as they are spoken."""


def transponder(body: Body, rng: np.random.Generator, *, lying: float = 0.0) -> Reporter | None:
    """Return what reports a vessel; `lying` is the navigational status it gives while it lies (1 anchored, 5 moored). Boats have none."""
    if body.label != "vessel" or body.sort in _NO_TRANSPONDER:
        return None
    mmsi = f"{int(rng.choice((412, 413, 414)))}{int(rng.integers(10**6)):06d}"
    said = Static(
        name="".join(_LATIN.get(c, c if c.isascii() else "") for c in body.texts.get("name", ""))[:20] or None,
        call_sign="B" + "".join(rng.choice(list("ABCDEFGHIJKLMNPQRSTUVWXYZ2345678"), 4)),
        kind=_SHIP_TYPE.get(body.sort, 70),
        length_m=float(round(body.length_m)),
        beam_m=float(round(body.width_m)),
        draught_m=round(0.25 * body.width_m, 1),
    )
    return Reporter(kind="vessel", id=mmsi, static=said, class_b=body.sort == "fishing_boat", lying_status=lying)
