"""What a session costs that nobody asks anything: a fleet keeps a thousand of them."""

import threading

import paramiko


def connections():
    """Return the threads that paramiko reads connections in."""
    return [each for each in threading.enumerate() if isinstance(each, paramiko.Transport)]


def test_an_idle_session_sleeps(driver):
    """The thread of an open session waits for the device; it doesn't look ten times a second."""
    assert driver.facts().hostname

    assert [connection.sock.gettimeout() > 1 for connection in connections()] == [True]


def test_a_sleeping_session_ends_when_it_is_closed(driver):
    """Closing wakes the thread: none is left to wait for its time."""
    (connection,) = connections()

    driver.close()

    assert not connection.is_alive()
