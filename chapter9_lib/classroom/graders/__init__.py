"""One module of graders a notebook. Each exports REFERENCE and WRONG, from which the tests prove every grader."""
