import type { Condition, Finding } from '../doctor/finding.ts';
import type { EngineFlags } from '../engine-flags.ts';
import { type AddCommand, addCommonOptions, addEngineOptions, type CommonFlags, examples } from '../options.ts';
import type { CliOutput, Style } from '../output.ts';
import { oneLine } from '../text/escape.ts';

/** What the command line says about what is looked at. */
interface DoctorFlags extends EngineFlags, CommonFlags {
  readonly all?: boolean;
}

/** `perdure doctor`. */
export const addDoctor: AddCommand = (program, output) => {
  const command = program
    .command('doctor')
    .description('Looks whether all that is configured works, and says how to mend what does not.')
    .argument('[file]', "the project's; default: src/worker.ts, worker.ts, …, if there is one");
  addCommonOptions(addEngineOptions(command).option('--all', 'also looks at what nothing is configured for'))
    .addHelpText(
      'after',
      examples(['perdure doctor', 'what this project uses'], ['perdure doctor --engine bullmq', 'Redis, by REDIS_URL']),
    )
    .action(async (file: string | undefined, flags: DoctorFlags) => await diagnose(file, flags, output));
};

/** @throws Error when something is broken, once all is told. */
async function diagnose(file: string | undefined, flags: DoctorFlags, output: CliOutput): Promise<void> {
  const { examine } = await import('../doctor/examine.ts');
  const { all = false, json = false, ...engine } = flags;
  const findings = await examine({ flags: engine, isAll: all, file, env: process.env });
  const broken = findings.filter(({ condition }) => condition === 'broken').length;
  if (json) output.json({ ok: broken === 0, findings });
  else output.out(shown(findings, output));
  if (broken > 0) throw new Error(broken === 1 ? 'Something is broken.' : `${broken} things are broken.`);
}

const SIGNS: Readonly<Record<Condition, readonly [sign: string, style: Style]>> = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  broken: ['✗', 'red'],
};

function shown(findings: readonly Finding[], { style }: CliOutput): string {
  const width = Math.max(...findings.map(({ area }) => area.length));
  const lines = findings.map(({ area, condition, says, fix }) => {
    const [sign, color] = SIGNS[condition];
    const line = `${style(color, sign)} ${area.padEnd(width)}  ${oneLine(says)}\n`;
    return fix === undefined ? line : `${line}${' '.repeat(width + 4)}${style('bold', oneLine(fix))}\n`;
  });
  return lines.join('');
}
