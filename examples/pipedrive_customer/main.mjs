// Works an account as a sales team would, eight at a time, and then checks every total the server tells against its
// own book: `node main.mjs [number of deals] [seed]`. Ends with 1 if anything differs.

import { Configuration, DealsApi, PipelinesApi, StagesApi } from "pipedrive/v2";

const url = process.env.PIPEDRIVE_URL ?? "https://api.pipedrive.com";
const configuration = new Configuration({ apiKey: process.env.PIPEDRIVE_TOKEN, basePath: `${url}/api/v2` });
const deals = new DealsApi(configuration);
const pipelines = new PipelinesApi(configuration);
const stages = new StagesApi(configuration);

const WORKERS = 8;
const PAGE = 500;
const STAGES = {
  Qualified: 10,
  "Contact Made": 25,
  "Demo Scheduled": 40,
  "Proposal Made": 60,
  Negotiation: 75,
  Signing: 95,
};
const DECIMALS = { EUR: 2, USD: 2, JPY: 0 };
const REASONS = ["Price", "Timing", "Went with another"];

const count = Number(process.argv[2] ?? 1000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);

// ------------------------------------------------------------------------------------------------- the team at work

/** Random numbers from 0 up to 1 that a seed repeats (mulberry32). */
function random(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick(chance, choices) {
  return choices[Math.floor(chance() * choices.length)];
}

function amount(chance, currency) {
  const unit = 10 ** DECIMALS[currency];
  return Math.floor(chance() * 50_000 * unit) / unit;
}

/** What happens to a deal next: an update, or nothing any more. */
function change(chance, deal, path) {
  const dice = chance();
  if (deal.status !== "open") return dice < 0.1 ? { status: "open" } : null;
  if (dice < 0.1) return null;
  if (dice < 0.2) return { status: "won" };
  if (dice < 0.3) return { status: "lost", lost_reason: pick(chance, REASONS) };
  if (dice < 0.4) return { value: amount(chance, deal.currency) };
  if (dice < 0.45) return { probability: chance() < 0.3 ? null : Math.floor(chance() * 101) };
  const here = path.indexOf(deal.stage_id);
  const there = Math.max(0, Math.min(path.length - 1, here + pick(chance, [-1, 1, 1, 1, 2])));
  return { stage_id: path[there] };
}

/** Add a deal and see it through; the book keeps what the customer believes it to be. */
async function live(chance, number, pipeline, path, book) {
  const currency = pick(chance, Object.keys(DECIMALS));
  const wanted = { title: `Deal ${number}`, pipeline_id: pipeline.id, value: amount(chance, currency), currency };
  const { id } = (await deals.addDeal({ AddDealRequest: wanted })).data;
  const deal = { id, ...wanted, stage_id: path[0], status: "open", probability: null, lost_reason: null };
  for (let next = change(chance, deal, path); next !== null; next = change(chance, deal, path)) {
    await deals.updateDeal({ id, UpdateDealRequest: next });
    Object.assign(deal, { lost_reason: null }, next);
  }
  book.set(id, deal);
}

async function work(chance, numbers, pipeline, path, book) {
  for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
    await live(chance, number, pipeline, path, book);
  }
}

// -------------------------------------------------------------------------------------------------------- the books

/** Counts, values and weighted values of open deals by stage and currency, in hundredths and exact. */
function expected(book, likelihoods) {
  const sums = {};
  for (const deal of book.values()) {
    if (deal.status !== "open") continue;
    const hundredths = BigInt(Math.round(deal.value * 100));
    const percent = BigInt(deal.probability ?? likelihoods.get(deal.stage_id));
    const sum = ((sums[deal.stage_id] ??= {})[deal.currency] ??= { count: 0, value: 0n, weighted: 0n });
    sum.count += 1;
    sum.value += hundredths;
    sum.weighted += hundredths * percent;
  }
  return sums;
}

/** Hundredths of a hundredth as an amount, halves rounded up to the decimals of the currency. */
function rounded(weighted, currency) {
  const step = 10n ** BigInt(4 - DECIMALS[currency]);
  return Number((weighted + step / 2n) / step) / 10 ** DECIMALS[currency];
}

function compare(differences, what, told, own) {
  if (told !== own) differences.push(`${what}: the server says ${told}, the book says ${own}`);
}

function compareSummary(differences, summary, sums) {
  const totals = {};
  for (const stage of new Set([...Object.keys(sums), ...Object.keys(summary.per_stages)])) {
    const [told, own] = [summary.per_stages[stage] ?? {}, sums[stage] ?? {}];
    for (const currency of new Set([...Object.keys(told), ...Object.keys(own)])) {
      const sum = own[currency] ?? { count: 0, value: 0n, weighted: 0n };
      const where = `stage ${stage}, ${currency}`;
      compare(differences, `${where}, count`, told[currency]?.count, sum.count);
      compare(differences, `${where}, value`, told[currency]?.value, Number(sum.value) / 100);
      compare(differences, `${where}, weighted`, told[currency]?.weighted_value, rounded(sum.weighted, currency));
      const total = (totals[currency] ??= { count: 0, value: 0n });
      total.count += sum.count;
      total.value += sum.value;
    }
  }
  for (const [currency, total] of Object.entries(totals)) {
    compare(differences, `${currency}, count`, summary.per_currency[currency], total.count);
    compare(differences, `${currency}, value`, summary.per_currency_full[currency]?.value, Number(total.value) / 100);
  }
  const open = Object.values(totals).reduce((sum, total) => sum + total.count, 0);
  compare(differences, "open deals", summary.total_count, open);
}

async function compareDeals(differences, pipeline, book) {
  let [seen, cursor] = [0, undefined];
  do {
    const page = await deals.getDeals({ pipeline_id: pipeline.id, limit: PAGE, cursor });
    for (const deal of page.data) {
      seen += 1;
      for (const [name, own] of Object.entries(book.get(deal.id) ?? {})) {
        compare(differences, `deal ${deal.id}, ${name}`, deal[name], own);
      }
    }
    cursor = page.additional_data.next_cursor ?? undefined;
  } while (cursor !== undefined);
  compare(differences, "listed deals", seen, book.size);
}

function tell(summary, names) {
  for (const [stage, currencies] of Object.entries(summary.per_stages)) {
    const worth = Object.values(currencies).map(
      (told) => `${told.count} deals ${told.value_formatted} (weighted ${told.weighted_value_formatted})`,
    );
    console.log(`  ${names.get(Number(stage)).padEnd(15)} ${worth.join(", ")}`);
  }
}

// ------------------------------------------------------------------------------------------------------------- main

const pipeline = (
  await pipelines.addPipeline({ AddPipelineRequest: { name: `Customer ${seed}`, is_deal_probability_enabled: true } })
).data;
const [likelihoods, names] = [new Map(), new Map()];
for (const [name, deal_probability] of Object.entries(STAGES)) {
  const stage = (await stages.addStage({ AddStageRequest: { name, pipeline_id: pipeline.id, deal_probability } })).data;
  likelihoods.set(stage.id, deal_probability);
  names.set(stage.id, name);
}

const book = new Map();
const numbers = Array.from({ length: count }, (_, index) => index + 1);
const began = performance.now();
const path = [...names.keys()];
await Promise.all(
  Array.from({ length: WORKERS }, (_, worker) => work(random(seed + worker), numbers, pipeline, path, book)),
);
const seconds = (performance.now() - began) / 1000;

const differences = [];
const summary = (await pipelines.getPipeline({ id: pipeline.id })).data.deals_summary;
compareSummary(differences, summary, expected(book, likelihoods));
await compareDeals(differences, pipeline, book);

console.log(`${book.size} deals by ${WORKERS} workers in ${seconds.toFixed(1)} s, seed ${seed}`);
console.log(`${summary.total_count} are open:`);
tell(summary, names);
for (const difference of differences) console.error(difference);
console.log(differences.length === 0 ? "Every total agrees." : `${differences.length} differences.`);
process.exitCode = differences.length === 0 ? 0 : 1;
