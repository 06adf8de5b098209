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

async function statistics(release, basePath) {
  const pipelines = api(release, "v1", "PipelinesApi", basePath);
  const deals = api(CURRENT, "v2", "DealsApi");
  const quick = { title: "Quick", value: 12.5, currency: "EUR", stage_id: 1 };
  const { id } = (await deals.addDeal({ AddDealRequest: quick })).data;
  await deals.updateDeal({ id, UpdateDealRequest: { stage_id: 2 } });
  await deals.updateDeal({ id, UpdateDealRequest: { status: "won" } });

  const day = new Date((await deals.getDeal({ id })).data.won_time);
  const beside = (days) => new Date(day.getTime() + days * 86_400_000).toISOString().slice(0, 10);
  const period = { id: 1, start_date: beside(-1), end_date: beside(1) };
  const conversion = (await pipelines.getPipelineConversionStatistics(period)).data;
  assert.deepEqual(
    conversion.stage_conversions.map((each) => [each.from_stage_id, each.to_stage_id, each.conversion_rate]),
    [1, 2, 3, 4].map((stage) => [stage, stage + 1, 100]),
  );
  assert.deepEqual([conversion.won_conversion, conversion.lost_conversion], [100, 0]);

  const movement = (await pipelines.getPipelineMovementStatistics({ ...period, user_id: 1 })).data;
  assert.equal(movement.movements_between_stages.count, 1);
  assert.deepEqual(movement.won_deals, {
    count: 1,
    deals_ids: [id],
    values: { EUR: 12.5 },
    formatted_values: { EUR: "€12.50" },
  });
  assert.deepEqual(movement.average_age_in_days.by_stages.map((each) => each.stage_id), [1, 2, 3, 4, 5]);
  const backwards = { ...period, start_date: period.end_date, end_date: period.start_date };
  await refused(() => pipelines.getPipelineMovementStatistics(backwards), "Bad request");
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
await statistics(CURRENT, "/v1");
await statistics(LAST_WITH_V1, "/api/v1");
await version1();
report();
