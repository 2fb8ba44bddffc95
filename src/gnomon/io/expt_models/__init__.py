"""One file a kind of model of an ``.expt``: ``from_json`` and ``to_json``."""
