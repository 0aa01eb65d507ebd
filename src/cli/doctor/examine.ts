import { ConfigurationError } from '../../engine/index.ts';
import { ENGINE_TYPES, type EngineConfig, engineFromEnv } from '../../engines/index.ts';
import { type EngineFlags, engineFromFlags } from '../engine-flags.ts';
import { checkData } from './checks/data.ts';
import { checkEngine } from './checks/engine.ts';
import { checkClock, checkNode } from './checks/node.ts';
import { checkPackages, checkSeams } from './checks/packages.ts';
import { checkProject } from './checks/project.ts';
import { checkAuth, checkPayloadKeys, checkSecret } from './checks/secrets.ts';
import { type Check, type Environment, type Finding, trouble } from './finding.ts';

/** What is looked at. */
export interface Examination {
  readonly flags: EngineFlags;
  /** Also what nothing is configured for. */
  readonly isAll: boolean;
  /** The project's file. Default: where one is looked for, if there is one. */
  readonly file: string | undefined;
  readonly env: Environment;
}

/** All checks that are to be made, one after the other: what one of them finds explains what the next one does. */
function checksOf({ flags, isAll, file, env }: Examination): readonly Check[] {
  const engines = enginesOf(flags, isAll, env);
  const types = engines.flatMap((each) => (each instanceof Error ? [] : [each.type]));
  const hasData = Boolean(env['PERDURE_DATA_URL'] || env['DATABASE_URL']);
  return [
    async () => await Promise.resolve(checkNode()),
    async () => await Promise.resolve(checkClock()),
    async () => await Promise.resolve(checkPackages()),
    checkSeams,
    ...engines.map(
      (each) => async () => (each instanceof Error ? [trouble('engine', each)] : await checkEngine(each, env)),
    ),
    ...(hasData || isAll ? [async () => await checkData(env)] : []),
    async () => await checkAuth(env),
    async () => await Promise.resolve(checkSecret(types, env)),
    async () => await Promise.resolve(checkPayloadKeys(env)),
    async () => await checkProject(file, env),
  ];
}

/** Makes all checks. Never rejects: what a check fails with is a finding. */
export async function examine(examination: Examination): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const check of checksOf(examination)) {
    try {
      findings.push(...(await check()));
    } catch (error) {
      findings.push(trouble('doctor', error));
    }
  }
  return findings;
}

function enginesOf(
  flags: EngineFlags,
  isAll: boolean,
  env: Environment,
): readonly (EngineConfig | ConfigurationError)[] {
  try {
    const configured = engineFromFlags(flags, env) ?? engineFromEnv(env);
    const others = ENGINE_TYPES.filter((type) => type !== configured.type).map((type): EngineConfig => ({ type }));
    return isAll ? [configured, ...others] : [configured];
  } catch (error) {
    if (!ConfigurationError.is(error)) throw error;
    return [error];
  }
}
