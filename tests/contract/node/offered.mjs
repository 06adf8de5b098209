// Prints the methods that the classes named as arguments offer, in both releases of the vendor's client.

import { createRequire } from "node:module";
import { BASES, CURRENT, LAST_WITH_V1 } from "./client.mjs";

const require = createRequire(import.meta.url);

function methods(release, version, name) {
  const found = require(`${release}/${version}`)[name];
  if (found === undefined) return [];
  return Object.getOwnPropertyNames(found.prototype).filter((each) => each !== "constructor");
}

const offered = [CURRENT, LAST_WITH_V1].flatMap((release) =>
  Object.keys(BASES).flatMap((version) =>
    process.argv
      .slice(2)
      .flatMap((name) => methods(release, version, name).map((method) => `${release} ${version} ${name}.${method}`)),
  ),
);
console.log(JSON.stringify(offered.sort()));
