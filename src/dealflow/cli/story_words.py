"""The words the demo company's people, customers and deals are made of."""

from typing import Final, NamedTuple


def _words(text: str, between: str | None = None) -> tuple[str, ...]:
    return tuple(text.split(between))


class StagePlan(NamedTuple):
    """`stay_days`: how long a deal typically stands here; `onward`: the share that goes on rather than being lost."""

    name: str
    likelihood: int
    rot_days: int | None
    stay_days: float
    onward: float


class PipelinePlan(NamedTuple):
    """`share` of all deals, their typical `worth` in euro, and what they are about; `{year}` stands for the year."""

    name: str
    share: float
    worth: int
    probability_enabled: bool
    subjects: tuple[str, ...]
    stages: tuple[StagePlan, ...]


COMPANY: Final = "Tallyhouse Systems"
TIMEZONE: Final = "Europe/Berlin"

PEOPLE: Final = (
    ("Ann Lindqvist", "ann.lindqvist@tallyhouse.example"),
    ("Tomás Rivera", "tomas.rivera@tallyhouse.example"),
    ("Ada Okafor", "ada.okafor@tallyhouse.example"),
    ("Mei Tanaka", "mei.tanaka@tallyhouse.example"),
    ("Jonas Weber", "jonas.weber@tallyhouse.example"),
)
# How much of the work each of them does, and how long they take compared with the usual.
WORKLOAD: Final = (10, 28, 24, 22, 16)
PACE: Final = (0.9, 0.8, 1.0, 1.1, 1.35)

# Share of the deals, and units that one euro buys, roughly.
CURRENCIES: Final = {"EUR": (55, 1.0), "USD": (25, 1.1), "GBP": (12, 0.85), "SEK": (8, 11.0)}

PIPELINES: Final = (
    PipelinePlan(
        name="New business",
        share=0.7,
        worth=8_500,
        probability_enabled=True,
        subjects=(
            "warehouse rollout",
            "pilot",
            "annual licence",
            "scanner replacement",
            "stocktaking project",
            "second site",
            "returns desk",
            "mobile picking",
            "label printing",
            "group licence",
        ),
        stages=(
            StagePlan("Qualified", 10, 14, 5, 0.70),
            StagePlan("Contact made", 20, 14, 7, 0.76),
            StagePlan("Demo scheduled", 40, 10, 6, 0.80),
            StagePlan("Proposal made", 60, 21, 11, 0.78),
            StagePlan("Negotiation", 75, 21, 9, 0.84),
            StagePlan("Contract sent", 90, 10, 5, 0.92),
        ),
    ),
    PipelinePlan(
        name="Renewals",
        share=0.3,
        worth=12_000,
        probability_enabled=False,
        subjects=("renewal {year}", "renewal and two more sites", "support renewal {year}", "three-year renewal"),
        stages=(
            StagePlan("Due in 90 days", 60, None, 14, 0.97),
            StagePlan("Usage reviewed", 70, 30, 10, 0.96),
            StagePlan("Contacted", 75, 21, 9, 0.95),
            StagePlan("Offer sent", 80, 21, 12, 0.93),
            StagePlan("Terms agreed", 90, 14, 7, 0.96),
            StagePlan("Signature pending", 95, 10, 6, 0.98),
        ),
    ),
)

EARLY_REASONS: Final = ("No answer", "No budget this year", "Not a fit", "Project postponed")
LATE_REASONS: Final = ("Too expensive", "Chose a competitor", "Project postponed", "Missing feature", "Built in-house")

FIRST_NAMES: Final = _words(
    "Amelia Bruno Carla Dmitri Elena Farid Greta Hugo Ines Jakub Katja Liam Marta Nils Olga Pedro Quinn Rosa Samir "
    "Tuuli Ursula Victor Wanda Xenia Yusuf Zoe Aino Bartosz Chiara Diego Emre Fiona Giulia Henrik Iris Joao Karin "
    "Lucas Maja Noor Oskar Petra Rafael Signe Tariq Una Vera Willem Yara Zeno"
)
LAST_NAMES: Final = _words(
    "Almeida Becker Costa Dupont Eriksson Fischer García Horvat Ivanova Jensen Kowalska Larsen Moreau Novak Olsen "
    "Petrov Quist Rossi Schmidt Tamm Ueda Virtanen Wagner Xu Yilmaz Zimmer Andersson Brandt Conti Dahl Engel Fontaine "
    "Greco Hansen Ito Janssen Keller Lindholm Meyer Nagy Ortiz Peeters Richter Silva Thorsen Vogel Walsh Young"
)
FIRMS: Final = _words(
    "Alder Amber Arctic Aspen Baltic Beacon Birch Blue Bridge Bright Cedar Clear Cobalt Coral Crown Delta Dune Eagle "
    "East Elm Falcon Fern Field Flint Fjord Forest Glen Golden Granite Green Harbour Haven Hazel Heron High Iron "
    "Juniper Lake Lark Linden Maple Meadow Mill Moor North Oak Orchard Otter Pine Quarry Raven Red River Rowan Silver "
    "Sloe South Spring Stone Summit Swan Thistle Tide Timber Upland Vale West Willow Wind Wren"
)
TRADES: Final = _words(
    "Logistics|Foods|Pharma|Textiles|Tools|Books|Furniture|Bikes|Optics|Paper|Plastics|Breweries|Dairy|Electronics|"
    "Freight|Gardens|Hardware|Instruments|Kitchens|Lighting|Medical|Outdoor|Packaging|Printing|Retail|Seafood|Sports|"
    "Steel|Supplies|Toys|Trading|Wholesale|Wines",
    "|",
)
FORMS: Final = ("AB", "AG", "BV", "GmbH", "Group", "Inc", "Ltd", "Nordic", "Oy", "SA", "SL", "SRL")
