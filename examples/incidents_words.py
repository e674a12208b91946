"""The words of `incidents.py`: how incidents are told, in English and Chinese, apart for learning and for judging."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How things are said on one side; `{plate}` and the like are filled in."""

    companies: tuple[str, ...]
    places: tuple[str, ...]
    openings: tuple[str, ...]
    acts: Mapping[str, tuple[str, ...]]
    owners: tuple[str, ...]
    denials: Mapping[str, str]
    witnesses: tuple[str, ...]
    closings: tuple[str, ...]
    questions: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A language: names of violations and fields, what is asked of a model, and both sides."""

    kinds: Mapping[str, str]
    fields: Mapping[str, str]
    unknown: str
    cargo: tuple[str, ...]
    plate: Callable[[random.Random], str]
    between: str
    system: str
    task: str
    summary: str
    train: Told
    test: Told


def _english_plate(rng: random.Random) -> str:
    letters = "ABCDEFGHJKLMNPRSTVWXY"
    return (
        f"{rng.choice(letters)}{rng.choice(letters)}{rng.randrange(10, 75)} "
        f"{''.join(rng.choice(letters) for _ in range(3))}"
    )


def _chinese_plate(rng: random.Random) -> str:
    return f"{rng.choice('苏沪浙皖鲁')}{rng.choice('ABCDE')}{''.join(rng.choice('0123456789ABCDEF') for _ in range(5))}"


_KINDS = {
    "uncovered": "uncovered load",
    "spill": "spilled load",
    "speeding": "speeding",
    "forbidden": "forbidden area",
    "dumping": "illegal dumping",
    "dirty": "dirty wheels",
}

ENGLISH = Words(
    kinds=_KINDS,
    fields={name: name for name in ("violation", "plate", "company", "place", "time", "cargo")},
    unknown="unknown",
    cargo=("gravel", "sand", "rubble", "soil", "asphalt", "clay", "crushed stone", "demolition waste"),
    plate=_english_plate,
    between=" ",
    system="You turn incident reports into fields.",
    task=(
        "Write the report as lines 'field: value' with the fields violation, plate, company, place, time, cargo. "
        f"The violation is one of: {', '.join(_KINDS.values())}. Write unknown for what is not said."
    ),
    summary="{violation} by {plate} of {company}, {place}, at {time}, carrying {cargo}.",
    train=Told(
        companies=(
            *("Hartwell Haulage", "Northgate Aggregates", "Bexley Tippers", "Crane & Sons", "Dunmore Transport"),
            *(
                "Eastfield Logistics",
                "Foster Groundworks",
                "Granite City Carriers",
                "Kelham Freight",
                "Lowther Plant Hire",
            ),
        ),
        places=(
            *("Mill Lane", "Station Road", "Harbour Street", "King Street", "Church Road", "Quarry Hill"),
            *("Dock Road", "Bridge Street", "Victoria Avenue", "London Road", "Park View", "Canal Street"),
        ),
        openings=(
            "At {time} the tipper truck {plate} was seen on {place}, loaded with {cargo}.",
            "Camera on {place}, {time}: dumper {plate} with {cargo}.",
            "I stopped {plate}, a lorry of {company} with {cargo} on board, on {place} at {time}.",
            "{plate} passed the checkpoint on {place} carrying {cargo}; the clock showed {time}.",
            "On {place} a truck of {company}, registration {plate}, was observed at {time} with a load of {cargo}.",
            "Report from {place}: {plate}, owner {company}, transporting {cargo}.",
            "Patrol note, {time}: truck {plate} loaded with {cargo}.",
        ),
        acts={
            "uncovered": (
                "The load was not covered.",
                "There was no tarpaulin over the load.",
                "The cover was rolled back and the load lay open.",
            ),
            "spill": (
                "Material fell from the truck onto the road.",
                "It lost part of its load in the bend.",
                "A trail of material was left on the carriageway behind it.",
            ),
            "speeding": (
                "It was measured at {speed} km/h where 50 is allowed.",
                "The radar showed {speed} km/h, well above the limit.",
                "It drove much too fast, {speed} km/h in a 40 zone.",
            ),
            "forbidden": (
                "Trucks are not allowed in this street.",
                "It drove into a zone that is closed to heavy vehicles.",
                "It has no permit for this area.",
            ),
            "dumping": (
                "It tipped its load at the side of the road and left.",
                "The driver unloaded on a vacant lot that is no dump.",
                "It emptied its bed into a field without permission.",
            ),
            "dirty": (
                "Its wheels were caked with mud and soiled the road.",
                "It left the site without washing its tyres.",
                "Mud from its tyres covered the lane.",
            ),
        },
        owners=("It belongs to {company}.", "The operator is {company}.", "The door carried the name {company}."),
        denials={
            "uncovered": "The load was covered.",
            "spill": "Nothing was lost on the way.",
            "speeding": "The speed was within the limit.",
            "forbidden": "It had a permit for the area.",
            "dumping": "It did not unload here.",
            "dirty": "The wheels were clean.",
        },
        witnesses=(
            "The driver of {witness} behind it confirmed this.",
            "A witness in car {witness} called us.",
            "The car {witness} was next to it.",
        ),
        closings=(
            "Pictures are attached.",
            "The driver was informed.",
            "No further action was taken on the spot.",
            "Weather was dry and clear.",
        ),
        questions={
            "plate": ("Which truck was it?", "What is the registration of the truck?"),
            "company": ("Which company does it belong to?", "Who is the owner?"),
            "place": ("Where did it happen?", "On which road was it?"),
            "time": ("When did it happen?", "At what time was it?"),
            "cargo": ("What was it carrying?", "What was the load?"),
        },
    ),
    test=Told(
        companies=(
            *("Ashdown Bulk Services", "Merrick Earthmoving", "Pennine Skip Company", "Osborne Contractors"),
            *("Tamar Valley Trucking", "Wexford Materials"),
        ),
        places=(
            *("Orchard Close", "Foundry Lane", "Riverside Drive", "Castle Terrace"),
            *("Market Place", "Saltmarsh Way", "Abbey Road", "Windmill Rise"),
        ),
        openings=(
            "Shortly after the shift began, at {time}, a heavy goods vehicle ({plate}) hauling {cargo} came along {place}.",
            "Our unit followed {plate} down {place}; it was {time} and the vehicle had {cargo} in its bed.",
            "Vehicle {plate} run by {company} entered {place} at {time}. Freight: {cargo}.",
            "{time}, {place}. Four-axle tipper with the number {plate}, cargo {cargo}.",
            "A resident of {place} sent in a video of {plate}, a {company} vehicle full of {cargo}.",
        ),
        acts={
            "uncovered": (
                "Nothing protected the freight from the wind.",
                "Its bed was open on top, without a sheet.",
            ),
            "spill": (
                "Lumps kept dropping off and other drivers had to swerve.",
                "The lane behind was strewn with what it had shed.",
            ),
            "speeding": (
                "The laser gun read {speed} km/h, over what the signs permit.",
                "At {speed} km/h it was far quicker than the road permits.",
            ),
            "forbidden": (
                "The sign there bans lorries altogether.",
                "Vehicles of its weight must keep out of this quarter.",
            ),
            "dumping": (
                "Behind the sheds it got rid of everything it had on board.",
                "It left a fresh heap on the river bank.",
            ),
            "dirty": (
                "Its tyres dragged dirt all over the asphalt.",
                "The wheel wash had been skipped and the street was brown.",
            ),
        },
        owners=("Its papers name {company}.", "{company} runs this vehicle."),
        denials={
            "uncovered": "A sheet was properly drawn over the bed.",
            "spill": "No freight dropped off.",
            "speeding": "It kept to the speed signs.",
            "forbidden": "Lorries may use this road.",
            "dumping": "Everything stayed on board.",
            "dirty": "Its tyres had been washed.",
        },
        witnesses=("The occupant of {witness} saw it too.", "A taxi, {witness}, recorded it with its dashcam."),
        closings=(
            "The file goes to the licensing office.",
            "Footage has been saved.",
            "It then turned off and was lost from view.",
        ),
        questions={
            "plate": ("What number did the vehicle have?",),
            "company": ("Who runs the vehicle?",),
            "place": ("In which street did it take place?",),
            "time": ("What was the time?",),
            "cargo": ("What did it have on board?",),
        },
    ),
)

_ZH_KINDS = {
    "uncovered": "未覆盖",
    "spill": "撒漏",
    "speeding": "超速",
    "forbidden": "闯禁区",
    "dumping": "乱倒渣土",
    "dirty": "车轮带泥",
}

CHINESE = Words(
    kinds=_ZH_KINDS,
    fields={
        "violation": "违法行为",
        "plate": "车牌",
        "company": "公司",
        "place": "地点",
        "time": "时间",
        "cargo": "货物",
    },
    unknown="未知",
    cargo=("砂石", "渣土", "碎石", "水泥", "沥青", "泥浆"),
    plate=_chinese_plate,
    between="",
    system="把事件描述写成字段。",
    task="按“字段: 值”逐行写出违法行为、车牌、公司、地点、时间、货物，没有说明的写未知。",
    summary="{plate}（{company}）{time}在{place}{violation}，装载{cargo}。",
    train=Told(
        companies=("宏达运输公司", "顺通物流公司", "永安土方公司", "金桥建材公司", "东方渣土公司", "长江运输公司"),
        places=("中山路", "人民路", "解放路", "建设路", "港口大道", "滨江路", "新华路", "工业路"),
        openings=(
            "{time}，渣土车{plate}装载{cargo}行驶在{place}。",
            "{place}摄像头{time}拍到{plate}，车上装有{cargo}。",
            "{time}在{place}拦下{company}的货车{plate}，货物为{cargo}。",
            "{place}执勤记录：{plate}，所属{company}，运输{cargo}。",
        ),
        acts={
            "uncovered": ("车厢没有覆盖。", "没有盖篷布。"),
            "spill": ("货物沿途撒落。", "路面上留下一条撒漏痕迹。"),
            "speeding": ("测得车速{speed}公里，超过限速。", "雷达显示时速{speed}公里，已超速。"),
            "forbidden": ("该路段禁止货车通行。", "驶入了禁行区域。"),
            "dumping": ("在路边倾倒后离开。", "把货物倒在空地上。"),
            "dirty": ("车轮带泥上路。", "出工地没有冲洗轮胎。"),
        },
        owners=("该车属于{company}。", "车门上写着{company}。"),
        denials={
            "uncovered": "篷布已盖好。",
            "spill": "沿途没有撒落。",
            "speeding": "车速没有超过限速。",
            "forbidden": "持有通行证。",
            "dumping": "没有在此卸货。",
            "dirty": "轮胎干净。",
        },
        witnesses=("后车{witness}的司机可以证明。", "{witness}的车主报了案。"),
        closings=("照片已附上。", "已告知司机。", "天气晴。"),
        questions={
            "plate": ("是哪辆车？", "车牌号是什么？"),
            "company": ("属于哪家公司？",),
            "place": ("发生在哪里？",),
            "time": ("什么时候发生的？",),
            "cargo": ("装的是什么？",),
        },
    ),
    test=Told(
        companies=("华泰工程公司", "盛世货运公司", "海通建设公司"),
        places=("和平路", "胜利路", "环城路", "码头路"),
        openings=(
            "巡查人员{time}在{place}发现一辆自卸车，牌号{plate}，装的是{cargo}。",
            "{plate}（{company}）{time}经过{place}，载有{cargo}。",
        ),
        acts={
            "uncovered": ("货物敞开运输，未加盖。",),
            "spill": ("一路上不断有东西撒落到路面。",),
            "speeding": ("时速{speed}公里，明显超过限速标志。",),
            "forbidden": ("这里禁止货车进入。",),
            "dumping": ("到河边把整车倾倒掉了。",),
            "dirty": ("轮胎没有冲洗，带泥弄脏了路面。",),
        },
        owners=("行驶证上是{company}。",),
        denials={
            "uncovered": "车厢盖得很严。",
            "spill": "没有东西撒落。",
            "speeding": "车速符合规定。",
            "forbidden": "此路允许货车通行。",
            "dumping": "货物都在车上。",
            "dirty": "轮胎冲洗过。",
        },
        witnesses=("旁边的{witness}也看到了。",),
        closings=("录像已保存。", "材料已移交。"),
        questions={
            "plate": ("这辆车的牌号？",),
            "company": ("是谁家的车？",),
            "place": ("在哪条路上？",),
            "time": ("几点？",),
            "cargo": ("车上是什么？",),
        },
    ),
)

WORDS = {"en": ENGLISH, "zh": CHINESE}
