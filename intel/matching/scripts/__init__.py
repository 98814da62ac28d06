"""Names across scripts: what a word written in any script may be spelled as in Latin letters, and whether two agree.

A foreign word becomes a lattice: for every sound-bearing sign, the Latin letters it is written with and how often
(tables learned from public name pairs: data/scripts/README.md). A Latin word is likely the same name when the
lattice gives it a far better chance than plain Latin letter statistics do.
"""

from intel.matching.scripts.agreeing import agreement
from intel.matching.scripts.spelling import read_in_japan, spellings

__all__ = ["agreement", "read_in_japan", "spellings"]
