"""What a run says at its end, on the terminal and to other programs."""

import csv
import dataclasses
import io
import json

import rich.console
import rich.table

from deploy.quickstart import home as home_module
from deploy.quickstart.tempest import outcome as outcome_module
from deploy.quickstart.tempest import workspace as workspace_module


@dataclasses.dataclass
class Report:
    """One run; ``excluded`` has the tests of skips.yaml, with the reasons."""

    regex: str
    seconds: float
    outcome: outcome_module.Outcome
    excluded: dict[str, str]
    leaks: list[str] = dataclasses.field(default_factory=list)
    leftovers: list[str] = dataclasses.field(default_factory=list)

    @property
    def is_well(self) -> bool:
        return not self.outcome.failed and not self.leaks

    @property
    def skipped(self) -> dict[str, str]:
        """What tempest itself skipped, and what we left out."""
        return {**self.outcome.skipped, **self.excluded}


def write(workspace: workspace_module.Workspace, report: Report) -> None:
    """Keep the run until the next one; as a table, what was skipped."""
    outcome = report.outcome
    content = {
        'regex': report.regex,
        'seconds': round(report.seconds),
        'passed': sorted(outcome.passed),
        'failed': dict(sorted(outcome.failed.items())),
        'skipped': dict(sorted(report.skipped.items())),
        'excluded': sorted(report.excluded),
        'leaks': report.leaks,
        'leftovers': report.leftovers,
        'test_seconds': outcome.seconds,
    }
    home_module.write(workspace.results, json.dumps(content, indent=1))
    table = io.StringIO()
    rows = csv.writer(table, lineterminator='\n')
    rows.writerow(('Class', 'Tests', 'Reason'))
    rows.writerows(outcome_module.by_class(report.skipped))
    home_module.write(workspace.skipped, table.getvalue())


def show(
    console: rich.console.Console,
    workspace: workspace_module.Workspace,
    report: Report,
) -> None:
    """Show counts, then what failed, what leaked, what was skipped."""
    outcome = report.outcome
    table = rich.table.Table(box=None, pad_edge=False)
    cells = {
        'passed': len(outcome.passed),
        'failed': len(outcome.failed),
        'skipped': len(report.skipped),
        'seconds': round(report.seconds),
    }
    for column in cells:
        table.add_column(column, justify='right')
    table.add_row(*map(str, cells.values()))
    lines = [
        f'{count:6} {reason}'
        for reason, count in outcome_module.reasons(report.skipped)
    ]
    lines += [f'LEFT   {line}' for line in report.leftovers]
    lines += [f'LEAK   {line}' for line in report.leaks]
    lines += [
        f'FAILED {name}' for name in outcome_module.short(outcome.failed)
    ]
    console.print()
    if lines:
        console.print(
            'Skipped, by reason:' if report.skipped else '', highlight=False
        )
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print()
    console.print(table)
    console.print(
        f'Results: {workspace.results}; tracebacks: {workspace.log}',
        highlight=False,
        soft_wrap=True,
    )
