import assert from "node:assert/strict";
import { CURRENT, LAST_WITH_V1, api, ids, refused, report } from "./client.mjs";

async function version2(release) {
  const persons = api(release, "v2", "PersonsApi");
  const name = `Ann Lee ${release}`;
  const added = await persons.addPerson({
    AddPersonRequest: { name, emails: [{ value: "ann@lee.ee", label: "work", primary: true }] },
  });
  const id = added.data.id;
  assert.equal(added.data.emails[0].value, "ann@lee.ee");

  const changed = await persons.updatePerson({ id, UpdatePersonRequest: { phones: [{ value: "+372 5" }] } });
  assert.equal(changed.data.phones[0].value, "+372 5");
  assert.equal(changed.data.name, name);
  assert.deepEqual((await persons.getPerson({ id })).data, changed.data);

  const found = await persons.getPersons({ ids: `${id}`, include_fields: "open_deals_count", sort_by: "update_time" });
  assert.equal(found.data[0].open_deals_count, 0);
  const hits = await persons.searchPersons({ term: name, fields: "name", exact_match: true, limit: 5 });
  assert.deepEqual(hits.data.items.map((each) => each.item.id), [id]);

  assert.deepEqual((await persons.deletePerson({ id })).data, { id });
  assert.equal((await persons.getPerson({ id })).data.is_deleted, true);
  await refused(() => persons.getPerson({ id: 99999 }), "Person not found");
}

async function version1() {
  const persons = api(LAST_WITH_V1, "v1", "PersonsApi");
  const added = await persons.addPerson({
    AddPersonRequest: { name: "Bo Berg", email: ["bo@berg.se"], phone: ["+46 8"] },
  });
  const id = added.data.id;
  assert.equal(added.data.primary_email, "bo@berg.se");

  const changed = await persons.updatePerson({ id, UpdatePersonRequest: { name: "Bo Bergman" } });
  assert.equal(changed.data.name, "Bo Bergman");
  assert.equal((await persons.getPerson({ id })).data.phone[0].value, "+46 8");
  assert.deepEqual(ids(await persons.getPersons({ first_char: "b", start: 0, limit: 5, sort: "name ASC" })), [id]);
  const hits = await persons.searchPersons({ term: "bergman", start: 0, limit: 5 });
  assert.deepEqual(hits.data.items.map((each) => each.item.id), [id]);

  assert.deepEqual((await persons.deletePerson({ id })).data, { id });
  await refused(() => persons.deletePerson({ id }), "Person not found");
}

await version2(CURRENT);
await version2(LAST_WITH_V1);
await version1();
report();
