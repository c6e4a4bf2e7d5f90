"""Requests, responses and their headers, generated: one module a message, imported with whoever handles it."""
