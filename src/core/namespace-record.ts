import type { DeclaredAttributes } from './search-attributes/types.ts';

/** What is known of a namespace, beside its runs. */
export interface NamespaceRecord {
  /** Its own. */
  readonly name: string;
  /** For people. */
  readonly description: string;
  /** For people. */
  readonly ownerEmail: string;
  /** Whatever its owner keeps with it. */
  readonly data: Readonly<Record<string, string>>;
  /** `deprecated`: nobody starts workflows there any more, but its schedules; all else goes on, as on a server. */
  readonly state: 'registered' | 'deprecated';
  /** How long closed runs are kept, in milliseconds; 0: for ever. */
  readonly retention: number;
  /** Search attributes of its own, by name. */
  readonly searchAttributes: DeclaredAttributes;
}

/** A namespace that nobody has said anything about. */
export function newNamespace(name: string): NamespaceRecord {
  return {
    name,
    description: '',
    ownerEmail: '',
    data: {},
    state: 'registered',
    retention: 0,
    searchAttributes: {},
  };
}
