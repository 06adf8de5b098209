import assert from "node:assert/strict";
import { CURRENT, LAST_WITH_V1, api, ids, refused, report } from "./client.mjs";

const person = (await api(CURRENT, "v2", "PersonsApi").addPerson({ AddPersonRequest: { name: "Ann Lee" } })).data.id;
const me = (await api(CURRENT, "v1", "UsersApi").getCurrentUser()).data.id;
const colleague = (await api(CURRENT, "v1", "UsersApi").getUsers()).data.find((user) => user.id !== me).id;

async function version2(release) {
  const deals = api(release, "v2", "DealsApi");
  const added = await deals.addDeal({
    AddDealRequest: {
      title: "Roll-out",
      value: 1000.5,
      currency: "EUR",
      person_id: person,
      expected_close_date: "2026-06-30",
    },
  });
  const id = added.data.id;
  assert.equal(added.data.value, 1000.5);
  assert.equal(added.data.owner_id, me);
  assert.deepEqual((await deals.getDeal({ id })).data, added.data);

  const moved = await deals.updateDeal({ id, UpdateDealRequest: { stage_id: 2 } });
  assert.equal(moved.data.stage_id, 2);
  assert.notEqual(moved.data.stage_change_time, null);
  const won = await deals.updateDeal({ id, UpdateDealRequest: { status: "won" } });
  assert.equal(won.data.won_time, won.data.close_time);

  const found = await deals.getDeals({
    owner_id: me,
    person_id: person,
    status: "won",
    sort_by: "update_time",
    sort_direction: "desc",
    include_fields: "followers_count",
    include_labels: true,
    include_option_labels: true,
    limit: 1,
  });
  assert.deepEqual(ids(found), [id]);
  assert.equal(found.data[0].followers_count, 1);
  assert.deepEqual(found.data[0].labels, release === CURRENT ? [] : undefined);

  const follower = await deals.addDealFollower({ id, AddDealFollowerRequest: { user_id: colleague } });
  assert.equal(follower.data.user_id, colleague);
  const followers = await deals.getDealFollowers({ id, limit: 10 });
  assert.deepEqual(followers.data.map((each) => each.user_id), [me, colleague]);
  const gone = await deals.deleteDealFollower({ id, follower_id: colleague });
  assert.deepEqual(gone.data, { user_id: colleague });

  await deals.updateDeal({ id, UpdateDealRequest: { is_archived: true } });
  assert.deepEqual(ids(await deals.getArchivedDeals({ ids: `${id}`, limit: 500 })), [id]);
  await refused(
    () => deals.updateDeal({ id, UpdateDealRequest: { title: "Other" } }),
    "Deal is archived and cannot be changed",
  );
  await deals.updateDeal({ id, UpdateDealRequest: { is_archived: false } });
  assert.deepEqual((await deals.deleteDeal({ id })).data, { id });
  assert.equal((await deals.getDeal({ id })).data.is_deleted, true);
  await refused(() => deals.getDeal({ id: 99999 }), "Deal not found");
}

async function beside(release) {
  const deals = api(release, "v1", "DealsApi");
  const current = api(CURRENT, "v2", "DealsApi");
  const source = (await current.addDeal({ AddDealRequest: { title: "Roll-out", value: 7 } })).data;
  const copy = (await deals.duplicateDeal({ id: source.id })).data;
  assert.notEqual(copy.id, source.id);
  assert.equal(copy.value, 7);
  const id = copy.id;

  assert.equal((await deals.getDealParticipants({ id })).data, null);
  const participant = await deals.addDealParticipant({ id, AddDealParticipantRequest: { person_id: person } });
  assert.equal(participant.data.person_id.value, person);
  const participants = await deals.getDealParticipants({ id, start: 0, limit: 5 });
  assert.equal(participants.data[0].person.name, "Ann Lee");
  const left = await deals.deleteDealParticipant({ id, deal_participant_id: participant.data.id });
  assert.deepEqual(left.data, { id: participant.data.id });

  const follower = await deals.addDealFollower({ id, AddDealFollowerRequest: { user_id: colleague } });
  assert.equal((await deals.getDealFollowers({ id })).data.length, 2);
  await deals.deleteDealFollower({ id, follower_id: follower.data.id });
  assert.equal((await deals.getDealFollowers({ id })).data.length, 1);

  await current.updateDeal({ id, UpdateDealRequest: { is_archived: true } });
  const archived = await deals.getArchivedDeals({
    owned_by_you: 1,
    status: "open",
    sort: "id DESC",
    start: 0,
    limit: 1,
  });
  assert.deepEqual(ids(archived), [id]);
}

async function version1() {
  const deals = api(LAST_WITH_V1, "v1", "DealsApi");
  const added = await deals.addDeal({
    AddDealRequest: { title: "Roll-out", value: "1000.50", currency: "USD", person_id: person, visible_to: "3" },
  });
  const id = added.data.id;
  assert.equal(added.data.formatted_value, "US$1,000.50");
  assert.equal(added.data.person_id.name, "Ann Lee");

  const lost = await deals.updateDeal({ id, UpdateDealRequest: { status: "lost", lost_reason: "Price" } });
  assert.equal(lost.data.lost_reason, "Price");
  assert.equal(lost.data.active, false);

  const found = await deals.getDeals({
    user_id: me,
    status: "lost",
    stage_id: 1,
    start: 0,
    limit: 10,
    sort: "add_time DESC",
  });
  assert.ok(ids(found).includes(id));
  assert.equal(found.additional_data.pagination.more_items_in_collection, false);

  const shown = await deals.getDeal({ id });
  assert.equal(shown.additional_data.dropbox_email, shown.data.cc_email);
  assert.equal(shown.related_objects.person[person].name, "Ann Lee");
  assert.deepEqual((await deals.deleteDeal({ id })).data, { id });
  await refused(() => deals.updateDeal({ id, UpdateDealRequest: { title: "Other" } }), "Deal not found");
  await refused(() => deals.addDeal({ AddDealRequest: { title: "" } }), "Deal title must be given.");
}

await version2(CURRENT);
await version2(LAST_WITH_V1);
await beside(CURRENT);
await beside(LAST_WITH_V1);
await version1();
report();
