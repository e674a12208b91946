"""What Chinese ships are called, and where they are at home."""

import numpy as np

from roadstead.simulate.world.stock import Stock, choose

_SEA = (
    ("华海", "HUA HAI"), ("新东方", "XIN DONG FANG"), ("润通", "RUN TONG"), ("安盛", "AN SHENG"),
    ("宏达", "HONG DA"), ("海丰", "HAI FENG"), ("泰和", "TAI HE"), ("顺宁", "SHUN NING"),
    ("中瑞", "ZHONG RUI"), ("金洋", "JIN YANG"), ("长盛", "CHANG SHENG"), ("永嘉", "YONG JIA"),
)  # fmt: skip
_SEA_PORTS = ("上海", "宁波", "天津", "广州", "青岛", "厦门", "大连", "舟山")
_RIVER = (
    "皖江淮货",
    "苏宿货",
    "长航货",
    "豫信货",
    "鲁济宁货",
    "浙湖州货",
    "皖神舟",
    "赣九江货",
    "鄂宜昌货",
    "苏盐货",
    "皖寿县货",
    "渝港货",
)
_RIVER_PORTS = ("淮南", "宿迁", "武汉", "信阳", "济宁", "湖州", "芜湖", "九江")
_FISHING = (
    "浙岱渔",
    "浙嵊渔",
    "苏启渔",
    "闽霞渔",
    "粤电渔",
    "鲁荣渔",
    "辽大开渔",
    "桂北渔",
    "琼文昌渔",
    "浙象渔",
    "浙普渔",
    "沪崇渔",
)
_FISHING_PORTS = ("岱山", "嵊泗", "启东", "霞浦", "电白", "荣成", "大连", "北海")
_TUGS = ("甬港拖", "沪港拖", "青港拖", "海港", "津港轮", "厦港拖", "穗港拖", "连港拖")
_TUG_PORTS = ("宁波", "上海", "青岛", "深圳", "天津", "厦门", "广州", "大连")
_BOATS = ("海巡艇", "浙舟游", "苏游", "闽游", "沪游", "粤快艇", "鲁游", "渔政快艇")


def sea_name(rng: np.random.Generator, stock: Stock) -> tuple[str, str, str]:
    """Return a sea-going ship's name, the same in Latin letters, and its home port."""
    name, latin = choose(rng, _SEA, stock)
    number = int(rng.integers(1, 99))
    return f"{name}{number}", f"{latin} {number}", choose(rng, _SEA_PORTS, stock)


def river_name(rng: np.random.Generator, stock: Stock) -> tuple[str, str]:
    """Return a river ship's name and home port."""
    return f"{choose(rng, _RIVER, stock)}{int(rng.integers(1, 9999)):04d}", choose(rng, _RIVER_PORTS, stock)


def fishing_name(rng: np.random.Generator, stock: Stock) -> tuple[str, str]:
    """Return a fishing boat's name, with its number of five digits, and home port."""
    return f"{choose(rng, _FISHING, stock)}{int(rng.integers(1000, 99999)):05d}", choose(rng, _FISHING_PORTS, stock)


def tug_name(rng: np.random.Generator, stock: Stock) -> tuple[str, str]:
    """Return a tug's name and home port."""
    return f"{choose(rng, _TUGS, stock)}{int(rng.integers(1, 60))}", choose(rng, _TUG_PORTS, stock)


def boat_name(rng: np.random.Generator, stock: Stock) -> str:
    """Return a small boat's name."""
    return f"{choose(rng, _BOATS, stock)}{int(rng.integers(1, 9999)):04d}"
