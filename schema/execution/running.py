"""A run of a plan: resolvers driven level by level, their loads batched, their values completed."""

import asyncio
import types
from collections.abc import Coroutine, Generator, Sequence
from typing import Any

from graphql import ExecutionResult, GraphQLError, is_non_null_type, located_error
from graphql.execution.values import VariableValues

from schema.batching import Batches, Flight
from schema.execution.calls import Way
from schema.execution.completing import build, fail, settle
from schema.execution.faults import Above, Atlas, Container, Nulled, Place, Types
from schema.execution.info import PlannedInfo, Resolving
from schema.execution.plan import How, Plan, Selection, Step

Wanted = tuple[Selection, Any, dict[str, Any]]
Work = Coroutine[Any, Any, Any]


class Job:
    """A resolver under way, and the place of what it gives; or a flight.

    With `parents` it gives what belongs to each of them.
    """

    __slots__ = ("container", "flight", "key", "parents", "step", "type_", "work")

    def __init__(
        self,
        work: Work,
        step: Any,
        type_: Any,
        container: Any,
        key: Any,
        *,
        flight: Flight | None = None,
        parents: list[Wanted] | None = None,
    ) -> None:
        self.work = work
        self.step: Step = step
        self.type_ = type_
        self.container: Container = container
        self.key = key
        self.flight = flight
        self.parents = parents


class Run:
    """One execution of a plan.

    Resolvers of a level are started one after another by the run itself, not as tasks. They stop
    where they lack something that is loaded in batches; once all have stopped, each batch is asked
    for at once, and they go on. What waits for anything else goes on in a task, unless it is alone.
    """

    def __init__(
        self,
        plan: Plan,
        variables: VariableValues,
        context: Any,
        root_value: Any,
        extensions: dict[str, Any] | None,
    ) -> None:
        self.plan = plan
        self.variables = variables
        self.context = context
        self.root_value = root_value
        self.extensions = extensions
        self.types: Types = {}
        self.is_raw: bool = getattr(context, "as_json", False)
        self._data: dict[str, Any] | None = None
        self._wanted: list[Wanted] = []
        self.pend = self._wanted.append
        self._batches = _batches(context)
        self._blocked: list[tuple[Job, Any]] = []
        self._ready: list[Job] = []
        self._tasks: dict[asyncio.Task[Any], Job] = {}
        self._woken: asyncio.Future[None] | None = None
        self._faults: list[tuple[tuple[int, ...], GraphQLError]] = []
        self._orders: dict[int, tuple[GraphQLError, tuple[int, ...]]] = {}
        self._nulled: Nulled = {}
        self._atlas: Atlas | None = None
        self._growth = self._drawn = 0
        self._is_cut = False
        """Whether something pends that hangs nowhere in the response."""

    async def result(self) -> ExecutionResult:
        """Execute it."""
        batches = self._batches
        batches.driver = asyncio.current_task()
        batches.landed = self._landed
        try:
            if self.plan.is_serial:
                await self._serially()
            else:
                self._all_at_once()
                await self._drain()
        finally:
            batches.driver = batches.landed = None
            for job in self._ready:
                job.work.close()
            if self._tasks:
                await _cancelled(self._tasks)
        faults = sorted(self._faults, key=lambda fault: fault[0])
        return ExecutionResult(self._data, [error for _, error in faults] or None)

    def _all_at_once(self) -> None:
        root = self.plan.root
        if root.build is not None:
            try:
                self._data = root.build(self.root_value, self)
                return
            except Exception:  # looked at closely below
                self._is_cut = True
        place = Place(None, None, "", 0, True, None)
        try:
            self._data = build(self, root, self.root_value, place)
        except GraphQLError as error:
            self._over(error)

    async def _serially(self) -> None:
        """One root field after another, each with all that hangs on it."""
        root = self.plan.root
        self._data = data = dict.fromkeys(root.keys)
        for step in root.steps:
            if step.how is How.CALLED:
                self._call(step, [(root, self.root_value, data)])
            else:
                self._read(step, data)
            await self._drain()
            if self._data is None:
                return

    def _read(self, step: Step, data: dict[str, Any]) -> None:
        try:
            value = step.read(self.root_value)
        except Exception as raw:  # as it is with resolvers
            self._failed(step, step.type_, data, step.key, raw)
        else:
            self._settle(step, step.type_, value, data, step.key)

    async def _drain(self) -> None:
        """Go on until nothing is left to be done."""
        while self._data is not None:
            if self._wanted:
                self._call_all()
            elif self._ready:
                ready, self._ready = self._ready, []
                for job in ready:
                    self._advance(job)
            elif self._batches.open:
                flights, self._batches.open = self._batches.open, []
                for flight in flights:
                    self._advance(Job(flight.fly(), None, None, None, None, flight=flight))
            elif self._blocked or self._tasks:
                await self._wait()
            else:
                return

    def _call_all(self) -> None:
        wanted, self._wanted = self._wanted, []
        self.pend = self._wanted.append
        wanted = self._alive(wanted)
        groups: dict[Selection, list[Wanted]] = {}
        for each in wanted:
            groups.setdefault(each[0], []).append(each)
        for selection, parents in groups.items():
            for step in selection.called:
                self._call(step, parents)

    def _alive(self, wanted: list[Wanted]) -> list[Wanted]:
        """Those whose place in the response is still there."""
        if not self._is_cut:
            return wanted
        return [each for each in wanted if not _Found(self, each[2]).is_dead(self._nulled)]

    def _call(self, step: Step, parents: list[Wanted]) -> None:
        """Call a resolver for all parents of a level."""
        call: Any = step.call
        if call.together is not None and self._call_together(step, parents):
            return
        self._call_each(step, parents)

    def _call_together(self, step: Step, parents: list[Wanted]) -> bool:
        """Call it once for them all, unless its arguments are for one of them alone."""
        call: Any = step.call
        try:
            given, is_shared = call.arguments(self.variables)
        except Exception:  # told where it was met
            return False
        if not is_shared:
            return False
        info = PlannedInfo(self, step, parents[0][2])
        work = call.together([source for _, source, _ in parents], info, **given)
        self._advance(Job(work, step, step.type_, None, step.key, parents=parents))
        return True

    def _call_each(self, step: Step, parents: list[Wanted]) -> None:
        call: Any = step.call
        function, takes_info = call.function, call.way is Way.SOURCE_AND_INFO
        given: dict[str, Any] | None = None
        is_shared = False
        for _, source, made in parents:
            try:
                if given is None or not is_shared:
                    given, is_shared = call.arguments(self.variables)
                if call.is_direct:
                    info = PlannedInfo(self, step, made)
                    value = (
                        function(source, info, **given) if takes_info else function(source, **given)
                    )
                else:
                    value = function(source, self.info(step, self._below(step, made)), **given)
            except Exception as raw:  # told where it was met
                self._failed(step, step.type_, made, step.key, raw)
                continue
            if value.__class__ is types.CoroutineType:
                self._advance(Job(value, step, step.type_, made, step.key))
            else:
                self._settle(step, step.type_, value, made, step.key)

    def _advance(self, job: Job) -> None:
        """Let a resolver go on as far as it can."""
        try:
            blocked = job.work.send(None)
        except StopIteration as ended:
            self._ended(job, ended.value)
        except Exception as raw:  # told where it was met
            self._broke(job, raw)
        else:
            self._block(job, blocked)

    def _throw(self, job: Job, error: BaseException) -> None:
        """The same, where it has to be told of an error."""
        try:
            blocked = job.work.throw(error)
        except StopIteration as ended:
            self._ended(job, ended.value)
        except Exception as raw:  # told where it was met
            self._broke(job, raw)
        else:
            self._block(job, blocked)

    def _block(self, job: Job, blocked: Any) -> None:
        if blocked.__class__ is not Flight:
            self._blocked.append((job, blocked))
        elif blocked.has_landed:
            self._ready.append(job)
        else:
            blocked.jobs.append(job)

    def _broke(self, job: Job, raw: Exception) -> None:
        if job.parents is None:
            self._failed(job.step, job.type_, job.container, job.key, raw)
        else:  # each has its own error to tell, if it has one
            self._call_each(job.step, self._alive(job.parents))

    def _ended(self, job: Job, value: Any) -> None:
        if job.parents is not None:
            self._ended_together(job.step, job.parents, value)
        elif job.flight is None:
            # Awaited once, whatever it is now is the value.
            self._settle(job.step, job.type_, value, job.container, job.key, is_awaited=True)
        else:
            for each in job.flight.jobs:
                self._advance(each)

    def _ended_together(self, step: Step, parents: list[Wanted], values: Sequence[Any]) -> None:
        finish, key = step.finish, step.key
        self._growth += 1
        for (_, _, made), value in zip(parents, values, strict=True):
            if finish is not None:
                try:
                    made[key] = finish(value, self)
                    continue
                except Exception:  # looked at closely below
                    self._is_cut = True
            self._settle(step, step.type_, value, made, key, is_awaited=True)

    def _landed(self, flight: Flight) -> None:
        self._ready += flight.jobs
        self._wake()

    def _wake(self, _: object = None) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    async def _wait(self) -> None:
        """Wait until anything can go on."""
        if len(self._blocked) == 1 and not self._tasks:
            # Alone, it may as well have this task for its own.
            [(job, blocked)] = self._blocked
            self._blocked = []
            try:
                await _passed(blocked)
            except BaseException as error:  # it is the resolver's; what it lets pass is raised
                self._throw(job, error)
            else:
                self._advance(job)
            return
        for job, blocked in self._blocked:
            task = asyncio.create_task(_carried(job.work, blocked))
            task.add_done_callback(self._wake)
            self._tasks[task] = job
        self._blocked = []
        if not any(task.done() for task in self._tasks):
            self._woken = asyncio.get_running_loop().create_future()
            await self._woken
        for task in [task for task in self._tasks if task.done()]:
            self._arrived(self._tasks.pop(task), task)

    def _arrived(self, job: Job, task: asyncio.Task[Any]) -> None:
        try:
            value = task.result()
        except Exception as raw:  # told where it was met
            self._broke(job, raw)
        else:
            self._ended(job, value)

    def wait(self, work: Work, step: Step, type_: Any, container: Container, key: Any) -> None:
        """Put what the coroutine gives in its place, later."""
        self._ready.append(Job(work, step, type_, container, key))

    def _settle(
        self,
        step: Step,
        type_: Any,
        value: Any,
        container: Any,
        key: Any,
        *,
        is_awaited: bool = False,
    ) -> None:
        """Put a value in its place, completed at one go if it can be."""
        if step.finish is not None and type_ is step.type_:
            try:
                container[key] = step.finish(value, self)
                self._growth += 1
                return
            except Exception:  # looked at closely below
                self._is_cut = True
        place = self._at(type_, container, key, step)
        try:
            settle(self, step, type_, value, container, place, is_awaited=is_awaited)
        except GraphQLError as error:
            self._propagate(error, container)
        self._growth += 1

    def _failed(
        self, step: Step, type_: Any, container: Container, key: Any, raw: Exception
    ) -> None:
        try:
            fail(self, step, type_, raw, self._at(type_, container, key, step))
        except GraphQLError as error:
            self._propagate(error, container)

    def _at(self, type_: Any, container: Container, key: Any, step: Step) -> Place:
        nullable = not is_non_null_type(type_)
        if isinstance(key, int):
            return Place(_Found(self, container), container, key, key, nullable, None)
        return Place(
            _Found(self, container), container, key, step.order, nullable, step.parent.name
        )

    def _below(self, step: Step, made: dict[str, Any]) -> Place:
        return self._at(step.type_, made, step.key, step)

    def _place_of(self, container: Container) -> Place | None:
        """Where a container is in the response; None where it is not, any more or yet."""
        if self._data is None:
            return None
        # Nothing ever moves, so what was found once is right, though it may be dead by now.
        found = None if self._atlas is None else self._atlas.places.get(id(container))
        if found is None and (self._atlas is None or self._drawn != self._growth):
            self._atlas = Atlas(self.plan.root, self._data, self.types)
            self._drawn = self._growth
            found = self._atlas.places.get(id(container))
        return None if found is None else found[1]

    def located(self, error: Exception, step: Step, place: Place) -> GraphQLError:
        """An error that tells where it was met."""
        located = located_error(error, step.nodes, place.path())
        if id(located) not in self._orders:
            self._orders[id(located)] = located, place.orders()
        return located

    def blame(self, error: GraphQLError, place: Place) -> None:
        """Keep an error for which this place is null."""
        if place.is_dead(self._nulled):
            return
        self._nulled[id(place.container), place.key] = place.container
        self._keep(error)

    def _propagate(self, error: GraphQLError, container: Container) -> None:
        """Null what is around a place that must not be null and is, as far as need be."""
        place = self._place_of(container)
        if place is None or place.is_dead(self._nulled):
            return
        self._is_cut = True
        while not place.nullable and isinstance(place.up, Place):
            place = place.up
        if place.container is None:
            self._over(error)
            return
        place.container[place.key] = None  # type: ignore[index]  # keys are those of their container
        self.blame(error, place)

    def _over(self, error: GraphQLError) -> None:
        """There is nothing but errors to tell."""
        self._data = None
        self._keep(error)

    def _keep(self, error: GraphQLError) -> None:
        known = self._orders.get(id(error))
        self._faults.append((() if known is None else known[1], error))

    def info(self, step: Step, place: Place) -> Resolving:
        """What graphql-core tells resolvers."""
        return Resolving(self, step, place)

    def told(self, step: Step, made: dict[str, Any]) -> Resolving:
        """The same, of a field of something in the response."""
        return self.info(step, self._below(step, made))


class _Found:
    """The place of a container, looked for when somebody asks."""

    __slots__ = ("_container", "_run")

    def __init__(self, run: Run, container: Container) -> None:
        self._run = run
        self._container = container

    def _place(self) -> Above | None:
        return self._run._place_of(self._container)

    def path(self) -> list[str | int]:
        """The response path."""
        place = self._place()
        return [] if place is None else place.path()

    def orders(self) -> tuple[int, ...]:
        """What sorts places as they come in the response."""
        place = self._place()
        return () if place is None else place.orders()

    def told(self) -> Any:
        """The path as resolvers are told it."""
        place = self._place()
        return None if place is None else place.told()

    def is_dead(self, nulled: Nulled) -> bool:
        """Whether it was nulled, or is no longer there."""
        place = self._place()
        return place is None or place.is_dead(nulled)


def _batches(context: Any) -> Batches:
    found = getattr(context, "batches", None)
    return found if isinstance(found, Batches) else Batches(_nothing, 0)


async def _nothing(*_: object) -> dict[Any, Any]:
    return {}


async def _cancelled(tasks: dict[asyncio.Task[Any], Job]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@types.coroutine
def _passed(blocked: Any) -> Generator[Any, Any, None]:
    yield blocked


@types.coroutine
def _carried(work: Work, blocked: Any) -> Generator[Any, Any, Any]:
    """The rest of a resolver that has stopped, for a task."""
    while True:
        thrown: BaseException | None = None
        try:
            if blocked.__class__ is Flight:
                yield from asyncio.shield(blocked.landing()).__await__()
            else:
                yield blocked
        except GeneratorExit:
            work.close()
            raise
        except BaseException as error:  # the resolver's, as it would be in a task of its own
            thrown = error
        try:
            blocked = work.send(None) if thrown is None else work.throw(thrown)
        except StopIteration as ended:
            return ended.value
