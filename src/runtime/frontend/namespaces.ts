import type { Clock } from '../../core/clock.ts';
import { newNamespace } from '../../core/namespace-record.ts';
import type { NamespaceRecord } from '../../core/namespace-record.ts';
import type { AttributeTypes } from '../../core/search-attributes/types.ts';
import type { Store, StoredNamespace } from '../../core/store.ts';
import { namespaceNotFound, unavailable } from '../errors.ts';

/** How long what others may change is taken as it was read, in milliseconds. */
const FRESH_MS = 1000;
/** How often a change is tried when others keep changing the same namespace. */
const TRIES = 20;

/** What namespaces are kept with. */
export interface NamespacesOptions {
  readonly store: Store;
  /** Those that exist whatever is stored. */
  readonly names: readonly string[];
  readonly wallClock: Clock;
  /** Whether other processes write to the store, too. */
  readonly shared: boolean;
}

/** The namespaces of an engine, with their search attributes and settings. */
export class Namespaces {
  readonly #options: NamespacesOptions;
  readonly #stored = new Map<string, StoredNamespace>();
  readonly #types = new WeakMap<NamespaceRecord, AttributeTypes>();
  #readAt = -Infinity;
  /** Told when one has changed. */
  onChange: () => void = () => undefined;

  /** Reads what is stored. */
  static async open(options: NamespacesOptions): Promise<Namespaces> {
    const namespaces = new Namespaces(options);
    await namespaces.#read();
    return namespaces;
  }

  private constructor(options: NamespacesOptions) {
    this.#options = options;
  }

  has(name: string): boolean {
    return this.#stored.has(name) || this.#options.names.includes(name);
  }

  /** Whether an engine was opened for it: it cannot be deleted. */
  isOwn(name: string): boolean {
    return this.#options.names.includes(name);
  }

  /** All of them, those that the engine was opened for first. */
  get names(): readonly string[] {
    return [...new Set([...this.#options.names, ...this.#stored.keys()])];
  }

  /** What is known of one. @throws ServiceError when there is none. */
  get(name: string): NamespaceRecord {
    const stored = this.#stored.get(name);
    if (stored !== undefined) return stored.record;
    if (!this.has(name)) throw namespaceNotFound(name);
    return newNamespace(name);
  }

  /** The search attributes of one. @param wanted names that have to be among them: where others may have added them, they are looked for. */
  async attributesOf(name: string, wanted: Iterable<string>): Promise<AttributeTypes> {
    const { shared, wallClock } = this.#options;
    if (shared && wallClock.now() - this.#readAt > FRESH_MS) await this.#read();
    const types = this.attributesKnown(name);
    if (!shared || [...wanted].every((each) => types.has(each))) return types;
    await this.#read();
    return this.attributesKnown(name);
  }

  /** The search attributes of one, as they were read last; none for a namespace that is not there. */
  attributesKnown(name: string): AttributeTypes {
    const record = this.#stored.get(name)?.record;
    if (record === undefined) return none;
    let types = this.#types.get(record);
    if (types === undefined) this.#types.set(record, (types = new Map(Object.entries(record.searchAttributes))));
    return types;
  }

  /**
   * Changes what is known of one. @param change may be called again, and throws when it will not have it; `undefined` as its result: nothing is to change.
   * @throws ServiceError when there is no such namespace; what `change` throws.
   */
  async change(name: string, change: (record: NamespaceRecord) => NamespaceRecord | undefined): Promise<void> {
    await this.#write(name, () => change(this.get(name)));
  }

  /** Adds one. @param record may be asked again, and throws when it will not have it. */
  async add(name: string, record: () => NamespaceRecord): Promise<void> {
    await this.#write(name, record);
  }

  /** Forgets one. */
  async remove(name: string): Promise<void> {
    await this.#put(name, undefined);
  }

  async #write(name: string, next: () => NamespaceRecord | undefined): Promise<void> {
    if (this.#options.shared) await this.#read();
    for (let tries = 0; tries < TRIES; tries++) {
      const record = next();
      if (record === undefined || (await this.#put(name, record)) === 'committed') return;
      await this.#read();
    }
    throw unavailable(`Namespace ${name} is changed by others all the time. Try again.`);
  }

  async #put(name: string, record: NamespaceRecord | undefined): Promise<'committed' | 'conflict'> {
    const { store } = this.#options;
    const revision = this.#stored.get(name)?.revision ?? 0;
    if ((await store.writeNamespace?.(name, record, revision)) === 'conflict') return 'conflict';
    if (record === undefined) this.#stored.delete(name);
    else this.#stored.set(name, { record, revision: revision + 1 });
    this.onChange();
    return 'committed';
  }

  async #read(): Promise<void> {
    const { store, wallClock } = this.#options;
    if (store.readNamespaces === undefined) return;
    const found = await store.readNamespaces();
    this.#readAt = wallClock.now();
    this.#stored.clear();
    for (const stored of found) this.#stored.set(stored.record.name, stored);
  }
}

const none: AttributeTypes = new Map();
