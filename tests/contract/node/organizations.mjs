import assert from "node:assert/strict";
import { CURRENT, LAST_WITH_V1, api, ids, refused, report } from "./client.mjs";

async function version2(release) {
  const organizations = api(release, "v2", "OrganizationsApi");
  const name = `Acme ${release}`;
  const added = await organizations.addOrganization({
    AddOrganizationRequest: { name, address: { value: "Pikk 1, Tallinn" } },
  });
  const id = added.data.id;
  assert.equal(added.data.address.value, "Pikk 1, Tallinn");

  const changed = await organizations.updateOrganization({
    id,
    UpdateOrganizationRequest: { website: "https://acme.example" },
  });
  assert.equal(changed.data.website, "https://acme.example");
  assert.deepEqual((await organizations.getOrganization({ id })).data, changed.data);

  const found = await organizations.getOrganizations({ ids: `${id}`, include_fields: "people_count", limit: 1 });
  assert.equal(found.data[0].people_count, 0);
  const hits = await organizations.searchOrganization({ term: name, fields: "name", exact_match: true });
  assert.deepEqual(hits.data.items.map((each) => each.item.id), [id]);

  assert.deepEqual((await organizations.deleteOrganization({ id })).data, { id });
  assert.equal((await organizations.getOrganization({ id })).data.is_deleted, true);
  await refused(() => organizations.getOrganization({ id: 99999 }), "Organization not found");
}

async function version1() {
  const organizations = api(LAST_WITH_V1, "v1", "OrganizationsApi");
  const added = await organizations.addOrganization({
    AddOrganizationRequest: { name: "Bolt", address: "Vana-Lõuna 15" },
  });
  const id = added.data.id;
  assert.equal(added.data.address, "Vana-Lõuna 15");

  const changed = await organizations.updateOrganization({ id, UpdateOrganizationRequest: { name: "Bolt OÜ" } });
  assert.equal(changed.data.name, "Bolt OÜ");
  assert.equal((await organizations.getOrganization({ id })).data.people_count, 0);
  assert.deepEqual(ids(await organizations.getOrganizations({ first_char: "b", start: 0, limit: 5 })), [id]);
  const hits = await organizations.searchOrganization({ term: "bolt", start: 0, limit: 5 });
  assert.deepEqual(hits.data.items.map((each) => each.item.id), [id]);

  assert.deepEqual((await organizations.deleteOrganization({ id })).data, { id });
  await refused(() => organizations.deleteOrganization({ id }), "Organization not found");
}

await version2(CURRENT);
await version2(LAST_WITH_V1);
await version1();
report();
