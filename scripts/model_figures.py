"""How good the pipelines' models are: .venv/bin/python scripts/model_figures.py [PIPELINE=DATA …]

Each pipeline is trained on its built-in data, and on each DATA (a path or URL) that is named for
it, and validated on the last fifth. Prints Markdown.
"""

import statistics
import sys
from pathlib import PurePosixPath

from devenv.pipelines import PIPELINES, pipeline_named

HEADER = """| pipeline | trained on | rows | RMSE on the last fifth | of guessing its mean | |
| --- | --- | --- | --- | --- | --- |"""


def main(wanted: list[tuple[str, str | None]]) -> None:
    print(HEADER)
    for name, data in wanted:
        pipeline = pipeline_named(name)
        found = pipeline.train(data).evaluation
        truths = [sample.truth for sample in pipeline.samples(found.validation_rows, data=data)]
        where = pipeline.built_in if data is None else f"`{PurePosixPath(data).name}`"
        rows = f"{found.train_rows:,} + {found.validation_rows:,}"
        figures = f"{found.rmse:,.2f} | {statistics.pstdev(truths):,.2f} | {pipeline.shape.unit}"
        print(f"| `{name}` | {where} | {rows} | {figures} |")


if __name__ == "__main__":
    given = [argument.split("=", 1) for argument in sys.argv[1:]]
    main([(name, None) for name in PIPELINES] + [(name, data) for name, data in given])
