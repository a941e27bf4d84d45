"""Who wrote and who published: author, the author's organisation and publisher, apart from who speaks."""

import pytest

from discourse.corpus.attribution import attribute_document
from discourse.corpus.gazetteer import read_gazetteer
from tests.corpus.pages import PLAIN, make_page

GAZETTEER = read_gazetteer()


def values(body: str = PLAIN, **parts: str) -> dict[str, str]:
    found = attribute_document(make_page(body, **parts), gazetteer=GAZETTEER)
    return {item.field: item.value for item in found if item.confidence >= 0.6}


@pytest.mark.parametrize(
    "line, publisher",
    [
        ("来源：云南日报", "云南日报"),
        ("来源：\n陕西省人民政府", "陕西省人民政府"),
        ("2024-02-18 信息来源：泉州市人民政府办公室 浏览：12", "泉州市人民政府办公室"),
        ("来源：《群众》2022年第11期", "群众"),
        ("转载自：求是网 作者：田野", "求是网"),
        ("2018-02-11 文汇报", "文汇报"),
        ("版权所有：某市融媒体中心", "某市融媒体中心"),
        ("来源：网络", None),
        ("来源：网友投稿", None),
        ("来源：https://example.org/a", None),
        ("来源：本站原创", None),
        ("分享 来源: 加入收藏", None),
    ],
)
def test_the_publisher_is_whom_the_page_names_as_source(line, publisher):
    assert values(head=line).get("publisher") == publisher


@pytest.mark.parametrize("sentence", ["资金来源：县财政", "数据来源：国家统计局", "图片来源：新华社"])
def test_sources_of_money_figures_and_pictures_do_not_publish(sentence):
    assert "publisher" not in values(f"{PLAIN}\n{sentence}\n{PLAIN}")


@pytest.mark.parametrize(
    "line, author",
    [
        ("作者：王华", "王华"),
        ("作者：中共某区委书记 崔荣国", "崔荣国"),
        ("作者：平顺县委组织部", "平顺县委组织部"),
        ("2019-09-30 （平顺县委组织部供稿）", "平顺县委组织部"),
        ("本报评论员", "本报评论员"),
        ("2020-04-09 来源：衡水晚报 记者 刘佳", "刘佳"),
        ("2023-07-21 西藏日报 记者 旦增", "旦增"),
        ("本报记者 石承承 通讯员 鄞宣", "石承承"),
        ("本报记者 李朝民 张凤云", "李朝民、张凤云"),
        ("南开大学周恩来政府管理学院课题组", "南开大学周恩来政府管理学院课题组"),
        ("■ 符永昌（作者系中共海口市委常委、组织部部长）", "符永昌"),
        ("作者：admin", None),
        ("作者：网友", None),
        ("责任编辑：李佳婧", None),
        ("作者：安徽日报", None),
        ("本报记者 戴冰摄", None),
        ("本报记者 孙磊 摄", None),
    ],
)
def test_the_author_is_who_signs_but_no_uploader_editor_or_photographer(line, author):
    assert values(f"{line}\n{PLAIN}", title="让群众说了算").get("author") == author


def test_a_commentator_is_the_press_and_a_reporter_makes_it_a_press_report():
    comment = values(f"本报评论员\n{PLAIN}", title="让干部轻装上阵")
    assert (comment["role"], comment["level"], comment["genre"]) == ("press", "other", "article")
    story = values(f"2020-04-09 来源：衡水晚报 记者 刘佳\n{PLAIN}", title="网格里的故事")
    assert (story["role"], story["level"], story["genre"]) == ("press", "other", "press")
    assert "speaker" not in story and "speaker" not in comment


@pytest.mark.parametrize(
    "byline, unit",
    [
        ("（作者系中共广州市委组织部副部长）", "中共广州市委组织部"),
        ("（作者系中共南京市委常委、组织部部长）", "中共南京市委"),
        ("（作者单位：中央民族大学马克思主义学院）", "中央民族大学马克思主义学院"),
        ("（作者系华东政法大学副教授）", "华东政法大学"),
    ],
)
def test_the_organisation_of_the_author_is_named_without_the_office(byline, unit):
    assert values(f"{PLAIN}", title="治理的逻辑", foot=f"作者：许彬{byline}")["author_unit"] == unit


@pytest.mark.parametrize(
    "group, level",
    [
        ("贵州省委组织部课题组", "province"),
        ("南开大学周恩来政府管理学院课题组", "other"),
        ("三明市委组织部考察组", "city"),
    ],
)
def test_a_group_is_a_collective_author_of_the_level_of_its_organ(group, level):
    found = values(f"{group}\n{PLAIN}", title="治理的实践与思考")
    assert (found["role"], found["level"], found["author"]) == ("author_collective", level, group)


def test_the_organ_at_the_head_of_a_notice_issued_it():
    found = values(title="常州市人民政府办公室关于印发社区服务体系建设实施方案的通知")
    assert (found["author"], found["genre"], found["level"]) == ("常州市人民政府办公室", "notice", "city")
    assert (found["province"], found["city"]) == ("江苏省", "常州市")
    assert values(title="昆山市人民政府关于加强社区治理的意见")["level"] == "district"


def test_a_speech_has_a_speaker_and_no_author_unless_a_label_names_one():
    title = "某某市委书记在全市大会上的讲话"
    assert "author" not in values(f"办公室\n王华\n{PLAIN}", title=title)


def test_bylines_of_other_texts_listed_below_are_not_the_texts_own():
    foot = "相关新闻\n来源：法制日报 作者：张三 2021-01-02\n来源：工人日报 作者：李四"
    assert values(title="楼道里的故事", foot=foot) == {}


def test_the_place_of_a_paper_or_of_an_author_is_not_the_texts():
    foot = "来源：宁波日报 2022-08-17\n作者：何一鸣（作者系北京大学政府管理学院教授）"
    found = values(title="治理的逻辑", foot=foot)
    assert not {"province", "city", "district"} & set(found)
    assert (found["publisher"], found["level"], found["role"]) == ("宁波日报", "other", "expert")
