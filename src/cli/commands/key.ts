import { randomBytes } from 'node:crypto';
import { Option } from 'commander';
import type { Role } from '../../http/index.ts';
import { type AddCommand, addCommonOptions, type CommonFlags, examples, notEmpty } from '../options.ts';
import type { CliOutput } from '../output.ts';

const ROLES: readonly Role[] = ['viewer', 'operator', 'admin'];

/** What the command line says about a new key. */
interface KeyFlags extends CommonFlags {
  readonly role: Role;
  readonly id?: string;
  readonly tenant?: string;
  readonly expires?: string;
}

/** `perdure key create`. */
export const addKey: AddCommand = (program, output) => {
  const command = program
    .command('key')
    .description('Keys of the HTTP API.')
    .command('create')
    .description('Makes a key, shows it this once, and gives what the server is to know of it.')
    .addOption(new Option('--role <name>', 'what its holder may do').choices(ROLES).makeOptionMandatory())
    .option('--id <name>', 'names it in logs; default: a random one', notEmpty)
    .option('--tenant <name>', 'whose runs its holder sees; default: all', notEmpty)
    .option('--expires <time>', 'when it ends, in ISO 8601; default: never', notEmpty);
  addCommonOptions(command)
    .addHelpText('after', examples(['perdure key create --role operator --id ops', 'for those who look after runs']))
    .action(async (flags: KeyFlags) => await createKey(flags, output));
};

async function createKey({ role, id, tenant, expires, json }: KeyFlags, output: CliOutput): Promise<void> {
  const { createApiKey } = await import('../../http/index.ts');
  const made = createApiKey({
    id: id ?? `${role}-${randomBytes(4).toString('hex')}`,
    role,
    ...(tenant === undefined ? {} : { tenant }),
    ...(expires === undefined ? {} : { expiresAt: expires }),
  });
  if (json === true) return output.json(made);
  output.err('The key. It is shown only now, and kept nowhere:\n');
  output.out(`${made.key}\n`);
  output.err(
    `\nFor the server, in the list of PERDURE_API_KEYS or of the file of --keys. It tells nobody the key:\n${JSON.stringify(made.record)}\n`,
  );
}
