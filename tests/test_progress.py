"""How far long work has come is told on one line, or now and then, or not at all."""

import io

from discourse.progress import Progress, silent


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


def walk(progress, clock, steps):
    with progress:
        for second, n_done in steps:
            clock.now = second
            progress(n_done, 1000)


def test_a_log_gets_a_line_every_ten_seconds_with_rate_and_time_left():
    clock, lines = Clock(), []
    progress = Progress("cleaning", "texts", say=lines.append, stream=io.StringIO(), clock=clock)
    walk(progress, clock, [(second, 10 * second) for second in range(0, 31)])
    assert [line.strip() for line in lines] == [
        "cleaning: 100 of 1,000 texts, 10 a second, 90 s left 剩余".replace("90 s", "2 min"),
        "cleaning: 200 of 1,000 texts, 10 a second, 80 s left 剩余",
        "cleaning: 300 of 1,000 texts, 10 a second, 70 s left 剩余",
    ]


def test_what_was_done_before_does_not_count_as_speed():
    clock, lines = Clock(), []
    progress = Progress("cleaning", "texts", say=lines.append, stream=io.StringIO(), clock=clock)
    walk(progress, clock, [(0, 900), (20, 920)])
    assert lines == ["         cleaning: 920 of 1,000 texts, 1 a second, 80 s left 剩余"]


def test_short_work_leaves_no_line_in_a_log():
    clock, lines = Clock(), []
    walk(
        Progress("x", "texts", say=lines.append, stream=io.StringIO(), clock=clock),
        clock,
        [(0, 0), (3, 1000)],
    )
    assert lines == []


def test_a_terminal_has_one_line_that_is_wiped_in_the_end():
    clock, lines, terminal = Clock(), [], Terminal()
    progress = Progress("清理", "篇", say=lines.append, stream=terminal, clock=clock)
    walk(progress, clock, [(0, 0), (1, 10), (1.1, 11), (2, 20)])
    shown = terminal.getvalue().split("\r")
    assert lines == [] and "\n" not in terminal.getvalue()
    assert [part.split(":")[0].strip() for part in shown] == ["", "清理", "清理", "", ""]
    assert shown[-2].strip() == "" and len(shown[-2]) >= len(shown[-3])


def test_quiet_means_quiet():
    clock, terminal = Clock(), Terminal()
    walk(Progress("x", "texts", say=silent, stream=terminal, clock=clock), clock, [(0, 0), (60, 500)])
    assert terminal.getvalue() == ""
