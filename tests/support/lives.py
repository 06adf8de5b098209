"""Random history files in the form in which an export writes them: no event changes nothing, no word is left out."""

from typing import Any, Final

from hypothesis import strategies as st

from dealflow.core import money
from dealflow.core.currencies import CURRENCIES
from dealflow.core.money import Amount
from dealflow.core.time import SECOND, Instant, exact
from tests.support.history import text_of

BEGINNING: Final = Instant(1_735_689_600 * SECOND)
CODES: Final = sorted(CURRENCIES)
WAITS_US: Final = (0, 0, 1, 60 * SECOND, 86_400 * SECOND, 20 * 86_400 * SECOND)
TYPES: Final = (
    "stage",
    "stage",
    "stage",
    "owner",
    "value",
    "won",
    "lost",
    "unqualified",
    "reopened",
    "archived",
    "deleted",
)

letters = st.characters(exclude_categories=["Cs", "Cc"])
words = st.text(letters, min_size=1, max_size=12).map(str.strip).filter(bool)
keys = st.text(letters, min_size=1, max_size=20)
amounts = st.integers(-(10**12), 10**12).map(Amount) | st.integers(0, 10**6).map(lambda units: Amount(units * 10_000))


@st.composite
def files(draw: st.DrawFn, most_deals: int = 8) -> bytes:
    """A file that a company without deals takes as it is and gives back as it was."""
    company = {"kind": "company", "currency": draw(st.sampled_from(CODES)), "timezone": "Asia/Beirut"}
    users = [
        {"kind": "user", "key": key, "name": draw(words), "email": f"{number}@people.example"}
        for number, key in enumerate(draw(st.lists(keys, min_size=1, max_size=3, unique=True)))
    ]
    states = sorted(draw(st.lists(st.sampled_from([0, 0, 1, 2]), min_size=1, max_size=3)))
    pipelines = [
        {
            "kind": "pipeline",
            "key": f"p{number}",
            "name": draw(words),
            "probability_enabled": draw(st.booleans()),
            **({}, {"disabled": True}, {"deleted": True})[state],
        }
        for number, state in enumerate(states)
    ]
    stages = [stage for pipeline in pipelines for stage in draw(_stages(pipeline))]
    deal_keys = draw(st.lists(keys, max_size=most_deals, unique=True)) if stages else []
    deals = [draw(_deals(key, [user["key"] for user in users], [each["key"] for each in stages])) for key in deal_keys]
    seen = {event["stage"] for deal in deals for event in deal["events"] if "stage" in event}
    shown = [stage for stage in stages if "deleted" not in stage or stage["key"] in seen]
    used = {stage["pipeline"] for stage in shown}
    kept = [pipeline for pipeline in pipelines if "deleted" not in pipeline or pipeline["key"] in used]
    return text_of(company, *users, *kept, *shown, *deals)


def _stages(pipeline: dict[str, Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    gone = st.just([True, True]) if "deleted" in pipeline else st.lists(st.booleans(), max_size=4).map(sorted)
    return gone.flatmap(
        lambda marks: st.tuples(
            *[
                st.fixed_dictionaries(
                    {
                        "kind": st.just("stage"),
                        "key": st.just(f"{pipeline['key']}s{number}"),
                        "pipeline": st.just(pipeline["key"]),
                        "name": words,
                        "likelihood": st.integers(0, 100),
                        **({"deleted": st.just(value=True)} if is_gone else {}),
                    }
                )
                for number, is_gone in enumerate(marks)
            ]
        ).map(list)
    )


@st.composite
def _deals(draw: st.DrawFn, key: str, users: list[str], stages: list[str]) -> dict[str, Any]:
    at = BEGINNING + draw(st.integers(0, 10**13))
    state: dict[str, Any] = {
        "stage": draw(st.sampled_from(stages)),
        "owner": draw(st.sampled_from(users)),
        "value": money.text(draw(amounts)),
        "currency": draw(st.sampled_from(CODES)),
        "outcome": "open",
        "reason": None,
        "archived": False,
        "deleted": False,
    }
    head = {"kind": "deal", "key": key, "title": draw(words)}
    head |= {name: state[name] for name in ("value", "currency", "owner")}
    events: list[dict[str, Any]] = [{"at": exact(Instant(at)), "type": "created", "stage": state["stage"]}]
    for wait, kind in draw(st.lists(st.tuples(st.sampled_from(WAITS_US), st.sampled_from(TYPES)), max_size=12)):
        at += wait
        said = _said(draw, kind, state, users, stages)
        if said is not None:
            events.append({"at": exact(Instant(at)), **said})
    return {**head, "events": events}


def _said(
    draw: st.DrawFn, kind: str, state: dict[str, Any], users: list[str], stages: list[str]
) -> dict[str, Any] | None:
    """An event of about this kind that changes something, if there is one; the state is changed, too."""
    if state["deleted"] or kind == "deleted":
        state["deleted"] = not state["deleted"]
        return {"type": "deleted" if state["deleted"] else "restored"}
    if kind == "archived":
        state["archived"] = not state["archived"]
        return {"type": "archived" if state["archived"] else "unarchived"}
    if kind == "value":
        return _revalued(draw, state)
    if kind in ("stage", "owner"):
        wanted = draw(st.sampled_from(stages if kind == "stage" else users))
        if wanted == state[kind]:
            return None
        state[kind] = wanted
        return {"type": kind, kind: wanted}
    return _closed(draw, kind, state)


def _revalued(draw: st.DrawFn, state: dict[str, Any]) -> dict[str, Any] | None:
    wanted = {"value": money.text(draw(amounts)), "currency": draw(st.sampled_from(CODES))}
    changed = {name: value for name, value in wanted.items() if state[name] != value}
    state |= changed
    return {"type": "value", **changed} if changed else None


def _closed(draw: st.DrawFn, kind: str, state: dict[str, Any]) -> dict[str, Any] | None:
    outcome = "open" if kind == "reopened" else kind
    why = draw(st.none() | words) if outcome in ("lost", "unqualified") else None
    if (outcome, why) == (state["outcome"], state["reason"]):
        return None
    state |= {"outcome": outcome, "reason": why}
    return {"type": kind, **({"reason": why} if why else {})}
