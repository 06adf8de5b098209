from dealflow.actions import pipelines as actions
from dealflow.storage import pipelines
from dealflow.storage.tx import Tx
from tests.support.people import Server


def test_a_new_company_has_one_pipeline_with_five_stages(tx: Tx) -> None:
    (pipeline,) = pipelines.live_pipelines(tx)
    assert [stage.position for stage in pipelines.open_stages(tx, pipeline.id)] == [1, 2, 3, 4, 5]


def test_a_new_stage_goes_last(tx: Tx) -> None:
    stage = actions.add_stage(tx, 1, "Signing")
    assert stage.position == 6


def test_a_pipeline_added_over_the_wire_is_listed(server: Server) -> None:
    server.admin.post("/api/v2/pipelines", {"name": "Renewals"})
    assert [each["name"] for each in server.seller.get("/api/v2/pipelines").data] == ["Pipeline", "Renewals"]
