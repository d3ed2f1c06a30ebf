// The protocol of ../README.md: a JSON request a line, an answer a line.

import { createInterface } from "node:readline";

/** Answers each line of standard input, up to its end; an answer may be a promise. */
export async function serve(answer) {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + "\n");
  }
}
