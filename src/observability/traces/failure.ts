import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { withoutSecrets } from '../../agent/failures.ts';
import { FAILURE } from '../../workflow/protocol/index.ts';

const KNOWN: ReadonlySet<string> = new Set([...Object.values(FAILURE), 'cancelled']);

/** Says on a span what was thrown, without secrets. @returns what kind of failure it was. */
export function recordFailure(span: Span, thrown: unknown): string {
  const error = withoutSecrets(thrown);
  const type = typeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  span.setAttributes({ 'error.type': type });
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.addEvent('exception', {
    'exception.type': type,
    'exception.message': message,
    ...(error instanceof Error && error.stack !== undefined && { 'exception.stacktrace': error.stack }),
  });
  return type;
}

/** The kind of a failure for metrics: one of those that are known, for authors may call theirs what they like. */
export function errorLabel(type: string): Attributes {
  return { 'error.type': KNOWN.has(type) ? type : '_OTHER' };
}

function typeOf(error: unknown): string {
  if (error instanceof CancelledFailure) return 'cancelled';
  if (error instanceof ApplicationFailure && error.type) return error.type;
  return error instanceof Error ? error.name : '_OTHER';
}
