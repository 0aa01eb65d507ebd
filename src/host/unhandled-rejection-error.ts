import { SymbolBasedInstanceOfError } from '../official-isolate.ts';

/** A promise of workflow code was rejected, and nobody handled it. The official class of this name is in a file that loads gRPC. */
export class UnhandledRejectionError extends Error {
  override readonly cause: unknown;

  constructor(message: string, cause: unknown) {
    super(message);
    this.cause = cause;
  }
}

SymbolBasedInstanceOfError('UnhandledRejectionError')(UnhandledRejectionError);
