"""How fast messages leave: evenly, so many a minute, on each channel by itself."""

from __future__ import annotations

import threading

import pytest
from pydantic import ValidationError

from api.processes.sending_rate import SendingRate
from api.settings import MessageSettings
from dispatch.channels import Channel
from dispatch.message_rules import QuietHours


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_turns_come_evenly_and_not_faster_after_a_rest():
    clock = Clock()
    rate = SendingRate({Channel.SMS: 60}, clock=clock)
    assert [rate.turn_in(Channel.SMS) for _ in range(3)] == [0.0, 1.0, 2.0]
    clock.now += 60
    assert [rate.turn_in(Channel.SMS) for _ in range(3)] == [0.0, 1.0, 2.0]


def test_each_channel_has_a_rate_of_its_own_and_one_without_never_waits():
    rate = SendingRate({Channel.SMS: 60, Channel.EMAIL: 120}, clock=Clock())
    rate.turn_in(Channel.SMS)
    assert rate.turn_in(Channel.EMAIL) == 0.0
    assert rate.turn_in(Channel.EMAIL) == 0.5
    assert [rate.turn_in(Channel.WEBHOOK) for _ in range(5)] == [0.0] * 5


def test_nobody_waits_once_the_worker_stops():
    stopping = threading.Event()
    rate = SendingRate({Channel.SMS: 1}, stopping=stopping, clock=Clock())
    rate.take_turn(Channel.SMS)
    second = threading.Thread(target=rate.take_turn, args=(Channel.SMS,), daemon=True)
    second.start()
    stopping.set()
    second.join(timeout=30)  # its own turn is a minute away
    assert not second.is_alive()


def test_settings_say_the_rates_the_hosts_and_the_quiet_hours():
    messages = MessageSettings(
        sms_per_minute=30,
        webhook_hosts=" hooks.example.org, home.example.net:8443 ,",
        quiet_hours="22:00-07:30",
    )
    assert messages.per_minute() == {Channel.SMS: 30}
    assert messages.hosts() == ("hooks.example.org", "home.example.net:8443")
    assert messages.quiet() == QuietHours(22 * 60, 7 * 60 + 30)
    assert messages.channels() == ("webhook",)
    assert MessageSettings().channels() == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"quiet_hours": "22-7"},
        {"quiet_hours": "24:00-07:00"},
        {"quiet_hours": "07:00-07:00"},
        {"wecom_url": "wecombot://key"},
        {"sms_per_minute": 0},
        {"public_url": "outages.example.org"},
        {"incoming_token": "short"},
    ],
)
def test_a_setting_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError):
        MessageSettings(**wrong)
