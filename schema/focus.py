"""Focus in GraphQL: sessions of work and rest, what they add up to, timers, preferences."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import strawberry
from annotated_doc import Doc

from rewind_gql import clock
from rewind_gql.domains.focus import queries, views
from rewind_gql.sync import queries as sync_queries
from rewind_gql.sync import views as sync_views
from schema.context import Info
from schema.devices import Device, Id, device_named
from schema.ids import number_of
from schema.relay import AskedMore, Connection, Kind, Listing, Node, listing, wanted
from schema.runs import SyncRun
from schema.shape import Choice, choices, described, edge, shape

WEEK = timedelta(days=7)


@choices
class SessionKind(Choice):
    """What a session was for."""

    FOCUS = "focus", "Work."
    BREAK = "break", "Rest."


@choices
class SessionState(Choice):
    """What became of a session."""

    COMPLETED = "completed", "It was brought to its end."
    CANCELLED = "cancelled", "It was broken off."
    MERGED = "merged", "Another session took it in."
    DELETED = "deleted", "It was taken away to settle a conflict."


@choices
class CancelReason(Choice):
    """Why a session was broken off."""

    USER_CANCELLED = "user_cancelled", "The person wanted to."
    INTERRUPTION = "interruption", "Somebody came in between."
    EMERGENCY = "emergency", "Something could not wait."
    TECHNICAL = "technical", "Something did not work."
    DISTRACTION = "distraction", "The person's mind went elsewhere."
    COMPLETED_EARLY = "completed_early", "It was done before its time."
    OTHER = "other", "Something else."


@shape(
    views.Session,
    client_session_id=UUID,
    kind=SessionKind,
    state=SessionState,
    cancel_reason=CancelReason | None,
)
class FocusSession(views.Session, Node):
    """A stretch of focus or of rest."""

    @edge(int)
    def number(self) -> int:
        """The short number people see."""
        return self.id

    @edge(Device | None)
    async def device(self, info: Info) -> views.Device | None:
        """The device that sent it first."""
        return await device_named(info.context, self.device_id)

    @edge("FocusSession | None")
    async def merged_into(self, info: Info) -> views.Session | None:
        """The session that took it in."""
        if self.merged_into is None:
            return None
        return await info.context.load(queries.sessions_by_id, self.merged_into)

    @edge(SyncRun | None)
    async def run(self, info: Info) -> sync_views.Run | None:
        """The upload it came with."""
        if self.run_id is None:
            return None
        return await info.context.load(sync_queries.runs_by_id, self.run_id)


@shape(views.Timer, client_session_id=UUID, kind=SessionKind)
class FocusTimer(views.Timer):
    """A session under way."""

    @edge(Device | None)
    async def device(self, info: Info) -> views.Device | None:
        """The device it runs on."""
        return await device_named(info.context, self.device_id)


@shape(views.FocusDay)
class FocusDay(views.FocusDay):
    """Time on one calendar day, project and category."""


@shape(views.FocusTotal)
class FocusTotal(views.FocusTotal):
    """Time under one name."""


@shape(views.Streak)
class FocusStreak(views.Streak):
    """Days in a row with focus."""


@shape(
    views.Tracking,
    days=list[FocusTotal],
    projects=list[FocusTotal],
    categories=list[FocusTotal],
    streak=FocusStreak,
)
class FocusTracking(views.Tracking):
    """Focus in a window of calendar days."""


@described
class Preferences:
    """What the person set on any device, with the defaults for the rest."""

    daily_goal: Annotated[int, Doc("Sessions a day.")]
    default_duration: Annotated[int, Doc("Minutes of a session.")]
    short_break_duration: Annotated[int, Doc("Minutes.")]
    long_break_duration: Annotated[int, Doc("Minutes.")]
    notification_sound: Annotated[str, Doc("One of chime, bell, soft, none.")]
    theme_preference: Annotated[str, Doc("One of light, dark, auto.")]
    focus_mode: Annotated[str, Doc("One of relaxed, normal, strict.")]
    timezone: Annotated[str, Doc("Whose calendar days are meant, such as Europe/Oslo.")]
    sound_enabled: Annotated[bool, Doc("Whether sounds are played.")]
    desktop_notifications: Annotated[bool, Doc("Whether notices are shown.")]
    auto_start_breaks: Annotated[bool, Doc("Whether a break begins by itself.")]
    auto_start_sessions: Annotated[bool, Doc("Whether the next session begins by itself.")]
    email_notifications: Annotated[bool, Doc("Whether notices are sent by e-mail.")]
    slack_notifications: Annotated[bool, Doc("Whether notices are sent to Slack.")]
    public_leaderboard: Annotated[bool, Doc("Whether others may see how much there was.")]
    version: Annotated[int, Doc("Rises with every change; 0 before the first.")]
    updated_at: Annotated[datetime | None, Doc("The newest change.")]


def shown(preferences: views.Preferences) -> Preferences:
    """Preferences as GraphQL gives them."""
    values: dict[str, Any] = preferences.values
    return Preferences(**values, version=preferences.version, updated_at=preferences.updated_at)


FirstDay = Annotated[
    date | None,
    strawberry.argument(
        name="from", description="The first day; seven days before `to` unless told."
    ),
]
LastDay = Annotated[date | None, Doc("The day after the last; tomorrow unless told.")]


@described
class Focus:
    """Work and rest, and what they add up to, by the person's own calendar days."""

    @edge(FocusTracking)
    async def tracking(
        self, info: Info, from_: FirstDay = None, to: LastDay = None
    ) -> views.Tracking:
        """What focus adds up to in a window of days."""
        ask = info.context.ask
        today = await ask(queries.today, now=info.context.present)
        window = _window(today, from_, to)
        return await ask(queries.tracking, since=window[0], until=window[1], today=today)

    @edge(list[FocusDay])
    async def days(
        self, info: Info, from_: FirstDay = None, to: LastDay = None
    ) -> list[views.FocusDay]:
        """Time by day, project and category, oldest day first; days without any are left out."""
        ask = info.context.ask
        today = await ask(queries.today, now=info.context.present)
        window = _window(today, from_, to)
        found = await ask(queries.days, since=window[0], until=window[1])
        info.context.spend(len(found))
        return found

    @edge(FocusStreak)
    async def streak(self, info: Info) -> views.Streak:
        """Days in a row with at least one completed session of focus."""
        ask = info.context.ask
        today = await ask(queries.today, now=info.context.present)
        return await ask(queries.streak, today=today)

    @edge(Preferences)
    async def preferences(self, info: Info) -> Preferences:
        """What the person set on any device."""
        return shown(await info.context.ask(queries.preferences))

    @edge(list[FocusTimer])
    async def timers(self, info: Info) -> list[views.Timer]:
        """Sessions under way."""
        return await info.context.ask(queries.timers)

    @edge(FocusSession | None)
    async def session(
        self,
        info: Info,
        id: Id,  # noqa: A002  # the argument's name
    ) -> views.Session | None:
        """One session."""
        return await info.context.load(queries.sessions_by_id, number_of("FocusSession", id))


def _window(today: date, first: date | None, end: date | None) -> tuple[date, date]:
    until = end or today + clock.DAY
    return first or until - min(WEEK, until - date.min), until


From = Annotated[
    datetime | None,
    strawberry.argument(name="from", description="Only sessions that began then or later."),
]
To = Annotated[datetime | None, Doc("Only sessions that began before then.")]


@described
class FocusQuery:
    """Where questions about focus begin."""

    @edge(Focus)
    def focus(self) -> Focus:
        """Work and rest, and what they add up to."""
        return Focus()

    @edge(Connection[FocusSession])
    async def focus_sessions(
        self, info: Info, asked: AskedMore, from_: From = None, to: To = None
    ) -> Listing[views.Session]:
        """Sessions of work and rest, newest first; those that were merged, too."""
        part = asked.part(queries.SESSIONS, queries.SESSIONS_TYPES)
        query = partial(queries.sessions, since=from_, until=to, only=wanted(info))
        count = partial(queries.sessions_count, since=from_, until=to)
        return await listing(info, query, count, part)


NODES = {"FocusSession": Kind(queries.sessions_by_id)}
