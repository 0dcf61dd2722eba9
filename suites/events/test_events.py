"""Log events: devices are told to send theirs, and a rate of played ones is measured."""


def test_logging(device, bench, log_events, conclude):
    """The device takes a log stream, what comes by it is counted, and the device is put back."""
    conclude(log_events(bench), bench)


def test_rate(load, measure, conclude):
    """So many events a second of simulated CPEs are sent, and each that is lost is missed."""
    conclude(measure(load), load)
