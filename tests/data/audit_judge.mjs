// Judges the seals of an audit without any code of the server: node audit_judge.mjs SEALS LINES PUBLIC_KEY
//
// SEALS is the copy that `pain-journal audit seal --seals` keeps, LINES the output of `pain-journal audit lines`, and
// PUBLIC_KEY the key in base64url. Docs: docs/decisions/0063-seals-over-the-audit.md.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

const [seals, lines, key] = process.argv.slice(2);
const read = (file) => readFileSync(file, "utf8").split("\n").filter((line) => line !== "");
const bytes = (text) => Buffer.from(text, "base64url");
const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const leaf = (text) => sha256(Buffer.from([0]), Buffer.from(text));

function root(leaves) {
  if (leaves.length === 1) return leaves[0];
  let left = 1;
  while (left * 2 < leaves.length) left *= 2;
  return sha256(Buffer.from([1]), root(leaves.slice(0, left)), root(leaves.slice(left)));
}

function fail(what) {
  console.log(what);
  process.exit(1);
}

const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key }, format: "jwk" });
const texts = new Map(read(lines).map((line) => [JSON.parse(line).line, line]));
let previous = "none";
let count = 0;
for (const [at, line] of read(seals).entries()) {
  const seal = JSON.parse(line);
  const said = Object.fromEntries(
    seal.head.trimEnd().split("\n").slice(1).map((row) => [row.split(" ")[0], row.split(" ").slice(1).join(" ")]),
  );
  if (!verify(null, Buffer.from(seal.head), publicKey, bytes(seal.signature))) fail(`seal ${at + 1} is not signed`);
  if (said.number !== String(at + 1)) fail(`seal ${at + 1} is missing`);
  if (said.previous !== previous) fail(`seal ${at + 1} does not follow the one before`);
  if (said.lines !== String(seal.leaves.length)) fail(`seal ${at + 1} has lost lines`);
  const hashes = seal.leaves.map(([, hash]) => bytes(hash));
  if (root(hashes).toString("base64url") !== said.root) fail(`seal ${at + 1} is over other lines`);
  for (const [number, hash] of seal.leaves) {
    const text = texts.get(number);
    if (text === undefined) fail(`line ${number} is missing`);
    if (leaf(text).toString("base64url") !== hash) fail(`line ${number} was changed`);
    count += 1;
  }
  previous = leaf(seal.head).toString("base64url");
}
console.log(`${read(seals).length} seals over ${count} lines are good`);
