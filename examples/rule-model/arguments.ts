import type { OfferedTool, Property } from './tools.ts';

/** Arguments found in a text: for several orders there are several calls. */
export interface Found {
  readonly calls: readonly Record<string, unknown>[];
  /** Required, and not in the text. */
  readonly missing: readonly string[];
}

/** Looks in a text for what a tool's schema asks for. */
export function findArguments(tool: OfferedTool, text: string): Found {
  const values = new Map<string, readonly unknown[]>();
  let rest = text;
  for (const [name, property] of Object.entries(tool.properties)) {
    const found = matches(property, text);
    for (const value of found) rest = rest.replaceAll(value, ' ');
    values.set(name, found);
  }
  // What no pattern has claimed may be a number, a choice or a name.
  for (const [name, property] of Object.entries(tool.properties)) {
    if (patternOf(property) === undefined)
      values.set(name, others(property, rest, name === 'message' ? text : undefined));
  }
  const missing = tool.required.filter((name) => (values.get(name) ?? []).length === 0);
  const many = Math.max(1, ...[...values.values()].map((found) => found.length));
  const calls = Array.from({ length: many }, (_, index) =>
    Object.fromEntries(
      [...values].flatMap(([name, found]) => (found.length === 0 ? [] : [[name, found[index] ?? found.at(-1)]])),
    ),
  );
  return { calls, missing };
}

/** All that looks like an id or an address for one of these tools. */
export function findReferences(tools: readonly OfferedTool[], text: string): Set<string> {
  return new Set(tools.flatMap(({ properties }) => Object.values(properties).flatMap((each) => matches(each, text))));
}

function matches(property: Property, text: string): string[] {
  const pattern = patternOf(property);
  if (pattern === undefined) return [];
  const whole = new RegExp(`(?<![\\w@.€$-])(?:${pattern})(?![\\w@-]|[.,]\\d| ?(?:€|\\$|eur))`, 'gi');
  return [...new Set([...text.matchAll(whole)].map(([value]) => value))];
}

/** A pattern for a value somewhere in a text, from one for a text that is nothing else. */
function patternOf({ pattern, format }: Property): string | undefined {
  if (pattern !== undefined && format !== 'email') return pattern.replace(/^\^|\$$/g, '');
  return format === 'email' ? String.raw`[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63})+` : undefined;
}

const NAME = /(?<=\b(?:in|for|to|at|of|from|about|called|named)\s)\p{Lu}[\p{L}-]*(?:\s\p{Lu}[\p{L}-]*)*/u;

function others({ type, enum: choices }: Property, text: string, message: string | undefined): unknown[] {
  if (choices) return choices.filter((choice) => text.toLowerCase().includes(String(choice).toLowerCase())).slice(0, 1);
  if (type === 'number' || type === 'integer') {
    return [...text.matchAll(/(?<![\w.,-])\d{1,9}(?:[.,]\d{1,2})?(?![\w-])/g)].map(([value]) =>
      Number(value.replace(',', '.')),
    );
  }
  if (type !== 'string') return [];
  if (message !== undefined) return [message.trim()];
  return NAME.exec(text)?.slice(0, 1) ?? [];
}
