import assert from "node:assert/strict";
import { CURRENT, LAST_WITH_V1, api, ids, refused, report } from "./client.mjs";

async function version2(release) {
  const stages = api(release, "v2", "StagesApi");
  const added = await stages.addStage({
    AddStageRequest: {
      name: "Signing",
      pipeline_id: 1,
      deal_probability: 80,
      is_deal_rot_enabled: true,
      days_to_rotten: 7,
    },
  });
  const id = added.data.id;
  assert.equal(added.data.days_to_rotten, 7);

  const changed = await stages.updateStage({
    id,
    UpdateStageRequest: { name: "Signature", is_deal_rot_enabled: false },
  });
  assert.equal(changed.data.name, "Signature");
  assert.equal(changed.data.deal_probability, 80);
  assert.deepEqual((await stages.getStage({ id })).data, changed.data);

  const found = await stages.getStages({ pipeline_id: 1, sort_by: "order_nr", sort_direction: "desc", limit: 500 });
  assert.equal(found.data[0].id, id);
  assert.equal(found.additional_data.next_cursor, null);

  assert.deepEqual((await stages.deleteStage({ id })).data, { id });
  assert.equal((await stages.getStage({ id })).data.is_deleted, true);
  await refused(() => stages.getStage({ id: 999 }), "Stage not found");
}

async function dealsOf(release) {
  const stages = api(release, "v1", "StagesApi");
  const deals = api(CURRENT, "v2", "DealsApi");
  assert.equal((await stages.getStageDeals({ id: 4 })).data, null);
  const { id } = (await deals.addDeal({ AddDealRequest: { title: "Roll-out", stage_id: 4 } })).data;
  assert.deepEqual(ids(await stages.getStageDeals({ id: 4, everyone: 1, start: 0, limit: 5 })), [id]);
  await deals.deleteDeal({ id });
}

async function version1() {
  const stages = api(LAST_WITH_V1, "v1", "StagesApi");
  const added = await stages.addStage({
    AddStageRequest: { name: "Signing", pipeline_id: 1, deal_probability: 80, rotten_flag: true, rotten_days: 7 },
  });
  const id = added.data.id;
  assert.equal(added.data.rotten_flag, true);

  const changed = await stages.updateStage({ id, UpdateStageRequest: { order_nr: 1 } });
  assert.equal(changed.data.order_nr, 1);
  const found = await stages.getStages({ pipeline_id: 1, start: 0, limit: 2 });
  assert.equal(found.data[0].id, id);
  assert.equal(found.data[0].pipeline_deal_probability, false);
  assert.equal(found.additional_data.pagination.next_start, 2);

  assert.equal((await stages.getStage({ id })).data.deals_summary.total_count, 0);
  assert.deepEqual((await stages.deleteStage({ id })).data, { id });
  await refused(() => stages.getStage({ id }), "Stage not found");
}

await version2(CURRENT);
await version2(LAST_WITH_V1);
await dealsOf(CURRENT);
await dealsOf(LAST_WITH_V1);
await version1();
report();
