"""
Draws a chart for each task; run in an environment that has pygal.

    python charts.py FIGURES DIRECTORY
"""

import json
import sys
from pathlib import Path

import pygal
from pygal.style import CleanStyle

HEIGHT, WIDTH = 320, 760


def main(figures: str, directory: str) -> None:
    """Write the files; a chart has a group of bars for each number of connections."""
    rows = json.loads(Path(figures).read_text())["rows"]
    for task in dict.fromkeys(it["task"] for it in rows):
        here = [it for it in rows if it["task"] == task]
        crowds = sorted({it["crowd"] for it in here})
        chart = pygal.Bar(
            style=CleanStyle,
            title=f"{task}: answers a second",
            x_title="connections",
            height=HEIGHT,
            width=WIDTH,
            js=[],  # nothing is fetched by who looks at it
            print_values=False,
            disable_xml_declaration=True,
        )
        chart.x_labels = [str(it) for it in crowds]
        for subject in dict.fromkeys(it["subject"] for it in here):
            rates = {it["crowd"]: it["rate"] for it in here if it["subject"] == subject}
            chart.add(subject, [round(rates.get(it, 0), 1) for it in crowds])
        name = f"{task.replace(' ', '-').replace(',', '')}.svg"
        Path(directory, name).write_text(chart.render(is_unicode=True) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
