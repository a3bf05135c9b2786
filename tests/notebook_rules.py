"""The house style of a notebook, as functions from a notebook's JSON to a list of complaints."""

import ast
import re
import statistics

CARD_WORDS = ("able to", "runs in", "takes you about", "memory", "offline", "prerequisites")
LONGEST_CELL, MEDIAN_CELL, LONGEST_FUNCTION = 20, 5, 12
VISIBLE_LINES, VISIBLE_LINES_OF = 150, {"04": 170, "05": 170}
OUTPUT_BYTES = 400_000
WIDGET = "application/vnd.jupyter.widget-view+json"
MACHINE_PATH = re.compile(r"(?:/(?:home|root|Users|work|tmp)/[\w.-]+/|[A-Z]:\\\\?Users\\\\?\w)")


def joined(text):
    return "".join(text) if isinstance(text, list) else text


def source(cell):
    return joined(cell.get("source", ""))


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and source(cell).strip()]


def visible_cells(notebook):
    return [cell for cell in code_cells(notebook) if not cell["metadata"].get("jupyter", {}).get("source_hidden")]


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.get("outputs", [])]


def python_of(cell):
    """The cell without the lines that only IPython understands."""
    lines = source(cell).splitlines()
    return "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in lines)


def not_executed(notebook, number):
    counts = [cell.get("execution_count") for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"not executed from top to bottom in a fresh kernel: {counts}"
    if not outputs(notebook):
        yield "no output is stored"


def widget_state(notebook, number):
    if "widgets" in notebook["metadata"]:
        yield "the state of widgets is stored in the metadata"
    if any(WIDGET in output.get("data", {}) for output in outputs(notebook)):
        yield "a widget is stored as an output: nobody can see it without a kernel"


def error_outputs(notebook, number):
    for output in outputs(notebook):
        if output["output_type"] == "error":
            yield f"an error is stored: {output['ename']}: {output['evalue']}"


def machine_paths(notebook, number):
    texts = [source(cell) for cell in notebook["cells"]]
    for output in outputs(notebook):
        parts = [output.get("text", ""), *output.get("traceback", [])]
        parts += [text for kind, text in output.get("data", {}).items() if kind.startswith("text/")]
        texts += [joined(part) for part in parts]
    for found in MACHINE_PATH.findall("\n".join(texts)):
        yield f"a path of somebody's machine is stored: {found}"


def missing_alt_text(notebook, number):
    for output in outputs(notebook):
        for kind in ("image/png", "image/jpeg", "image/svg+xml"):
            if kind in output.get("data", {}):
                told = [part.get("alt", "") for part in output["metadata"].values() if isinstance(part, dict)]
                if not any(text.strip() for text in told):
                    yield "a figure is stored without alt text"
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and re.search(r"!\[\s*\]\(", source(cell)):
            yield "a picture in the prose has no alt text"


def missing_card(notebook, number):
    first = notebook["cells"][0]
    if first["cell_type"] != "markdown" or not source(first).startswith("# "):
        yield "the first cell is not the card (a text cell that starts with the title)"
        return
    text = source(first).lower()
    for words in CARD_WORDS:
        if words not in text:
            yield f"the card does not say {words!r}"
    if "?" not in text:
        yield "the card asks no question"


def too_much_code(notebook, number):
    cells = visible_cells(notebook)
    lines = [sum(1 for line in source(cell).splitlines() if line.strip()) for cell in cells]
    if max(lines, default=0) > LONGEST_CELL:
        yield f"a code cell has {max(lines)} lines, more than {LONGEST_CELL}"
    if lines and statistics.median(lines) > MEDIAN_CELL:
        yield f"the median code cell has {statistics.median(lines)} lines, more than {MEDIAN_CELL}"
    if sum(lines) > VISIBLE_LINES_OF.get(number, VISIBLE_LINES):
        yield f"{sum(lines)} lines of code are visible, more than {VISIBLE_LINES_OF.get(number, VISIBLE_LINES)}"


def long_functions(notebook, number):
    for cell in code_cells(notebook):
        if source(cell).startswith("%%"):
            continue
        for node in ast.walk(ast.parse(python_of(cell))):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION:
                yield f"the function {node.name} is over {LONGEST_FUNCTION} lines: it belongs in the library"


def too_much_output(notebook, number):
    size = sum(len(str(output)) for output in outputs(notebook))
    if size > OUTPUT_BYTES:
        yield f"the outputs take {size} bytes, more than {OUTPUT_BYTES}"


RULES = (
    not_executed,
    widget_state,
    error_outputs,
    machine_paths,
    missing_alt_text,
    missing_card,
    too_much_code,
    long_functions,
    too_much_output,
)
