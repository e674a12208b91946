"""What bits, extras and messages of JT/T 808 are called, in both languages.

From open implementations that agree with each other; where an edition says otherwise the name tells (2019).
"""

from collections.abc import Mapping
from types import MappingProxyType

from roadstead.types import Text


def _table(rows: str) -> Mapping[int, Text]:
    """Return a table of lines "number | English | Chinese"."""
    table = {}
    for line in rows.strip().splitlines():
        number, en, zh = (part.strip() for part in line.split("|"))
        table[int(number, 0)] = Text(en, zh)
    return MappingProxyType(table)


MESSAGES = _table("""
0x0001 | terminal general answer | 终端通用应答
0x0002 | heartbeat | 终端心跳
0x0003 | logout | 终端注销
0x0004 | time query | 查询服务器时间请求
0x0005 | request to resend parts, by the terminal | 终端补传分包请求
0x0100 | register | 终端注册
0x0102 | authenticate | 终端鉴权
0x0104 | parameters, answer | 查询终端参数应答
0x0107 | properties, answer | 查询终端属性应答
0x0200 | location report | 位置信息汇报
0x0201 | location, answer | 位置信息查询应答
0x0702 | driver identity | 驾驶员身份信息采集上报
0x0704 | locations sent later, in a batch | 定位数据批量上传
0x0800 | multimedia event | 多媒体事件信息上传
0x0801 | multimedia data | 多媒体数据上传
0x0900 | pass-through, upward | 数据上行透传
0x8001 | platform general answer | 平台通用应答
0x8003 | request to resend parts, by the platform | 服务器补传分包请求
0x8004 | time, answer | 查询服务器时间应答
0x8100 | register, answer | 终端注册应答
0x8103 | set parameters | 设置终端参数
0x8104 | query parameters | 查询终端参数
0x8105 | terminal control | 终端控制
0x8300 | text for the driver | 文本信息下发
0x8800 | multimedia data, answer | 多媒体数据上传应答
0x8900 | pass-through, downward | 数据下行透传
0x9101 | live audio and video (JT/T 1078) | 实时音视频传输请求
""")
"""Names of messages by their number."""

STATUS = _table("""
0 | ignition on | ACC 开
1 | fix valid | 定位有效
2 | south latitude | 南纬
3 | west longitude | 西经
4 | out of service | 停运状态
5 | coordinates encrypted by a secrecy plug-in | 经纬度已经保密插件加密
6 | forward collision warning (2019) | 紧急刹车系统采集的前撞预警
7 | lane departure warning (2019) | 车道偏移预警
10 | oil line cut | 车辆油路断开
11 | circuit cut | 车辆电路断开
12 | doors locked | 车门加锁
13 | door 1 open | 门 1 开
14 | door 2 open | 门 2 开
15 | door 3 open | 门 3 开
16 | door 4 open | 门 4 开
17 | door 5 open | 门 5 开
18 | GPS used | 使用 GPS 卫星定位
19 | BeiDou used | 使用北斗卫星定位
20 | GLONASS used | 使用 GLONASS 卫星定位
21 | Galileo used | 使用 Galileo 卫星定位
22 | vehicle moving (2019) | 车辆处于行驶状态
""")
"""Status bits that mean something when they are set; bits 8 and 9 are LOADS."""

LOADS = _table("""
0 | empty | 空车
1 | half loaded | 半载
2 | reserved | 保留
3 | full | 满载
""")
"""Status bits 8 and 9."""

ALARMS = _table("""
0 | emergency alarm (SOS) | 紧急报警
1 | overspeed | 超速报警
2 | fatigue driving | 疲劳驾驶
3 | danger warning | 危险预警
4 | GNSS module fault | GNSS 模块发生故障
5 | GNSS antenna not connected or cut | GNSS 天线未接或被剪断
6 | GNSS antenna short circuit | GNSS 天线短路
7 | main supply undervoltage | 终端主电源欠压
8 | main supply lost | 终端主电源掉电
9 | display fault | 终端 LCD 或显示器故障
10 | speech module fault | TTS 模块故障
11 | camera fault | 摄像头故障
12 | IC card module fault | 道路运输证 IC 卡模块故障
13 | overspeed pre-warning | 超速预警
14 | fatigue pre-warning | 疲劳驾驶预警
15 | driving violation (2019) | 违规行驶报警
16 | tyre pressure pre-warning (2019) | 胎压预警
17 | blind zone when turning right (2019) | 右转盲区异常报警
18 | driving time of the day exceeded | 当天累计驾驶超时
19 | parking time exceeded | 超时停车
20 | area entered or left | 进出区域
21 | route entered or left | 进出路线
22 | driving time on a section too short or too long | 路段行驶时间不足/过长
23 | departed from the route | 路线偏离报警
24 | speed sensor (VSS) fault | 车辆 VSS 故障
25 | abnormal fuel level | 车辆油量异常
26 | vehicle stolen | 车辆被盗
27 | illegal ignition | 车辆非法点火
28 | illegal displacement | 车辆非法位移
29 | collision warning | 碰撞预警
30 | rollover warning | 侧翻预警
31 | door opened illegally (not in 2019) | 非法开门报警
""")
"""Alarm bits."""

EXTRAS = _table("""
0x01 | mileage | 里程
0x02 | fuel | 油量
0x03 | recorder speed | 行驶记录功能获取的速度
0x04 | event to be confirmed by a person | 需要人工确认报警事件的 ID
0x05 | tyre pressures (2019) | 胎压
0x06 | temperature of the box (2019) | 车厢温度
0x11 | overspeed details | 超速报警附加信息
0x12 | area or route details | 进出区域/路线报警附加信息
0x13 | section time details | 路段行驶时间不足/过长报警附加信息
0x14 | video alarms (JT/T 1078) | 视频相关报警
0x15 | channels whose signal is lost (JT/T 1078) | 视频信号丢失报警状态
0x16 | channels that are covered (JT/T 1078) | 视频信号遮挡报警状态
0x17 | storage faults (JT/T 1078) | 存储器故障报警状态
0x18 | abnormal driving (JT/T 1078) | 异常驾驶行为报警详细描述
0x25 | vehicle signals | 扩展车辆信号状态位
0x2A | inputs and outputs | IO 状态位
0x2B | analog inputs | 模拟量
0x30 | network signal | 无线通信网络信号强度
0x31 | satellites | GNSS 定位卫星数
0x64 | driver assistance alarm (ADAS, Su-biao) | 高级驾驶辅助系统报警信息
0x65 | driver state alarm (DSM, Su-biao) | 驾驶员状态监测系统报警信息
0x66 | tyre pressure alarm (TPMS, Su-biao) | 胎压监测系统报警信息
0x67 | blind spot alarm (BSD, Su-biao) | 盲区监测系统报警信息
0xE0 | length of what follows, by the maker | 后续自定义信息长度
""")
"""Extras of a location by their id; others are the maker's own."""

COLOURS = _table("""
0 | no plate | 未上牌
1 | blue | 蓝色
2 | yellow | 黄色
3 | black | 黑色
4 | white | 白色
9 | other | 其他
""")
"""Plate colours (JT/T 415)."""

RESULTS = _table("""
0 | done | 成功/确认
1 | failed | 失败
2 | bad message | 消息有误
3 | not supported | 不支持
4 | alarm processed | 报警处理确认
""")
"""Results of a general answer."""

REGISTRATIONS = _table("""
0 | done | 成功
1 | the vehicle is registered already | 车辆已被注册
2 | no such vehicle | 数据库中无该车辆
3 | the terminal is registered already | 终端已被注册
4 | no such terminal | 数据库中无该终端
""")
"""Results of a registration."""

BATCHES = _table("""
0 | as usual | 正常位置批量汇报
1 | backfill from a blind zone | 盲区补报
""")
"""Kinds of a batch of locations."""

MEDIA = _table("""
0 | picture | 图像
1 | sound | 音频
2 | video | 视频
""")
"""Kinds of multimedia."""

FORMATS = _table("""
0 | JPEG | JPEG
1 | TIF | TIF
2 | MP3 | MP3
3 | WAV | WAV
4 | WMV | WMV
""")
"""Formats of multimedia."""

MEDIA_EVENTS = _table("""
0 | ordered by the platform | 平台下发指令
1 | at an interval | 定时动作
2 | robbery alarm | 抢劫报警触发
3 | collision or rollover | 碰撞侧翻报警触发
""")
"""Why a picture or sound was taken."""


def bits(word: int, names: Mapping[int, Text]) -> tuple[Text, ...]:
    """Return the names of the bits that are set in a word, lowest first; of those that have a name.

    >>> [str(name) for name in bits(3, STATUS)]
    ['ignition on', 'fix valid']
    """
    return tuple(name for bit, name in names.items() if word >> bit & 1)
