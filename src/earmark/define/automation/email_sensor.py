"""A sensor that tells of failed runs by e-mail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from earmark.define.automation.run_status_context import RunFailureSensorContext
from earmark.define.automation.run_status_sensor import RunStatusSensorDefinition
from earmark.define.automation.sensor import DefaultSensorStatus
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location
from earmark.values.states import DagsterRunStatus

SMTP_TYPES = ("SSL", "STARTTLS")
_PORTS = {"SSL": 465, "STARTTLS": 587}


def make_email_on_run_failure_sensor(
    email_from: str,
    email_password: str,
    email_to: Sequence[str],
    email_body_fn: Callable[[RunFailureSensorContext], str] | None = None,
    email_subject_fn: Callable[[RunFailureSensorContext], str] | None = None,
    smtp_host: str = "smtp.gmail.com",
    smtp_type: str = "SSL",
    smtp_port: int | None = None,
    smtp_user: str | None = None,
    name: str = "email_on_run_failure",
    webserver_base_url: str | None = None,
    monitored_jobs: Sequence[Any] | None = None,
    job_selection: Sequence[Any] | None = None,
    monitor_all_code_locations: bool = False,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    monitor_all_repositories: bool = False,
) -> RunStatusSensorDefinition:
    """Make a sensor that sends an e-mail for each run that fails.

    Args:
        email_from: The sender.
        email_password: The sender's password.
        email_to: The recipients.
        email_body_fn: From the context to the body, as HTML.
        email_subject_fn: From the context to the subject.
        smtp_host: The mail server.
        smtp_type: ``SSL`` or ``STARTTLS``.
        smtp_port: The server's port; 465 or 587 by the type if ``None``.
        smtp_user: The user to log in as; the sender if ``None``.
        name: The sensor's name.
        webserver_base_url: Where the UI is, for a link to the run.
        monitored_jobs: Only runs of these jobs.
        job_selection: The older name of ``monitored_jobs``.
        monitor_all_code_locations: Whether runs of other code locations are watched too.
        default_status: Whether it ticks before anybody switched it on.
        monitor_all_repositories: The older name of ``monitor_all_code_locations``.

    Raises:
        DagsterInvalidDefinitionError: ``smtp_type`` is another word.

    Example:
        >>> make_email_on_run_failure_sensor("etl@example.com", "secret", ["team@example.com"]).name
        'email_on_run_failure'
    """
    if smtp_type not in SMTP_TYPES:
        raise DagsterInvalidDefinitionError(
            f"smtp_type is one of {' and '.join(SMTP_TYPES)}, not {smtp_type!r}.", where=caller_location()
        )
    body_fn = email_body_fn or _body
    subject_fn = email_subject_fn or _subject

    def send(context: RunFailureSensorContext) -> None:
        body = body_fn(context)
        if webserver_base_url:
            url = f"{webserver_base_url.rstrip('/')}/runs/{context.dagster_run.run_id}"
            body += f'<p><a href="{escape(url, quote=True)}">View the run</a></p>'
        _send(
            smtp_type,
            (smtp_host, smtp_port or _PORTS[smtp_type]),
            (smtp_user or email_from, email_password),
            message(email_from, email_to, subject_fn(context), body),
        )

    return RunStatusSensorDefinition(
        name=name,
        run_status=DagsterRunStatus.FAILURE,
        run_status_sensor_fn=send,
        description="Sends an e-mail for each run that fails.",
        monitored_jobs=monitored_jobs if monitored_jobs is not None else job_selection,
        monitor_all_code_locations=monitor_all_code_locations or monitor_all_repositories,
        default_status=default_status,
    )


def message(sender: str, recipients: Sequence[str], subject: str, body: str) -> Any:
    """Return an e-mail with a body of HTML.

    Example:
        >>> message("a@example.com", ["b@example.com", "c@example.com"], "Failed", "<p>no</p>")["To"]
        'b@example.com, c@example.com'
    """
    from email.message import EmailMessage

    made = EmailMessage()
    made["From"] = sender
    made["To"] = ", ".join(recipients)
    made["Subject"] = subject
    made.set_content(body, subtype="html")
    return made


def _subject(context: RunFailureSensorContext) -> str:
    return f"Run of {context.dagster_run.job_name} failed"


def _body(context: RunFailureSensorContext) -> str:
    run = context.dagster_run
    steps = ", ".join(str(event.step_key) for event in context.get_step_failure_events())
    lines = [
        f"<b>Run {escape(run.run_id)} of {escape(run.job_name)} failed.</b>",
        f"Error: {escape(str(context.failure_event.message))}",
    ]
    if steps:
        lines.append(f"Steps: {escape(steps)}")
    return "".join(f"<p>{line}</p>" for line in lines)


def _send(kind: str, server: tuple[str, int], login: tuple[str, str], mail: Any) -> None:
    import smtplib
    import ssl

    context = ssl.create_default_context()
    if kind == "SSL":
        with smtplib.SMTP_SSL(*server, context=context, timeout=30) as connection:
            connection.login(*login)
            connection.send_message(mail)
        return
    with smtplib.SMTP(*server, timeout=30) as connection:
        connection.starttls(context=context)
        connection.login(*login)
        connection.send_message(mail)
