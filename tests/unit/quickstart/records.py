"""Stand-ins for the clients of the cloud's APIs: rows in lists."""

import types


def row(**fields):
    return types.SimpleNamespace(**fields)


class Records:
    """Rows of one kind; ``made`` has what was created, in order."""

    def __init__(self, *rows):
        self.rows = list(rows)
        self.made = []

    def find(self, name):
        return next((it for it in self.rows if it.name == name), None)

    def create(self, **fields):
        fields.setdefault('id', f'id-{len(self.rows) + 1}')
        fields.setdefault('name', fields['id'])
        made = row(**fields)
        self.rows.append(made)
        self.made.append(made)
        return made

    def names(self):
        return [it.name for it in self.made]
