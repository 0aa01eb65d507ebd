/** What somebody may do: a viewer reads, an operator starts, answers, and stops, an admin does everything. */
export type Role = 'viewer' | 'operator' | 'admin';

const RANKS: Readonly<Record<Role, number>> = { viewer: 1, operator: 2, admin: 3 };

/** All roles, the weakest first. */
export const ROLES: readonly Role[] = ['viewer', 'operator', 'admin'];

/** Whoever sends a request, as the credential says. */
export interface Principal {
  /** Who, for logs and for what is recorded of decisions: `key:ops`, `jwt:alice`, `local`. */
  readonly id: string;
  /** What they may do. */
  readonly role: Role;
  /** Whose runs they see: those whose ids begin with it. Without one they see all. */
  readonly tenant?: string;
  /** To which of the routes they are limited, by the routes' scopes. Left out: to none. */
  readonly scopes?: readonly string[];
  /** When the credential ends, in milliseconds since the epoch: streams end then, too. Left out: never. */
  readonly expiresAt?: number;
}

/** Whether a role is enough where another is asked for. */
export function isAtLeast(role: Role, needed: Role): boolean {
  return RANKS[role] >= RANKS[needed];
}
