import assert from "node:assert/strict";
import { CURRENT, LAST_WITH_V1, api, ids, refused, report } from "./client.mjs";

async function drive(release) {
  const users = api(release, "v1", "UsersApi");
  const me = (await users.getCurrentUser()).data;
  assert.equal(me.is_you, true);
  assert.ok(me.company_domain);
  assert.ok(ids(await users.getUsers()).includes(me.id));

  const email = `${release}@example.com`;
  const added = await users.addUser({ AddUserRequest: { email, access: [{ app: "sales", admin: false }] } });
  const id = added.data.id;
  assert.equal(added.data.active_flag, true);
  assert.equal((await users.getUser({ id })).data.email, email);
  assert.deepEqual(ids(await users.findUsersByName({ term: email, search_by_email: 1 })), [id]);

  const changed = await users.updateUser({ id, UpdateUserRequest: { active_flag: false } });
  assert.equal(changed.data.active_flag, false);
  assert.equal(typeof (await users.getUserPermissions({ id })).data.can_delete_deals, "boolean");
  assert.deepEqual((await users.getUserFollowers({ id })).data, []);
  await refused(() => users.getUser({ id: 99999 }), "User not found or not accessible.");

  const settings = await api(release, "v1", "UserSettingsApi").getUserSettings();
  assert.equal(typeof settings.data.list_limit, "number");
  const currencies = await api(release, "v1", "CurrenciesApi").getCurrencies({ term: "EUR" });
  assert.equal(currencies.data[0].code, "EUR");
}

await drive(CURRENT);
await drive(LAST_WITH_V1);
report();
