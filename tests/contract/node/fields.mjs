import assert from "node:assert/strict";
import { CURRENT, LAST_WITH_V1, api, ids, report } from "./client.mjs";

const KINDS = ["Deal", "Person", "Organization"];

async function version2(release, kind) {
  const fields = api(release, "v2", `${kind}FieldsApi`);
  const call = (verb, more = "") => fields[`${verb}${kind}Field${more}`];

  const added = await call("add")({
    [`Add${kind}FieldRequest`]: {
      field_name: "Mood",
      field_type: "enum",
      options: [{ label: "Good" }, { label: "Bad" }],
    },
  });
  const field_code = added.data.field_code;
  assert.match(field_code, /^[0-9a-f]{40}$/);
  assert.deepEqual(added.data.options.map((each) => each.label), ["Good", "Bad"]);

  const more = await call("add", "Options")({ field_code, AddDealFieldOptionsRequestInner: [{ label: "So-so" }] });
  const option = more.data[0].id;
  const renamed = await call("update", "Options")({
    field_code,
    UpdateDealFieldOptionsRequestInner: [{ id: option, label: "Fair" }],
  });
  assert.deepEqual(renamed.data, [{ id: option, label: "Fair" }]);
  const dropped = await call("delete", "Options")({ field_code, DeleteDealFieldOptionsRequestInner: [{ id: option }] });
  assert.deepEqual(dropped.data, [{ id: option, label: "Fair" }]);

  const changed = await call("update")({ field_code, [`Update${kind}FieldRequest`]: { field_name: "Humour" } });
  assert.equal(changed.data.field_name, "Humour");
  const shown = await call("get")({ field_code, include_fields: "ui_visibility" });
  assert.equal(shown.data.options.length, 2);
  assert.ok(shown.data.ui_visibility);

  const found = await call("get", "s")({ limit: 500 });
  assert.ok(found.data.some((each) => each.field_code === field_code));
  assert.equal(found.additional_data.next_cursor, null);
  assert.equal((await call("delete")({ field_code })).data.field_code, field_code);
}

async function version1(release, kind) {
  const fields = api(release, "v1", `${kind}FieldsApi`);
  const call = (verb, more = "") => fields[`${verb}${kind}Field${more}`];

  const add = (name) => call("add")({ CreateFieldRequest: { name, field_type: "varchar", add_visible_flag: true } });
  const added = await add("Mood");
  const id = added.data.id;
  assert.equal(added.data.edit_flag, true);

  const changed = await call("update")({ id, UpdateFieldRequest: { name: "Humour" } });
  assert.equal(changed.data.name, "Humour");
  assert.deepEqual((await call("get")({ id })).data.key, added.data.key);
  const found = await call("get", "s")({ start: 0, limit: 500 });
  assert.ok(ids(found).includes(id));
  assert.equal(found.additional_data.pagination.more_items_in_collection, false);

  const other = (await add("Weather")).data.id;
  const another = (await add("Season")).data.id;
  assert.deepEqual((await call("delete")({ id })).data, { id });
  assert.deepEqual((await call("delete", "s")({ ids: `${other},${another}` })).data, { id: [other, another] });
}

for (const release of [CURRENT, LAST_WITH_V1]) {
  for (const kind of KINDS) {
    await version2(release, kind);
    await version1(release, kind);
  }
}
report();
