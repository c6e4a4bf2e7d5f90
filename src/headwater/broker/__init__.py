"""The broker: from sockets to answers, one API in one file."""
