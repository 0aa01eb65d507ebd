import { z } from '@hono/zod-openapi';
import type { FilePart, TextPart, UserContent } from '../../workflow/protocol/index.ts';

/** A message of a chat, as `useChat` sends it. */
export interface ChatMessage {
  /** Who speaks. */
  readonly role: 'system' | 'user' | 'assistant';
  /** What is said, asked and decided. */
  readonly parts: readonly { readonly type: string }[];
}

/** What `useChat` sends. */
export interface ChatBody {
  /** Of the chat. */
  readonly id: string;
  /** All that was said. */
  readonly messages: readonly ChatMessage[];
  /** Why it is sent. */
  readonly trigger?: string | undefined;
}

const ROLES: ReadonlySet<unknown> = new Set(['system', 'user', 'assistant']);
const MOST_PARTS = 10_000;

/** Checked by hand: a schema would tell of each of a million things that are wrong, and take seconds for it. */
function isMessage(value: unknown): boolean {
  const { role, parts } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return ROLES.has(role) && Array.isArray(parts) && parts.length <= MOST_PARTS && parts.every(isPart);
}

function isPart(value: unknown): boolean {
  return typeof (value as { readonly type?: unknown } | null)?.type === 'string';
}

const MESSAGES = z
  .custom<readonly ChatMessage[]>(
    (value) => Array.isArray(value) && value.length > 0 && value.every(isMessage),
    'Give at least one message: { role, parts: [{ type, … }] }.',
  )
  .openapi({
    type: 'array',
    minItems: 1,
    items: {
      type: 'object',
      required: ['role', 'parts'],
      properties: {
        role: { type: 'string', enum: ['system', 'user', 'assistant'] },
        parts: {
          type: 'array',
          maxItems: MOST_PARTS,
          items: { type: 'object', required: ['type'], properties: { type: { type: 'string' } } },
        },
      },
    },
  });

/** The same, checked; what else is in it does no harm. */
export const CHAT_BODY: z.ZodType<ChatBody> = z
  .looseObject({
    id: z.string().min(1).max(900).describe('Of the chat: it becomes the id of its run.'),
    messages: MESSAGES.describe('Only the last one is read: the run knows what was said before.'),
    trigger: z.string().optional().describe('`submit-message`; what was said cannot be taken back.'),
  })
  .openapi('ChatBody');

const TEXT = z.looseObject({ type: z.literal('text'), text: z.string() });
const FILE = z.looseObject({
  type: z.literal('file'),
  mediaType: z.string(),
  url: z.string().regex(/^(https?|data):/),
  filename: z.string().optional(),
});

/** What a user says in a message; `undefined` when that is nothing. */
export function contentOf({ parts }: ChatMessage): UserContent | undefined {
  const content = parts.flatMap((part): (TextPart | FilePart)[] => {
    const text = TEXT.safeParse(part);
    if (text.success) return text.data.text === '' ? [] : [{ type: 'text', text: text.data.text }];
    const file = FILE.safeParse(part);
    if (!file.success) return [];
    const { mediaType, url, filename } = file.data;
    return [{ type: 'file', mediaType, data: url, ...(filename === undefined ? {} : { filename }) }];
  });
  const [first, ...others] = content;
  if (first?.type === 'text' && others.length === 0) return first.text;
  return first === undefined ? undefined : content;
}

const DECISION = z.looseObject({
  state: z.literal('approval-responded'),
  approval: z.looseObject({ id: z.string().min(1), approved: z.boolean(), reason: z.string().optional() }),
});

/** A person's decision in a message. */
export interface ChatDecision {
  readonly waitId: string;
  readonly approved: boolean;
  readonly reason?: string;
}

/** What a person has decided in a message. */
export function decisionsOf({ parts }: ChatMessage): ChatDecision[] {
  return parts.flatMap((part) => {
    const decision = DECISION.safeParse(part);
    if (!decision.success) return [];
    const { id, approved, reason } = decision.data.approval;
    return [{ waitId: id, approved, ...(reason === undefined ? {} : { reason }) }];
  });
}
