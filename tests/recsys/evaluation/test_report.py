import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from recsys.errors import DataError
from recsys.evaluation.charts import chart
from recsys.evaluation.compare import Comparison, Result
from recsys.evaluation.cost import Cost
from recsys.evaluation.grids import grids
from recsys.evaluation.page import to_html
from recsys.evaluation.report import to_csv, to_json, to_markdown, to_text

VIEWERS = np.arange(60, dtype=np.int32)
BASE = np.random.default_rng(0).random(60) / 2


def result(method, values, metric="recall@20", part="all"):
    mean = float(values.mean()) if len(values) else np.nan
    return Result("toy", "later", part, method, metric, mean, mean - 0.01, mean + 0.01, VIEWERS[: len(values)], values)


def comparison(*results):
    results = results or (
        result("weak", BASE),
        result("good", BASE + 0.3),
        result("as good", BASE + 0.299 + np.tile([0.1, -0.1], 30)),
        replace(result("weak", BASE, "gini@20"), low=np.nan, high=np.nan, values=np.empty(0)),
        replace(result("good", BASE, "gini@20"), low=np.nan, high=np.nan, values=np.empty(0)),
    )
    return Comparison(results, {("toy", "later", one.method): Cost(1.25, 30.0) for one in results})


def test_the_highest_mean_is_the_best_and_what_a_paired_test_cannot_tell_from_it_ties():
    marks = {key: cell.mark for key, cell in grids(comparison())[0].cells.items()}
    assert marks == {("weak", "all"): "", ("good", "all"): "best", ("as good", "all"): "tie"}


def test_metrics_without_a_better_side_have_no_best():
    gini = grids(comparison())[1]
    assert gini.metric == "gini@20"
    assert {cell.mark for cell in gini.cells.values()} == {""}


def test_a_column_of_one_method_or_of_nobody_has_no_best():
    alone = grids(comparison(result("weak", BASE)))[0]
    assert alone.cells["weak", "all"].mark == ""
    nobody = grids(comparison(result("weak", np.empty(0)), result("good", np.empty(0))))[0]
    assert {cell.mark for cell in nobody.cells.values()} == {""}


def test_methods_of_different_viewers_do_not_share_a_column():
    with pytest.raises(DataError, match="different viewers"):
        grids(comparison(result("weak", BASE), result("good", BASE[:30])))


def test_json_and_csv_hold_every_record_and_leave_the_unknown_empty():
    rows = json.loads(to_json(comparison()))
    assert rows == comparison().records()
    assert rows[-1]["low"] is None
    read = list(csv.DictReader(io.StringIO(to_csv(comparison()))))
    assert [float(row["value"]) for row in read] == [row["value"] for row in rows]
    assert read[-1]["low"] == ""
    assert list(read[0]) == list(rows[0])


def test_the_text_table_aligns_its_columns_and_marks_the_best():
    block = to_text(comparison()).split("\n\n")[0].splitlines()
    assert block[0] == "toy · later · recall@20"
    assert len({len(line) for line in block[1:]}) == 1
    marked = {line[:7].strip(): line[7:].strip()[0] for line in block[3:]}
    assert marked["good"] == "*"
    assert marked["as good"] == "="
    assert marked["weak"] == "0"


def test_the_markdown_table_is_bold_where_best_and_a_bar_in_a_name_does_not_split_it():
    text = to_markdown(comparison(result("a|b", BASE), result("good", BASE + 0.3)))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert re.search(r"\| good \| \*\*0\.\d{4} \[.*\]\*\* \|", text)
    assert "**0" not in next(row for row in rows if "a\\|b" in row)


def test_the_page_stands_alone_and_is_the_same_every_time():
    page = to_html(comparison(), "Toy & Co")
    assert page == to_html(comparison(), "Toy & Co")
    assert "<h1>Toy &amp; Co</h1>" in page
    assert not re.search(r"<(link|script|img|iframe)\b|url\(\s*['\"]?http|@import", page)
    assert page.count("<svg") == page.count("</svg>") == 2
    assert page.count('class="best"') == page.count('class="tie"') == 1


def test_the_page_escapes_names():
    page = to_html(comparison(result("<b>x</b>", BASE), result("good", BASE + 0.3)))
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_a_chart_has_a_panel_per_slice_and_a_label_per_method():
    parts = ["k0", "k1", "k2", "k5"]
    grid = grids(comparison(*(result(name, BASE, part=part) for name in ("weak", "good") for part in parts)))[0]
    texts = [(node.text or "").strip() for node in ET.fromstring(chart(grid)).iter() if node.tag.endswith("text")]
    assert [text for text in texts if text.startswith("k")] == [f"{part}  (n = 60)" for part in parts]
    assert {"weak", "good"} <= set(texts)


def test_a_chart_of_nobody_is_empty_but_drawn():
    grid = grids(comparison(result("weak", np.empty(0))))[0]
    assert "weak" in chart(grid)
    assert "–" in to_text(comparison(result("weak", np.empty(0))))
