"""HTML and scripts in code, comments, values, errors, prints and outputs; all of it is text."""

from tests.attacks.case import (
    FULL,
    GROWTH,
    PRODUCT,
    VALUE,
    WORDS,
    Case,
    Notebook,
    answer_cell,
    with_change,
)

SCRIPT = "<script>alert(1)</script>"
IMAGE = '</pre></code><img src=x onerror="alert(1)">'


def outputs(made: Notebook) -> None:
    data = {"text/html": [SCRIPT, IMAGE], "application/javascript": "alert(1)"}
    answer_cell(made, PRODUCT)["outputs"] = [
        {"output_type": "display_data", "metadata": {}, "data": data},
        {"output_type": "stream", "name": "stdout", "text": SCRIPT},
    ]
    made["metadata"]["title"] = SCRIPT


CASE = Case(
    {
        PRODUCT: f"""
# {SCRIPT} {IMAGE}
print({SCRIPT!r})

def what_is_left(factor, layers):
    raise ValueError({IMAGE!r} + {SCRIPT!r})
""",
        GROWTH: f"""
# {SCRIPT} {IMAGE} <!-- ]]>
def growth_factor(errors):
    print({SCRIPT!r})
    return (errors[0] / errors[-1]) ** (1 / (len(errors) - 1))
""",
        VALUE: f"overflow_layer = {SCRIPT!r}",
        WORDS: f"illnesses = [{SCRIPT!r}, {IMAGE!r}, 'javascript:alert(1)']",
    },
    {GROWTH: FULL[GROWTH]},
    hides=(SCRIPT, "<img src=x", 'onerror="alert(1)"><'),
    name=f"{SCRIPT} O'Neil & {IMAGE}",
    build=with_change(outputs),
)
