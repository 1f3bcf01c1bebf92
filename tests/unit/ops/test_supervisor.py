"""When a process is started again."""

from ops.run.supervisor import BackOff


def test_pauses_double_from_a_tenth_of_a_second_to_five() -> None:
    back_off = BackOff()
    assert [back_off.after(1) for _ in range(8)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_ten_seconds_of_health_forgive_everything() -> None:
    back_off = BackOff()
    pauses = [back_off.after(lived) for lived in (1, 1, 9.9, 10, 1)]
    assert pauses == [0.1, 0.2, 0.4, 0.1, 0.2]
