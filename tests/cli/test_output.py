"""The same rows for people and for programs."""

import json

from headwater.cli.output import Output, show, show_one

ROWS = [{"topic": "orders", "partitions": 3, "isr": [1, 2], "rack": None}]


def test_programs_get_json(capsys):
    show(ROWS, Output.JSON)
    assert json.loads(capsys.readouterr().out) == ROWS


def test_people_get_a_table_in_which_nothing_is_cut_off(capsys):
    name = "x" * 200
    show([{**ROWS[0], "topic": name}], Output.TABLE)
    heading, _, row = capsys.readouterr().out.splitlines()
    assert heading.split() == ["topic", "partitions", "isr", "rack"]
    assert row.split() == [name, "3", "1,2", "-"]


def test_where_there_is_nothing_people_read_a_sentence_and_programs_an_empty_list(capsys):
    show([], Output.TABLE, empty="There are no topics.")
    show([], Output.JSON)
    assert capsys.readouterr().out == "There are no topics.\n[]\n"


def test_one_thing_is_shown_line_by_line_and_its_parts_as_a_table(capsys):
    show_one({"cluster": "c", "internal": False, "brokers": [{"broker": 1}]}, Output.TABLE, parts="brokers")
    assert capsys.readouterr().out.split() == ["cluster", "c", "internal", "no", "broker", "──────", "1"]
