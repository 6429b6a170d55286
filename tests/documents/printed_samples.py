"""A paper, its key and a task, as the services hand them to the document hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from certengine.aspects.checklist import ChecklistRule, Point
from certengine.aspects.deduction import DeductionRule
from certengine.aspects.gate import GateRule
from certengine.aspects.judgement import JudgementRule
from certengine.aspects.measurement import Band, MeasurementRule
from certengine.aspects.overtime import TimeRule
from certengine.aspects.veto import VetoRule
from certengine.model.scheme import Aspect, AspectGroup, SiteItem, Task
from certengine.model.sitting import Candidate
from certengine.model.text import Text
from certengine.model.view import (
    AnswerForm,
    KeyEntry,
    KeyView,
    PaperView,
    Presented,
    PresentedGap,
    PresentedItem,
    PresentedOption,
    PresentedSection,
)

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "formal"

_SINGLE = (
    (
        (
            "依据 IEC 60204-1，急停功能允许采用的停止类别是",
            "Under IEC 60204-1, which stop categories may an emergency stop use?",
        ),
        (
            ("仅 0 类", "category 0 only"),
            ("0 类或 1 类", "category 0 or 1"),
            ("1 类或 2 类", "category 1 or 2"),
            ("任意类别", "any"),
        ),
    ),
    (
        (
            "大惯量负载减速时变频器报直流母线过电压，最直接的处理措施是",
            "A frequency converter trips on DC-link overvoltage while braking a high-inertia load. The most direct remedy is to",
        ),
        (
            ("提高载波频率", "raise the carrier frequency"),
            (
                "延长减速时间，或加装制动单元和制动电阻",
                "lengthen the deceleration ramp, or fit a braking chopper and resistor",
            ),
            ("缩短加速时间", "shorten the acceleration ramp"),
            ("换用截面更小的电机电缆", "use a motor cable of smaller cross-section"),
        ),
    ),
    (
        ("保护联结导体的颜色应为", "A protective bonding conductor is coloured"),
        (("黄绿双色", "green-and-yellow"), ("淡蓝色", "light blue"), ("黑色", "black"), ("红色", "red")),
    ),
    (
        (
            "三相四线制系统中，线电压为 380 V 时相电压约为",
            "In a three-phase four-wire system with 380 V between lines, the phase voltage is about",
        ),
        (("127 V", "127 V"), ("220 V", "220 V"), ("380 V", "380 V"), ("660 V", "660 V")),
    ),
    (
        (
            "某 PLC 程序中，启动信号保持后电机仍不运行，监控显示输出映像为 1 而接触器不吸合，应首先检查",
            "A start signal is held, yet the motor does not run; the output image reads 1 but the contactor does not pull in. First check",
        ),
        (
            ("输出端子电压及接触器线圈回路", "the voltage at the output terminal and the coil circuit"),
            ("程序中的定时器设定值", "the timer presets in the program"),
            ("上位机通信参数", "the communication settings of the supervisor"),
            ("电机绝缘电阻", "the insulation resistance of the motor"),
        ),
    ),
)
_STATEMENTS = (
    (
        "无中断且无立即刷新时，输入映像读取之后才变化的信号，要到下一扫描周期才被程序看到。",
        "Without interrupts or immediate input, an input that changes after the input image is read is seen by the program only in the next scan.",
    ),
    ("NPN 型传感器动作时将 PLC 输入端拉向 +24 V。", "An active NPN sensor pulls the PLC input to +24 V."),
    (
        "电压表在被测点显示 0 V 即可认定无电，无需在已知电源上复核表计。",
        "A reading of 0 V is proof of absence of voltage; the meter need not be proved again on a known source.",
    ),
)
_NUMBERS = (
    (
        "一台 4 极异步电动机接于 50 Hz 电源，求其同步转速。",
        "A 4-pole induction motor is fed at 50 Hz. Find its synchronous speed.",
        "r/min",
    ),
    (
        "量程 0～1.6 MPa 的压力变送器输出 4–20 mA，当输出为 12.00 mA 时，求被测压力（保留两位小数）。",
        "A pressure transmitter of range 0 to 1.6 MPa has an output of 4–20 mA. Find the pressure at 12.00 mA, to two decimal places.",
        "MPa",
    ),
)
_TRUE_FALSE = (
    PresentedOption(label="A", text=Text.of(zh="√ 正确", en="√ true")),
    PresentedOption(label="B", text=Text.of(zh="× 错误", en="× false")),
)
_RULES = (
    ("答案须填写在答题卡上，写在试卷上无效。", "Write every answer on the answer sheet; answers written on this paper do not count."),
    ("单项选择题只有一个正确选项；选两项及以上不得分。", "A single-choice item has exactly one right option; two or more ticks score nothing."),
    ("多项选择题有两个或两个以上正确选项；全部选对才得分，多选、少选、错选均不得分。", "A multiple-response item has two or more right options; it scores only when exactly the right options are ticked."),
    ("计算题只填结果，按题目要求的单位填写。", "For a calculation write the result only, in the unit the item asks for."),
    ("答错不倒扣分，未作答不得分。", "Nothing is taken off for a wrong answer; an item left blank scores nothing."),
    ("可使用无存储、无通信功能的计算器；手机等通信设备须关机并交由监考人员保管。", "A calculator without memory for text and without communication may be used; phones and other communication devices are switched off and handed to the invigilator."),
)  # fmt: skip


def text(pair: tuple[str, str]) -> Text:
    """A bilingual text from a pair."""
    return Text.of(zh=pair[0], en=pair[1])


def candidate(number: int = 1, name: str = "林知远") -> Candidate:
    """A candidate with a seat."""
    return Candidate(
        id=f"2026110{number:03}", name=name, name_en="Lin Zhiyuan", organisation="示范技师学院", seat=f"A-{number:02}"
    )


def choice(number: int, *, several: bool = False) -> Presented:
    """A choice item; with ``several`` it has five options."""
    stem, options = _SINGLE[number % len(_SINGLE)]
    shown = (*options, ("以上都不对", "none of these")) if several else options
    return Presented(
        stem=text(stem),
        answer_form=AnswerForm.SEVERAL_BUBBLES if several else AnswerForm.ONE_BUBBLE,
        options=tuple(
            PresentedOption(label=label, text=text(pair)) for label, pair in zip("ABCDE", shown, strict=False)
        ),
    )


def statement(number: int) -> Presented:
    """A true-or-false item."""
    return Presented(
        stem=text(_STATEMENTS[number % len(_STATEMENTS)]), answer_form=AnswerForm.ONE_BUBBLE, options=_TRUE_FALSE
    )


def number_item(number: int) -> Presented:
    """An item answered by a number in a unit."""
    zh, en, unit = _NUMBERS[number % len(_NUMBERS)]
    return Presented(stem=text((zh, en)), answer_form=AnswerForm.WRITTEN_NUMBER, unit=unit)


def match_item(number: int) -> Presented:
    """A matching of three prompts and four options, or of five and four."""
    units = (("V", "V"), ("A", "A"), ("Ω", "Ω"), ("赫兹", "hertz"))
    quantities = (
        ("电压", "voltage"),
        ("电流", "current"),
        ("电阻", "resistance"),
        ("电动势", "e.m.f."),
        ("电位差", "potential"),
    )
    return Presented(
        stem=text(("为每个物理量选出单位。", "Choose the unit of each quantity.")),
        answer_form=AnswerForm.MATCHES,
        prompts=tuple(
            PresentedOption(label=str(n), text=text(pair)) for n, pair in enumerate(quantities[: 5 if number % 2 else 3], 1)
        ),
        options=tuple(PresentedOption(label=label, text=text(pair)) for label, pair in zip("ABCD", units, strict=True)),
    )  # fmt: skip


def order_item(number: int) -> Presented:
    """An ordering of four steps, or of six."""
    return Presented(
        stem=text(("按停电作业的顺序排列。", "Put the steps of isolation in order.")),
        answer_form=AnswerForm.SEQUENCE,
        options=tuple(
            PresentedOption(label=label, text=text((f"步骤{label}", f"step {label}")))
            for label in "ABCDEF"[: 6 if number % 2 else 4]
        ),
    )


def word_item(number: int) -> Presented:
    """An item answered in a word or two."""
    return Presented(
        stem=text(("上锁并挂牌的做法叫什么？", "What is the practice of locking and tagging called?")),
        answer_form=AnswerForm.WRITTEN_TEXT,
    )


def essay_item(lines: int = 14) -> Presented:
    """An item answered in sentences."""
    return Presented(
        stem=text(("驱动一起动即过流，写出四项检查。", "The drive trips at start. Write four checks.")),
        answer_form=AnswerForm.ESSAY,
        lines=lines,
    )


def gap_item(number: int) -> Presented:
    """A text with a gap of each kind."""
    return Presented(
        stem=text(
            ("电流为 ____(1)____ A；电流表应 ____(2)____，这种仪表叫 ____(3)____。",
             "A current of ____(1)____ A is measured ____(2)____ by an ____(3)____.")
        ),
        answer_form=AnswerForm.GAPS,
        gaps=(
            PresentedGap(label="1", answer_form=AnswerForm.WRITTEN_NUMBER, unit="A"),
            PresentedGap(
                label="2",
                answer_form=AnswerForm.ONE_BUBBLE,
                options=(
                    PresentedOption(label="A", text=text(("串联", "in series"))),
                    PresentedOption(label="B", text=text(("并联", "in parallel"))),
                ),
            ),
            PresentedGap(label="3", answer_form=AnswerForm.WRITTEN_TEXT),
        ),
    )  # fmt: skip


def section(title: tuple[str, str], marks: str, first: int, items: list[Presented]) -> PresentedSection:
    """A section whose items are numbered from ``first``."""
    each = Decimal(marks)
    return PresentedSection(
        title=text(title),
        marks_each=each,
        total=each * len(items),
        items=tuple(PresentedItem(position=first + n, marks=each, presented=item) for n, item in enumerate(items)),
    )


def paper(
    *,
    number: int = 1,
    name: str = "林知远",
    languages: tuple[str, ...] = ("zh", "en"),
    sections: tuple[PresentedSection, ...] | None = None,
    extra: int = 0,
    sample: bool = True,
) -> PaperView:
    """A written paper of 45 items, as the electrician scheme draws it, or of the sections given."""
    drawn = (
        section(("单项选择题", "Single choice"), "2", 1, [choice(n) for n in range(25)]),
        section(("判断题", "True or false"), "1", 26, [statement(n) for n in range(10)]),
        section(("多项选择题", "Multiple response"), "4", 36, [choice(n, several=True) for n in range(5)]),
        section(("计算题", "Calculation"), "4", 41, [number_item(n) for n in range(5)]),
    )
    shown = drawn if sections is None else sections
    return PaperView(
        paper_id=f"K7QP-{2000 + number}",
        sitting="2026-11-electrician",
        scheme_title=Text.of(
            zh="电工（工业自动化方向）三级/高级工", en="Electrician (industrial automation), level 3 (senior worker)"
        ),
        level_title=Text.of(zh="三级/高级工", en="Level 3 (senior worker)"),
        component_title=Text.of(zh="理论知识考试", en="Theory examination"),
        issuer_name=Text.of(zh="示范职业技能评价中心", en="Sample Skills Assessment Centre"),
        candidate=candidate(number, name),
        minutes=90 + extra,
        extra_minutes=extra,
        total=sum((part.total for part in shown), Decimal(0)),
        rules=tuple(text(pair) for pair in _RULES),
        sections=shown,
        languages=languages,
        verify_line="industrial-automation@1 sha256:3f9c2ab41d07",
        sample=sample,
    )


_ANSWERS = {
    "Single choice": "ABCD",
    "True or false": ("A √", "B ×"),
    "Multiple response": ("AC", "ABD"),
    "Calculation": ("1500 r/min", "0.8 MPa"),
}


def key(view: PaperView) -> KeyView:
    """A key for a paper."""
    parts = tuple(
        (
            part.title,
            tuple(
                KeyEntry(
                    position=item.position,
                    item=f"ia-{item.position:03}",
                    marks=item.marks,
                    answer=answers[item.position % len(answers)],
                    explanation=Text.of(
                        zh=f"第 {item.position} 题依据标准条文。", en=f"Item {item.position} follows the clause."
                    ),
                )
                for item in part.items
            ),
        )
        for part in view.sections
        for answers in (_ANSWERS.get(part.title.best("en"), "ABCD"),)
    )
    return KeyView(paper_id=view.paper_id, candidate_id=view.candidate.id, sections=parts)


def task() -> Task:
    """A practical task with every kind of aspect."""

    def aspect(
        aspect_id: str, kind: str, title: tuple[str, str], marks: str, asked: tuple[str, str] | None = None
    ) -> Aspect:
        return Aspect(
            id=aspect_id, kind=kind, title=text(title), marks=Decimal(marks), rule=_RULES_BY_KIND[kind],
            requirement=text(asked) if asked else None,
        )  # fmt: skip

    positions = tuple(
        aspect(
            f"M1{letter}", "measurement", (f"{mm} mm 处定位误差", f"Position error at {mm} mm"), "4",
            (f"自动循环中停于 {mm} mm 处，记录位移测量值", f"stopped at {mm} mm in the automatic cycle; enter the gauge reading"),
        )
        for letter, mm in (("a", 100), ("b", 200), ("c", 300))
    )  # fmt: skip
    safety = (
        aspect("M5a", "measurement", ("保护联结电阻", "Protective bonding resistance"), "4", ("保护接地端子至滑台底座及柜门，取最大值；不大于 0.1 Ω", "protective-earth terminal to slide base and to enclosure door, the greater value; at most 0.1 Ω")),
        aspect("M5b", "measurement", ("绝缘电阻", "Insulation resistance"), "4", ("动力电路对保护联结电路，500 V 直流，取最小值；不小于 1 MΩ", "power circuit to protective bonding circuit at 500 V DC, the least value; at least 1 MΩ")),
    )  # fmt: skip
    work = (
        aspect("D1", "deduction", ("接线工艺", "Wiring workmanship"), "12", ("导线压接、标号、走线、绑扎符合图纸和工艺要求", "crimping, markers, routing and tying as the drawings and good practice ask")),
        aspect("D2", "deduction", ("安全文明生产", "Safe and orderly work"), "8"),
        aspect("J1", "judgement", ("人机界面的清晰性", "Clarity of the operator screen"), "6"),
        aspect("J2", "judgement", ("技术文件与移交", "Documents and handover"), "6"),
    )  # fmt: skip
    vetoes = (
        aspect("V1", "veto", ("擅自送电或带电作业", "Energising without permission, or live work"), "0", ("未经考评员许可送电，或在带电状态下接线、改线", "switching on without an assessor's permission, or wiring on live parts")),
        aspect("V2", "veto", ("使防护或急停失效", "Defeating a guard or the emergency stop"), "0", ("短接、拆除或以其他方式使防护联锁或急停失去作用", "bridging, removing or otherwise disabling a guard interlock or the emergency stop")),
    )  # fmt: skip
    further = (
        aspect("C1", "checklist", ("断电步骤", "Isolation steps"), "6"),
        aspect("T1", "time", ("操作时间", "Working time"), "0"),
        aspect("T2", "gate", ("工件合格", "Workpiece fit for use"), "0"),
    )
    groups = (
        ("G1", ("定位与运行", "Positioning and cycle"), positions),
        ("G3", ("电气安全", "Electrical safety"), safety),
        ("G4", ("工艺与评判", "Workmanship and judgement"), work),
        ("G6", ("否决项", "Vetoes"), vetoes),
        ("G7", ("步骤与时间", "Steps and time"), further),
    )
    return Task(
        id="A-P1",
        title=Text.of(zh="PLC 与伺服定位单元的装调", en="Build and commission a PLC and servo positioning cell"),
        minutes=120,
        total=Decimal(62),
        brief=Text.of(zh="请按图纸完成电气接线，编写并下载 PLC 程序，设定伺服参数，使滑台能够回参考点并自动往复。", en="Wire the cell to the drawings, write and load the PLC program, and set the servo parameters so that the slide homes and runs automatically."),
        requirements=(
            Text.of(zh="接线和改线必须在断电、上锁挂牌并验明无电后进行。", en="Wire and rewire only with the cell isolated, locked out and proved dead."),
            Text.of(zh="急停复位后不得自行重新起动。", en="Resetting the emergency stop must not restart anything."),
        ),
        site=(
            SiteItem(title=Text.of(zh="伺服驱动器", en="Servo drive"), specification=Text.of(zh="具备安全转矩关断（STO）输入", en="with a safe-torque-off (STO) input"), quantity="1"),
            SiteItem(title=Text.of(zh="秒表", en="Stopwatch"), specification=None, quantity="1"),
        ),
        groups=tuple(AspectGroup(id=group_id, title=text(title), aspects=aspects) for group_id, title, aspects in groups),
    )  # fmt: skip


_RULES_BY_KIND: dict[str, object] = {
    "measurement": MeasurementRule(unit="mm", nominal=Decimal(100), bands=(Band(at_most=Decimal("0.05"), marks=Decimal(4)),)),
    "deduction": DeductionRule(per_fault=Decimal(1), faults=text(("缺陷", "fault"))),
    "judgement": JudgementRule(levels=tuple(text((f"第 {n} 级", f"level {n}")) for n in range(4))),
    "checklist": ChecklistRule(points=tuple(Point(text=text(one)) for one in (("切断电源", "isolate"), ("上锁挂牌", "lock and tag"), ("验电", "prove dead")))),
    "veto": VetoRule(),
    "gate": GateRule(of=("G1",), at_least=Decimal("0.6"), before=("G3",)),
    "time": TimeRule(per_minute=Decimal(1), stop=Decimal(10)),
}  # fmt: skip
CRITERIA_BY_KIND = {
    "measurement": Text.of(
        zh="|偏差| ≤ 0.05 mm 得 4 分；≤ 0.10 mm 得 2 分；否则不得分", en="|error| ≤ 0.05 mm: 4; ≤ 0.10 mm: 2; else 0"
    ),
    "deduction": Text.of(zh="每处缺陷扣 1 分，扣完为止", en="−1 for each fault, down to 0"),
    "judgement": Text.of(
        zh="0：画面混乱；1：能完成操作；2：条理清楚；3：报警给出原因和处理提示",
        en="0: confused; 1: can be worked; 2: well ordered; 3: alarms give cause and remedy",
    ),
    "veto": Text.of(zh="出现即判不合格（是 / 否）", en="fails the candidate (yes / no)"),
    "checklist": Text.of(
        zh="a 切断电源（2 分）；b 上锁挂牌（2 分）；c 验电（2 分）",
        en="a isolate (2); b lock and tag (2); c prove dead (2)",
    ),
    "gate": Text.of(zh="G1 得分达到 60 % 后，G3 方可计分（不填写）", en="G3 count only once G1 earn 60 % (no entry)"),
    "time": Text.of(zh="每超 1 分钟总分中扣 1 分", en="−1 off the total for each minute begun"),
}


def criteria(of: Task) -> dict[str, Text]:
    """The marking rules of a task in words, by aspect id."""
    return {aspect.id: CRITERIA_BY_KIND[aspect.kind] for aspect in of.aspects}
