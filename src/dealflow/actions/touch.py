"""What happens around a deal is a change of the deal."""

from collections.abc import Iterable

from dealflow.actions.sweeps import sweep
from dealflow.storage.deals import deals
from dealflow.storage.tx import Tx


def touch_deals(tx: Tx, deal_ids: Iterable[int | None]) -> None:
    """Something that belongs to these deals was written: their last activity is now. None is no deal."""
    wanted = sorted({each for each in deal_ids if each is not None})
    sweep(tx, deals, wanted, lambda deal: deal._replace(last_activity_at=tx.now))
