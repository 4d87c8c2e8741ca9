"""The evaluation kit: methods of editing measured against references, with intervals.

`protocol` names photos, references and the split; `methods` what is compared; `run` is the line
from one to the other; `report` and `page` show what was found.
"""
