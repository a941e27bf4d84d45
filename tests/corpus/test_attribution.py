"""What a page tells about place, level, role, speaker, date and genre."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.contracts import LEVELS
from discourse.corpus.attribution import FIELDS, Attribution, Page, attribute_document
from discourse.corpus.documents import build_documents
from discourse.corpus.gazetteer import read_gazetteer
from discourse.corpus.roles import parse_office, read_offices
from discourse.corpus.sources import read_sources
from tests.corpus.pages import PLAIN, make_page

ROOT = Path(__file__).parents[2]
GAZETTEER = read_gazetteer()
OFFICES = read_offices()


def read(page: Page, *, sure: float = 0.6) -> dict[str, Attribution]:
    found = attribute_document(page, gazetteer=GAZETTEER)
    return {item.field: item for item in found if item.confidence >= sure}


def values(*args: str, **parts: str) -> dict[str, str]:
    return {field: item.value for field, item in read(make_page(*args, **parts)).items()}


def places(*args: str, **parts: str) -> tuple[str | None, ...]:
    found = values(*args, **parts)
    return tuple(found.get(field) for field in ("province", "city", "district"))


@pytest.fixture(scope="module")
def seeds() -> tuple[pd.DataFrame, pd.DataFrame]:
    documents, _, attributions = build_documents(read_sources(ROOT / "seeds"))
    return documents.set_index("doc_id"), attributions.set_index(["doc_id", "field"])


def test_the_seeds_get_the_metadata_that_people_read_in_them(seeds):
    documents = seeds[0]
    gold = pd.read_csv(ROOT / "tests" / "gold" / "documents.csv", dtype="str").set_index("doc_id")
    for field in FIELDS:
        if field not in gold:
            continue
        found = documents[field].astype("str").where(documents[field].notna(), "").to_dict()
        assert found == gold[field].fillna("").to_dict(), field


def test_each_seed_shows_the_words_behind_its_place(seeds):
    shown = seeds[1]
    assert shown.loc[("000_cbfef18ec0e9d1aa", "province"), "quote"] == "结合云南实际"
    assert shown.loc[("000_cbfef18ec0e9d1aa", "city"), "rule"] == "district_in_city"
    assert shown.loc[("000_cbfef18ec0e9d1aa", "city"), "confidence"] < 0.7
    assert shown.loc[("002_2fcff67ce00ef835", "province"), "rule"] == "city_in_province"
    assert "福州" in shown.loc[("002_2fcff67ce00ef835", "province"), "quote"]
    assert shown.loc[("004_44be03a742a84d5c.4", "level"), "quote"] == "XX街道"


@pytest.mark.parametrize(
    "title, expected",
    [
        ("南京市鼓楼区委书记在全区大会上的讲话", ("江苏省", "南京市", "鼓楼区")),
        ("福州市鼓楼区委书记在全区大会上的讲话", ("福建省", "福州市", "鼓楼区")),
        ("鼓楼区委书记在全区大会上的讲话", (None, None, None)),
        ("中共昆山市委书记在全市大会上的讲话", ("江苏省", "苏州市", "昆山市")),
        ("重庆市委书记在全市大会上的讲话", ("重庆市", None, None)),
        ("仙桃市市长在全体会议上的讲话", ("湖北省", None, "仙桃市")),
        ("县委书记在武汉市招商会上的讲话", (None, None, None)),
        ("2026年北京市政府工作报告", ("北京市", None, None)),
        ("南京：党建引领基层治理", ("江苏省", "南京市", None)),
    ],
)
def test_a_title_gives_the_place_of_its_office_but_not_of_the_occasion(title, expected):
    assert places(title=title) == expected


def test_an_ambiguous_district_is_settled_by_the_city_that_the_speaker_calls_ours():
    body = f"{PLAIN}\n我们南京是特大城市，各区要走在前列。"
    assert places(body, title="鼓楼区委书记在全区大会上的讲话") == ("江苏省", "南京市", "鼓楼区")


def test_an_ambiguous_district_never_decides_a_city():
    assert (
        places("近年来，鼓楼区深入贯彻落实中央精神，我区坚持党建引领，夯实基层基础，群众满意度不断提升。")
        == (None,) * 3
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "2020年3月10日，习近平总书记在武汉考察时指出，要着力完善城乡基层治理体系。",
        "我们赴深圳市考察学习，受到很大启发。",
        "要全面落实上海会议部署要求。",
        "北京大学教授、南京师范大学研究员作了发言。",
        "兰考县委组织部部长席建设表示，这一做法很有价值。",
        "要学习杭州经验，借鉴成都做法。",
        "我们解放思想，我们建设和平家园。",
        "上海市建立健全了联建机制，北京市探索了吹哨报到，这些都值得研究。",
    ],
)
def test_places_visited_cited_or_part_of_a_name_are_not_the_documents_own(sentence):
    assert places(f"{PLAIN}\n{sentence}") == (None,) * 3
    assert places(f"{sentence}{PLAIN}", title="县委书记在全县干部大会上的讲话") == (None,) * 3


def test_places_in_page_furniture_belong_to_the_site():
    furniture = dict(
        head="苏州市人民政府网\n苏州中设建设集团有限公司",
        foot="地址：苏州市高新区恒街9号\n南京市委宣传部主办",
    )
    assert places(**furniture) == (None,) * 3
    assert places(f"{PLAIN}探索适合福州实际的新模式。", **furniture) == ("福建省", "福州市", None)


def test_nothing_below_the_level_of_the_office_is_the_speakers_own():
    body = f"{PLAIN}\n鼓楼区深入推进改革。昆山市坚持创新，昆山市委大力推动试点。我们南京要走在前列。"
    assert places(body, title="市委书记在全市大会上的讲话") == ("江苏省", "南京市", None)


def test_two_rival_cities_of_equal_standing_leave_the_city_open():
    assert places(f"{PLAIN}\n宁波市委创新机制。\n绵阳市委创新机制。") == (None,) * 3


def test_a_garrison_word_supports_a_city_but_shows_none():
    assert places(f"{PLAIN}\n推动驻宁单位融入属地。") == (None,) * 3
    alone, helped = (
        read(make_page(f"{PLAIN}\n南京市委创新机制。{more}")) for more in ("", "推动驻宁单位融入属地。")
    )
    assert helped["city"].confidence > alone["city"].confidence


def test_a_former_name_gives_the_unit_of_today():
    body = (
        "近年来，湖北省郧县县委认真贯彻落实中央精神，坚持党建引领基层治理，探索出适合山区的新路子，成效明显。"
    )
    found = values(body)
    assert (found["city"], found["district"], found["level"]) == ("十堰市", "郧阳区", "district")


@pytest.mark.parametrize(
    "office, role, level",
    [
        ("市委书记", "party_secretary", "city"),
        ("市委副书记", "deputy_party_secretary", "city"),
        ("市委副书记、市长", "government_head", "city"),
        ("中共南京市委常委、组织部部长", "organisation_head", "city"),
        ("市委组织部副部长、市委非公企业和社会组织工委书记", "organisation_deputy_head", "city"),
        ("省委常委、武汉市委书记", "party_secretary", "city"),
        ("省委常委、省委政法委书记", "political_legal_head", "province"),
        ("县纪委书记、县监委主任", "discipline_head", "district"),
        ("区委常委、统战部部长", "united_front_head", "district"),
        ("自治区人民政府主席", "government_head", "province"),
        ("街道党工委书记", "party_secretary", "township"),
        ("镇长", "government_head", "township"),
        ("社区党总支书记", "party_secretary", "village"),
        ("常务副县长", "deputy_government_head", "district"),
        ("中国农业大学教授", "expert", ""),
        ("城市运行顾问", "", ""),
    ],
)
def test_an_office_gives_role_and_level(office, role, level):
    assert parse_office(office, OFFICES) == (role, level)


def test_the_masked_district_of_a_title_gives_a_level_and_no_place():
    found = values(f"**区坚持从实处破题。{PLAIN}", title="区委组织部长在全市现场观摩会上的交流发言")
    assert found == {"level": "district", "role": "organisation_head", "genre": "speech"}


def test_a_county_level_city_is_a_district_and_a_municipality_a_province():
    assert values(title="昆山市委书记在全市大会上的讲话")["level"] == "district"
    assert values(title="重庆市委书记在全市大会上的讲话")["level"] == "province"
    assert values(title="苏州市委书记在全市大会上的讲话")["level"] == "city"


def test_officials_whom_a_title_or_a_body_cites_do_not_speak():
    assert "role" not in values(title="学习贯彻习近平总书记重要讲话精神情况汇报")
    assert "role" not in values(title="在全市组织部长会议上的主持词")
    assert "role" not in values(f"{PLAIN}省委常委、省委政法委书记杨亚林同志要求：要加快建设。")


@pytest.mark.parametrize(
    "byline",
    ["作者：admin", "作者：网友", "责任编辑：李佳婧", "admin 分享", "作者：安徽日报", "来源：网友投稿"],
)
def test_uploaders_editors_and_papers_are_not_speakers(byline):
    assert values(head=byline, foot=byline) == {}


def test_a_byline_gives_speaker_office_and_genre():
    found = values(foot="来源：《群众》2022年第11期\n作者：王华（作者系中共南京市委常委、组织部部长）")
    expected = dict(province="江苏省", city="南京市", level="city", role="organisation_head", speaker="王华")
    assert found == expected | dict(
        date="2022",
        year="2022",
        genre="article",
        author="王华",
        author_unit="中共南京市委",
        publisher="群众",
    )


def test_an_expert_is_of_no_level_of_government():
    found = values(foot="作者：张明（作者系中国人民大学公共管理学院教授）")
    assert (found["role"], found["level"], found["speaker"]) == ("expert", "other", "张明")
    assert "province" not in found


@pytest.mark.parametrize(
    "byline, name",
    [
        ("省长　王予波", "王予波"),
        ("自治区主席 韦 韬", "韦韬"),
        ("自治区主席 艾尔肯·吐尼亚孜", "艾尔肯·吐尼亚孜"),
        ("2026年1月27日在陕西省第十四届人民代表大会第四次会议上 陕西省省长 赵刚", "赵刚"),
    ],
)
def test_a_report_names_its_speaker_in_the_line_below_the_title(byline, name):
    body = f"各位代表：\n现在，我代表省人民政府，向大会报告工作，请予审议。\n{PLAIN}"
    found = values(body, title="政府工作报告", head=byline)
    assert (found["speaker"], found["role"], found["level"]) == (name, "government_head", "province")
    assert found["genre"] == "report"


def test_a_report_without_byline_is_its_governments_head():
    body = f"各位代表：\n现在，我代表县人民政府，向大会报告工作，请予审议。\n{PLAIN}"
    found = values(body, title="政府工作报告", head="——2024年1月10日在泾县第十八届人民代表大会第三次会议上")
    assert (found["role"], found["level"]) == ("government_head", "district")
    assert (found["city"], found["district"], found["date"]) == ("宣城市", "泾县", "2024-01-10")


def test_a_news_report_is_press_whoever_is_in_its_title():
    found = values(
        "本报讯（记者 李明）福州市委书记日前调研基层党建。" + PLAIN, title="福州市委书记调研时强调 抓好落实"
    )
    assert (found["genre"], found["role"], found["level"], found["city"]) == (
        "press",
        "press",
        "other",
        "福州市",
    )


@pytest.mark.parametrize(
    "title, genre",
    [
        ("市委书记在推进会上的讲话", "speech"),
        ("在交流会上的发言材料", "speech"),
        ("2026年政府工作报告", "report"),
        ("街道党建工作总结", "summary"),
        ("贯彻落实重要讲话精神的几点思考", None),
    ],
)
def test_a_title_tells_the_genre(title, genre):
    assert values(title=title).get("genre") == genre


@pytest.mark.parametrize(
    "line, date",
    [
        ("更新时间：2024-07 来源：网友投稿", "2024-07"),
        ("日期：2019-08-21 点击量：2365", "2019-08-21"),
        ("来源：《群众》2022年第11期", "2022"),
        ("2026-02-03 09:02:33", "2026-02-03"),
        ("（2021年3月5日）", "2021-03-05"),
        ("——二〇二六年一月二十七日在甘肃省第十四届人民代表大会第四次会议上", "2026-01-27"),
        ("发布时间：2023/5/6", "2023-05-06"),
        ("发布时间：2023-13-45", None),
        ("时间：12月6日", None),
        ("共计6679个字，电话：0512-67489816", None),
        ("分享 时间: 加入收藏", None),
    ],
)
def test_a_date_is_as_long_as_the_page_writes_it(line, date):
    found = values(head=line)
    assert found.get("date") == date
    assert found.get("year") == (date[:4] if date else None)


@pytest.mark.parametrize(
    ("title", "head", "opening", "role"),
    [
        (
            "1979年政府工作报告",
            "",
            "我代表国务院，向第五届全国人民代表大会第二次会议作政府工作报告，请予审议。",
            "government_head",
        ),
        (
            "在中国共产党第八次全国代表大会上的政治报告",
            "",
            "现在，我受中央委员会的委托，向大会作报告。",
            None,
        ),
        (
            "政府工作报告",
            "一九五四年九月二十三日在第一届全国人民代表大会第一次会议上",
            "我们的国家在进步。",
            None,
        ),
    ],
)
def test_reports_to_national_congresses_are_the_centres(title, head, opening, role):
    found = values(f"各位代表：\n{opening}\n{PLAIN}", title=title, head=head)
    assert (found.get("level"), found.get("role"), found.get("genre")) == ("central", role, "report")
    assert "province" not in found


def test_a_report_that_speaks_of_the_centre_is_not_the_centres():
    body = f"各位代表：\n现在，我代表省人民政府，向大会报告工作。国务院领导要求我们把工作做好。\n{PLAIN}"
    assert values(body, title="政府工作报告").get("level") != "central"


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("2022-08-19 18:30 发表于江苏", "2022-08-19"),
        ("某某在线 2021-01-15 19:20", "2021-01-15"),
        ("www.example.gov.cn 2012-9-28 9:15:00 某区民政局", "2012-09-28"),
        ("2022年4月17日 · 乡村治理 · 约 1200 字", "2022-04-17"),
        ("Updated: 2022-11-30 14:12 (Daily)", "2022-11-30"),
        ("今天是2012年10月8日 星期一", None),
        ("今天是 2012-10-08 10:20", None),
    ],
)
def test_dates_of_accounts_hosts_and_blogs_are_read_and_that_of_today_is_not(line, date):
    head = f"站名\n栏目一\n栏目二\n栏目三\n{line}"
    assert values("一是把事情办好，让群众满意。", head=head).get("date") == date


def test_dates_of_events_and_of_other_texts_are_not_the_documents():
    links = "\n".join(f"推荐阅读第{number}篇" for number in range(10))
    assert "date" not in values(f"2020年3月10日，会议召开。{PLAIN}", foot=f"{links}\n2021-01-02\n2021-01-03")


def test_the_date_of_publication_goes_before_the_day_of_delivery():
    head = "——2026年1月28日在云南省第十四届人民代表大会第四次会议上\n来源：云南日报\n2026-02-03 09:02:33"
    assert values(title="政府工作报告", head=head)["date"] == "2026-02-03"


def test_doubtful_findings_stay_out_and_a_lower_threshold_lets_them_in():
    page = make_page(f"{PLAIN}\n下一步我们的城建部门和隆阳区要共同商议。", title="市委书记在会议上的讲话")
    fields = {sure: set(read(page, sure=sure)) for sure in (0.6, 0.9)}
    assert fields[0.6] - fields[0.9] == {"province", "city"}


def test_an_empty_page_tells_nothing():
    assert attribute_document(Page("", [], None), gazetteer=GAZETTEER) == []


_PIECES = [
    "南京市",
    "鼓楼区",
    "市委书记",
    "在",
    "，",
    "。",
    "我们",
    "实际",
    "讲话",
    "2024-07",
    "作者：",
    "王华",
    "XX街道",
    "\n",
    " ",
    "（",
    "近年来",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=25).map("".join), st.booleans(), st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_every_value_is_quoted_from_where_it_stands(text, titled, cut):
    lines = [(0, min(cut, len(text)))] if text else []
    page = Page(text, lines, (0, text.find("\n")) if titled and "\n" in text else None)
    found = attribute_document(page, gazetteer=GAZETTEER)
    fields = [item.field for item in found]
    assert len(set(fields)) == len(fields) and fields == [name for name in FIELDS if name in fields]
    for item in found:
        assert item.quote == text[item.start : item.end] != "" and 0 < item.confidence <= 1
        assert item.field != "level" or item.value in LEVELS
