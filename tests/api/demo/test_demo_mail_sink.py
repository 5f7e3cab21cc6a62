"""The demo's mailbox."""

import smtplib
from email.message import EmailMessage

from api.demo.mail_sink import MailSink


def a_message(number):
    message = EmailMessage()
    message["From"], message["To"] = "relight@example.org", f"customer-{number}@customers.example"
    message["Subject"] = f"停电通知 {number}"
    message.set_content("Supply is back. 已复电。")
    return message


class TestTheMailSink:
    def test_keeps_and_counts_what_comes_in(self):
        with MailSink() as sink:
            port = int(sink.url.partition("?")[0].rpartition(":")[2])
            with smtplib.SMTP("127.0.0.1", port) as server:
                for number in range(3):
                    server.send_message(a_message(number))
            assert sink.count == 3
            last = sink.last_messages()[-1]
        assert last.to == "customer-2@customers.example"
        assert last.subject == "停电通知 2"
        assert last.text == "Supply is back. 已复电。"

    def test_shows_nothing_before_the_first(self):
        with MailSink() as sink:
            assert (sink.count, sink.last_messages()) == (0, [])
