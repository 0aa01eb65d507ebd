import { createRequire } from 'node:module';
import { type Finding, fine } from '../finding.ts';

const { engines } = createRequire(import.meta.url)('perdure/package.json') as { engines: { node: string } };

/** Whether this Node runs Perdure, and TypeScript as it is. */
export function checkNode(version: string = process.versions.node): readonly Finding[] {
  const oldest = engines.node.replace('>=', '');
  if (isOlder(version, oldest)) {
    const says = `${version} is too old: ${oldest} or newer is needed.`;
    return [
      { area: 'Node', condition: 'broken', says, fix: 'Install a newer Node, such as the latest of the LTS line.' },
    ];
  }
  if (isOlder(version, '22.18') || version.startsWith('23.')) {
    const says = `${version} works, but not every version of it runs TypeScript files as they are.`;
    return [
      { area: 'Node', condition: 'warning', says, fix: 'Use Node 24, or 22.18 and newer; or compile your files.' },
    ];
  }
  return [fine('Node', version)];
}

/** Clocks that are far off break TLS, tokens and deadlines. */
export function checkClock(now: number = Date.now()): readonly Finding[] {
  if (now > RELEASED && now < RELEASED + DECADES) return [fine('clock', new Date(now).toISOString())];
  const says = `it says ${new Date(now).toISOString()}, which cannot be.`;
  return [{ area: 'clock', condition: 'broken', says, fix: 'Let the system set its clock (NTP).' }];
}

/** This package is not older. */
const RELEASED = Date.parse('2026-01-01');
const DECADES = 20 * 365 * 86_400_000;

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = than.split('.').map(Number);
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
}
