"""What a broker's process loads before it does anything: start-up time and memory are spent here."""

import subprocess
import sys

LIBRARIES_OF_SERVICES = {"confluent_kafka", "fastapi", "pydantic", "rich", "starlette", "typer", "uvicorn"}


def modules_of(program: str) -> set[str]:
    shown = f"import sys\n{program}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_a_brokers_process_is_free_of_the_services_libraries():
    loaded = modules_of("import headwater.assembly.run")
    assert "headwater.broker.apis" in loaded
    assert not loaded & LIBRARIES_OF_SERVICES


def test_object_stores_are_loaded_only_where_one_is_asked_for():
    loaded = modules_of("import headwater.assembly.run")
    assert not [each for each in loaded if each.startswith(("obstore", "headwater.assembly.tiering"))]


def test_what_only_pushed_metrics_need_is_loaded_with_the_first_of_them():
    loaded = modules_of("import headwater.assembly.run")
    assert not loaded & {"google.protobuf", "headwater.broker.otlp", "opentelemetry"}


def test_messages_of_apis_that_are_not_served_are_not_loaded():
    loaded = modules_of("import headwater.assembly.run")
    assert "headwater.wire.messages.produce_request" in loaded
    assert "headwater.wire.messages.vote_request" not in loaded
