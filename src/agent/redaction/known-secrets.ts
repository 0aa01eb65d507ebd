/** What is secret beside what looks so. */
export interface RedactOptions {
  /** Names of fields whose values are secret, wherever they are in what is logged: compared without case, dashes and underscores. */
  readonly keys?: readonly string[];
  /** Secrets themselves; at least 6 characters each, for a shorter one may be an ordinary word. */
  readonly values?: readonly string[];
  /** Names of environment variables with secrets, beside those whose name says so (`…KEY`, `…TOKEN`, `…SECRET`, `…PASSWORD`). */
  readonly env?: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const secretName = /(?:KEYS?|TOKENS?|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|CREDENTIALS?|PWD)$/i;
/** Names of secret fields, or how they end, without case, dashes and underscores. */
const secretKey =
  /(?:authorization|cookie|apikey|accesskey|secretkey|privatekey|encryptionkey|token|secret|password|passwd|passphrase|pwd|credentials?|connectionstring)$/;

/** Folders, by names that end as those of passwords do. */
const harmless: ReadonlySet<string> = new Set(['PWD', 'OLDPWD']);
/** A shorter value of a variable may be an ordinary word. */
const shortestOfVariable = 8;
const shortestSecret = 6;

const values = new Map<string, number>();
const keys = new Map<string, number>();
const variables = new Map<string, number>();

/**
 * Says what is secret in this process, for all that it writes from now on.
 * @returns how to take it back.
 */
export function hideSecrets(options: RedactOptions): () => void {
  const added = [
    ...add(
      values,
      (options.values ?? []).filter((value) => value.length >= shortestSecret),
    ),
    ...add(keys, (options.keys ?? []).map(plain)),
    ...add(variables, options.env ?? []),
  ];
  return () => {
    for (const remove of added.splice(0)) remove();
  };
}

/** Secrets that are known, the longest first: a shorter one may be a part of it. */
export function secretValues(environment: Environment): readonly string[] {
  const found = Object.entries(environment).flatMap(([name, value]) => ofVariable(name, value));
  return [...new Set([...values.keys(), ...found].flatMap(waysOfWriting))].toSorted((a, b) => b.length - a.length);
}

/** Whether the value of a field of this name is secret. */
export function isSecretKey(name: string): boolean {
  const text = plain(name);
  return secretKey.test(text) || keys.has(text);
}

/** As it is, in JSON, and in JSON in JSON. */
function waysOfWriting(secret: string): readonly string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  return inJson === secret ? [secret] : [secret, inJson, JSON.stringify(inJson).slice(1, -1)];
}

function ofVariable(name: string, value: string | undefined): readonly string[] {
  if (value === undefined || value.length < shortestSecret || harmless.has(name)) return [];
  if (variables.has(name)) return [value];
  if (value.length < shortestOfVariable) return [];
  if (!secretName.test(name)) return passwordsOf(value);
  // Several may stand in one variable, with names of theirs.
  return [value, ...value.split(/[,:\s]/).filter((part) => part.length >= 20)];
}

/** Of a URL: as it is written there, and as it is meant. */
function passwordsOf(value: string): readonly string[] {
  const [, password] = /^[\w+.-]{2,32}:\/\/[^\s:/@]*:([^\s/]+)@/.exec(value) ?? [];
  if (password === undefined) return [];
  return [password, decoded(password)].filter(({ length }) => length >= shortestOfVariable);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

function add(counts: Map<string, number>, entries: readonly string[]): (() => void)[] {
  return entries.map((entry) => {
    counts.set(entry, (counts.get(entry) ?? 0) + 1);
    return () => {
      const left = (counts.get(entry) ?? 1) - 1;
      if (left > 0) counts.set(entry, left);
      else counts.delete(entry);
    };
  });
}
