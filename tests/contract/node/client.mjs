// What the scripts share: both releases of the vendor's client against the server named by the environment, with a
// note of every method called.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const called = new Set();

export const CURRENT = "pipedrive";
export const LAST_WITH_V1 = "pipedrive-31";
export const BASES = { v1: "/v1", v2: "/api/v2" };

/** An API of a release, such as `api(CURRENT, "v2", "DealsApi")`. */
export function api(release, version, name, basePath = BASES[version]) {
  const library = require(`${release}/${version}`);
  const configuration = new library.Configuration({
    apiKey: process.env.DEALFLOW_TOKEN,
    basePath: process.env.DEALFLOW_URL + basePath,
  });
  return new Proxy(new library[name](configuration), {
    get(target, method) {
      if (typeof target[method] !== "function") return target[method];
      called.add(`${release} ${version} ${name}.${method}`);
      return target[method].bind(target);
    },
  });
}

/** The server must answer an error with this text. */
export async function refused(call, text) {
  await assert.rejects(call, (error) => {
    assert.equal(error.success, false);
    assert.equal(error.error, text);
    return true;
  });
}

export function ids(reply) {
  return (reply.data ?? []).map((each) => each.id);
}

/** The last line of every script. */
export function report() {
  console.log(JSON.stringify([...called].sort()));
}
