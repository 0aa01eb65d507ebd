import { ANSWER_REFUSED, type Wait, type WaitAnswer } from '../protocol/index.ts';

/** Why an answer is not taken. */
export interface Refusal {
  /** One of `ANSWER_REFUSED`. */
  readonly type: string;
  readonly message: string;
}

/** The wait that an answer means, or why there is none. */
export type Match = { readonly wait: Wait } | { readonly refused: Refusal };

/** Finds the wait that an answer means: the one with its id or, without one, the only one of its kind. */
export function findWait(answer: WaitAnswer, open: readonly Wait[]): Match {
  if (answer.waitId !== undefined) return byId(answer.waitId, answer, open);
  const candidates = open.filter((wait) => wait.kind === answer.kind);
  const [wait] = candidates;
  if (!wait) return refuse(ANSWER_REFUSED.notOpen, `Nothing waits for an answer of kind ${answer.kind}.`);
  if (candidates.length > 1)
    return refuse(
      ANSWER_REFUSED.ambiguous,
      `${candidates.length} waits of kind ${answer.kind} are open: say which one is meant (${candidates.map((one) => one.id).join(', ')}).`,
    );
  return { wait };
}

function byId(id: string, answer: WaitAnswer, open: readonly Wait[]): Match {
  const wait = open.find((one) => one.id === id);
  if (!wait) return refuse(ANSWER_REFUSED.notOpen, `No wait ${id} is open: there is none, or it is answered already.`);
  if (wait.kind !== answer.kind)
    return refuse(
      ANSWER_REFUSED.notOpen,
      `The wait ${id} is one of kind ${wait.kind}: an answer of kind ${answer.kind} is not for it.`,
    );
  return { wait };
}

function refuse(type: string, message: string): Match {
  return { refused: { type, message } };
}
