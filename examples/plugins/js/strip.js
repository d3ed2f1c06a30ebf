// Writes plugin.js, which is plugin.ts without its types: strip.js, or strip.js --check. What
// TypeScript's own compiler writes has no empty lines.
import { readFileSync, writeFileSync } from "node:fs";
import ts from "typescript";

const source = ts.createSourceFile("plugin.ts", readFileSync("plugin.ts", "utf8"), ts.ScriptTarget.Latest, true);
let text = source.text;

// What is removed, from the end: a type with the colon or the question mark before it, what
// follows an expression, and members of a class that are declared only.
const removed = [];
function visit(node) {
  if (ts.isAsExpression(node)) {
    const { parent, expression } = node;
    if (ts.isParenthesizedExpression(parent) && ts.isIdentifier(expression)) {
      removed.push([parent.getStart(), expression.getStart()], [expression.getEnd(), parent.getEnd()]);
    } else {
      removed.push([expression.getEnd(), node.getEnd()]);
    }
  } else if (ts.isNonNullExpression(node)) {
    removed.push([node.getEnd() - 1, node.getEnd()]);
  } else if (ts.isPropertyDeclaration(node) && !node.initializer) {
    let end = node.getEnd();
    while (text[end] === "\n") end++;
    removed.push([node.getStart(), end + text.slice(end).search(/\S/)]);
    return;
  } else if (node.type && (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isFunctionLike(node))) {
    const before = text.lastIndexOf(":", node.type.getStart());
    removed.push([text[before - 1] === "?" ? before - 1 : before, node.type.getEnd()]);
  } else if (node.typeArguments) {
    removed.push([node.typeArguments.pos - 1, node.typeArguments.end + 1]);
  }
  ts.forEachChild(node, (child) => {
    if (!ts.isTypeNode(child)) visit(child);
  });
}
visit(source);
removed.sort(([a], [b]) => b - a);
for (const [begin, end] of removed) text = text.slice(0, begin) + text.slice(end);
text = text.replace("A plugin in TypeScript", "A plugin in JavaScript");
text = text.replace("\n\n", '\n/// <reference path="contract.d.ts" />\n\n').replace(/^export const (\w+) = \{$/gm, (line, name) => {
  const type = name[0].toUpperCase() + name.slice(1);
  return `/** @type {contract.${type}} */\n${line}`;
});

if (process.argv[2] !== "--check") {
  writeFileSync("plugin.js", text);
} else if (readFileSync("plugin.js", "utf8") !== text) {
  console.error("plugin.js is not plugin.ts without its types: run node strip.js");
  process.exit(1);
}
