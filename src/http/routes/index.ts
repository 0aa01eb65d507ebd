import type { Route } from '../route.ts';
import { getRun } from './get-run.ts';

/** All routes, in the order of the document. */
export const ROUTES: readonly Route[] = [getRun];
