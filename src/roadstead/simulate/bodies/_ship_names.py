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
    ("皖江淮货", "淮南"), ("苏宿货", "宿迁"), ("长航货", "武汉"), ("豫信货", "信阳"), ("鲁济宁货", "济宁"), ("浙湖州货", "湖州"),
    ("皖神舟", "芜湖"), ("赣九江货", "九江"), ("鄂宜昌货", "宜昌"), ("苏盐货", "盐城"), ("皖寿县货", "寿县"), ("渝港货", "重庆"),
)  # fmt: skip
_FISHING = (
    ("浙岱渔", "岱山"), ("浙嵊渔", "嵊泗"), ("苏启渔", "启东"), ("闽霞渔", "霞浦"), ("粤电渔", "电白"), ("鲁荣渔", "荣成"),
    ("辽大开渔", "大连"), ("桂北渔", "北海"), ("琼文昌渔", "文昌"), ("浙象渔", "象山"), ("浙普渔", "普陀"), ("沪崇渔", "上海"),
)  # fmt: skip
_TUGS = (
    ("甬港拖", "宁波"), ("沪港拖", "上海"), ("青港拖", "青岛"), ("深港拖", "深圳"), ("津港轮", "天津"), ("厦港拖", "厦门"),
    ("穗港拖", "广州"), ("连港拖", "大连"),
)  # fmt: skip
_BOATS = ("海巡艇", "浙舟游", "苏游", "闽游", "沪游", "粤快艇", "鲁游", "渔政快艇")


def sea_name(rng: np.random.Generator, stock: Stock) -> tuple[str, str, str]:
    """Return a sea-going ship's name, the same in Latin letters, and its home port."""
    name, latin = choose(rng, _SEA, stock)
    number = int(rng.integers(1, 99))
    return f"{name}{number}", f"{latin} {number}", choose(rng, _SEA_PORTS, stock)


def river_name(rng: np.random.Generator, stock: Stock) -> tuple[str, str]:
    """Return a river ship's name and home port."""
    name, port = choose(rng, _RIVER, stock)
    return f"{name}{int(rng.integers(1, 9999)):04d}", port


def fishing_name(rng: np.random.Generator, stock: Stock) -> tuple[str, str]:
    """Return a fishing boat's name, with its number of five digits, and home port."""
    name, port = choose(rng, _FISHING, stock)
    return f"{name}{int(rng.integers(10_000, 99_999))}", port


def tug_name(rng: np.random.Generator, stock: Stock) -> tuple[str, str]:
    """Return a tug's name and home port."""
    name, port = choose(rng, _TUGS, stock)
    return f"{name}{int(rng.integers(1, 60))}", port


def boat_name(rng: np.random.Generator, stock: Stock) -> str:
    """Return a small boat's name."""
    return f"{choose(rng, _BOATS, stock)}{int(rng.integers(1, 9999)):04d}"
