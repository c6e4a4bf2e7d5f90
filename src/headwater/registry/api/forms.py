"""A version as an answer, with its text in the form that is asked for."""

from typing import Any

from headwater.registry.api.answers import Schema, schema_answer
from headwater.registry.service import Service
from headwater.registry.store.records import SchemaValue


async def text_in(service: Service, value: SchemaValue, form: str) -> str:
    return await service.understanding.told(value, form) if form.strip() else value.schema


async def answer_in(service: Service, value: SchemaValue, form: str, **more: Any) -> Schema:
    return schema_answer(value, text=await text_in(service, value, form), **more)
