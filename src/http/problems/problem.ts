/** One thing that is wrong with a request. */
export interface ProblemDetail {
  /** Where: a JSON Pointer into the body, such as `/input/text`; for other places their name, such as `query.limit`. */
  readonly pointer: string;
  /** What is wrong there. */
  readonly detail: string;
}

/** What went wrong, as RFC 9457 has it: the body of every answer that is an error, of type `application/problem+json`. */
export interface Problem {
  /** Names the kind of problem: `urn:perdure:problem:` and the code in small letters. */
  readonly type: string;
  /** The kind of problem in words; the same for all of a kind. */
  readonly title: string;
  /** The status of the answer. */
  readonly status: number;
  /** What happened. */
  readonly detail: string;
  /** Never changes, unlike texts: `RUN_NOT_FOUND`, `INVALID_REQUEST`, …. */
  readonly code: string;
  /** What to do about it. */
  readonly fix?: string;
  /** Names this occurrence: the id of the request, which is also in the log. */
  readonly instance: string;
  /** What is wrong with the request, place by place; the first 20 of them. */
  readonly errors?: readonly ProblemDetail[];
}

/** What a problem says beside its code. */
export interface HttpProblemOptions extends ErrorOptions {
  /** As `Problem.status`. */
  readonly status: number;
  /** As `Problem.title`. */
  readonly title: string;
  /** As `Problem.fix`. */
  readonly fix?: string;
  /** As `Problem.errors`. */
  readonly errors?: readonly ProblemDetail[];
  /** Of the answer, beside those that every answer has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by whoever works on a request, to answer it with a problem. */
export class HttpProblem extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'HttpProblem';
  /** As `Problem.code`. */
  readonly code: string;
  /** All the rest. */
  readonly about: HttpProblemOptions;

  constructor(code: string, detail: string, about: HttpProblemOptions) {
    super(detail, about);
    this.code = code;
    this.about = about;
  }
}

/** Of what is wrong with one request so many places are told, in so many characters each: a request may be wrong in any number of them. */
const MOST_TOLD = 20;
const LONGEST_TOLD = 500;

/** The body does not fit, a parameter is wrong, or a header is: 422. */
export function invalidRequest(wrong: readonly ProblemDetail[], fix?: string): HttpProblem {
  const errors = wrong
    .slice(0, MOST_TOLD)
    .map(({ pointer, detail }) => ({ pointer: shortened(pointer), detail: shortened(detail) }));
  const [first] = errors;
  const detail = first === undefined ? 'The request is not valid.' : `${first.pointer || 'The body'}: ${first.detail}`;
  return new HttpProblem('INVALID_REQUEST', detail, {
    status: 422,
    title: 'The request is not valid',
    errors,
    fix: fix ?? 'Correct the places that `errors` names; /openapi.json describes every route.',
  });
}

function shortened(text: string): string {
  return text.length <= LONGEST_TOLD ? text : `${text.slice(0, LONGEST_TOLD)}…`;
}
