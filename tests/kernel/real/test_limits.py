"""Limits of the process."""

import resource

import pytest

from headwater.kernel.real.limits import raise_open_files


def test_the_soft_limit_of_open_files_becomes_the_hard_one(monkeypatch: pytest.MonkeyPatch):
    asked: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 4_096))
    monkeypatch.setattr(resource, "setrlimit", lambda what, limits: asked.append((what, limits)))
    assert raise_open_files() == 4_096
    assert asked == [(resource.RLIMIT_NOFILE, (4_096, 4_096))]


def test_where_the_system_says_unlimited_a_number_is_asked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    assert raise_open_files() == 10_240


def test_a_refusal_leaves_the_limit_as_it_was(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 512))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert raise_open_files() == 256
