"""What can go wrong when a schema is taken for a table's.

NotLogical      it has no form there; the text is Confluent's, or Java's own where its conversion stumbles
"""


class NotLogical(Exception):
    pass
