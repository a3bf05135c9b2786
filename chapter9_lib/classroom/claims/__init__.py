"""The claims of the chapter, in our words, each with the tests it is put to; a module for each notebook."""

from chapter9_lib.classroom.claims import n01, n02, n03, n04, n05, n06, n07, n08, n09, n10, n11, n12, n13

__all__ = ["n01", "n02", "n03", "n04", "n05", "n06", "n07", "n08", "n09", "n10", "n11", "n12", "n13"]
