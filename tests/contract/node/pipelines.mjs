import assert from "node:assert/strict";
import { CURRENT, LAST_WITH_V1, api, ids, refused, report } from "./client.mjs";

async function version2(release) {
  const pipelines = api(release, "v2", "PipelinesApi");
  const before = ids(await pipelines.getPipelines());

  const added = await pipelines.addPipeline({
    AddPipelineRequest: { name: "Renewals", is_deal_probability_enabled: true },
  });
  assert.equal(added.success, true);
  assert.equal(added.data.order_nr, before.length + 1);
  const id = added.data.id;

  const shown = await pipelines.getPipeline({ id });
  assert.equal(shown.data.is_deal_probability_enabled, true);
  assert.equal(shown.data.deals_summary.total_count, 0);

  const changed = await pipelines.updatePipeline({ id, UpdatePipelineRequest: { name: "Extensions" } });
  assert.equal(changed.data.name, "Extensions");
  assert.equal(changed.data.is_deal_probability_enabled, true);

  const first = await pipelines.getPipelines({ sort_by: "add_time", sort_direction: "desc", limit: 1 });
  const cursor = first.additional_data.next_cursor;
  const second = await pipelines.getPipelines({ sort_by: "add_time", sort_direction: "desc", limit: 1, cursor });
  assert.deepEqual(new Set([...ids(first), ...ids(second)]).size, 2);

  assert.deepEqual((await pipelines.deletePipeline({ id })).data, { id });
  assert.equal((await pipelines.getPipeline({ id })).data.is_deleted, true);
  assert.deepEqual(ids(await pipelines.getPipelines()), before);
  await refused(() => pipelines.getPipeline({ id: 999 }), "Pipeline not found");
  await refused(() => pipelines.deletePipeline({ id }), "Pipeline not found");
}

async function dealsOf(release, basePath) {
  const pipelines = api(release, "v1", "PipelinesApi", basePath);
  const deals = api(CURRENT, "v2", "DealsApi");
  const { id } = (await deals.addDeal({ AddDealRequest: { title: "Roll-out", value: 250, currency: "EUR" } })).data;

  const found = await pipelines.getPipelineDeals({
    id: 1,
    everyone: 1,
    stage_id: 1,
    start: 0,
    limit: 10,
    get_summary: 1,
    totals_convert_currency: "EUR",
  });
  assert.ok(ids(found).includes(id));
  assert.equal(found.additional_data.pagination.more_items_in_collection, false);
  assert.equal(found.additional_data.deals_summary.per_stages["1"].EUR.count, found.data.length);
  await deals.deleteDeal({ id });
}

async function version1() {
  const pipelines = api(LAST_WITH_V1, "v1", "PipelinesApi");
  const before = ids(await pipelines.getPipelines());

  const added = await pipelines.addPipeline({
    PipelineRequest: { name: "Sales EU", deal_probability: 1, order_nr: 1, active: 1 },
  });
  const id = added.data.id;
  assert.equal(added.data.url_title, "Sales-EU");
  assert.equal(added.data.order_nr, 1);
  assert.deepEqual(ids(await pipelines.getPipelines()), [id, ...before]);

  const changed = await pipelines.updatePipeline({ id, PipelineRequest1: { order_nr: 99, active: 0 } });
  assert.equal(changed.data.active, false);
  assert.equal(changed.data.deal_probability, true);

  assert.deepEqual((await pipelines.getPipeline({ id })).data.deals_summary.per_stages, {});
  assert.deepEqual((await pipelines.deletePipeline({ id })).data, { id });
  assert.equal((await pipelines.getPipeline({ id })).data.active, false);
  await refused(() => pipelines.addPipeline({ PipelineRequest: { name: "" } }), "Name must be given.");
}

await version2(CURRENT);
await version2(LAST_WITH_V1);
await dealsOf(CURRENT, "/v1");
await dealsOf(LAST_WITH_V1, "/api/v1");
await version1();
report();
