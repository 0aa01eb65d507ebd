/**
 * Runs over HTTP: an API with an OpenAPI document, to listen by itself or to be mounted in a server of one's own.
 *
 * @module
 */
export { type Api, createApi } from './api.ts';
export { type ApiKey, createApiKey, type NewApiKey } from './auth/keys.ts';
export type { JwtOptions } from './auth/jwt.ts';
export type { AuthOptions } from './auth/options.ts';
export type { Role } from './auth/principal.ts';
export type { Connection } from './dispatch.ts';
export type { ApiLimits, ApiLogger, ApiOptions } from './options.ts';
export type { Problem, ProblemDetail } from './problems/problem.ts';
export { type ApiServer, serveApi, type ServeOptions } from './serve.ts';
