import type { Principal } from './principal.ts';

/** Stands between a tenant and the id of its run. */
const TENANT_SEPARATOR = '~';

/**
 * Ids as a tenant knows them, and as the engine does: there they begin with the tenant's name. So what is another tenant's does not exist for it,
 * and nothing has to be compared. Without a tenant both are the same.
 */
export class TenantIds {
  /** What the ids of the tenant's runs begin with on the engine; empty without a tenant. */
  readonly prefix: string;
  /** Where ids begin in a text: not within other names. */
  readonly #inText: RegExp;

  constructor({ tenant }: Pick<Principal, 'tenant'>) {
    this.prefix = tenant === undefined ? '' : `${tenant}${TENANT_SEPARATOR}`;
    this.#inText = new RegExp(String.raw`(?<![\w.~-])${this.prefix.replaceAll('.', String.raw`\.`)}`, 'g');
  }

  /** The engine's id of what the tenant calls so. */
  toEngine(id: string): string {
    return this.prefix + id;
  }

  /** What the tenant calls an id of the engine. */
  fromEngine(id: string): string {
    return this.prefix !== '' && id.startsWith(this.prefix) ? id.slice(this.prefix.length) : id;
  }

  /** A text for people, such as the message of an error, with ids as the tenant knows them. */
  inText(text: string): string {
    if (this.prefix === '') return text;
    // An id that is all of the text may hold what looks like the beginning of another one.
    return text.startsWith(this.prefix) ? this.fromEngine(text) : text.replaceAll(this.#inText, '');
  }

  /**
   * A value of ours, such as a step, a tree or an event, with ids as the tenant knows them. What users and models said stays as it is.
   */
  inValue<Value>(value: Value): Value {
    return this.prefix === '' ? value : (this.#strip(value, '') as Value);
  }

  #strip(value: unknown, key: string): unknown {
    if (typeof value === 'string') {
      if (MESSAGE_KEYS.has(key)) return this.inText(value);
      return ID_KEYS.has(key) ? this.fromEngine(value) : value;
    }
    if (Array.isArray(value)) return value.map((item) => this.#strip(item, key));
    if (typeof value !== 'object' || value === null || value instanceof Date) return value;
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([name, part]) => [name, FOREIGN.has(name) ? part : this.#strip(part, name)]),
    );
  }
}

/** Where ids of runs stand in what is ours. */
const ID_KEYS: ReadonlySet<string> = new Set([
  'id',
  'runId',
  'workflowId',
  'rootWorkflowId',
  'parentWorkflowId',
  'firstRunId',
  'run',
]);

/** Texts of ours that may name runs. */
const MESSAGE_KEYS: ReadonlySet<string> = new Set(['message', 'reason', 'error']);

/** What users, models and tools said: not ours to change. */
const FOREIGN: ReadonlySet<string> = new Set([
  'input',
  'output',
  'result',
  'value',
  'content',
  'metadata',
  'text',
  'reasoning',
  'schema',
  'data',
]);
